"""Tests that the stack publishes the demo's schedule and still tells it after a restart."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

IN_THE_ALERT = "2015-11-07T08:00:00+08:00"


def wait_until_healthy(stack) -> None:
    api = stack.compose("ps", "--quiet", "api")
    for _ in range(120):
        if stack.engine.docker("inspect", "--format", "{{.State.Health.Status}}", api) == "healthy":
            return
        time.sleep(1)
    pytest.fail(stack.compose("logs", "--no-color"))


def answer(stack, path: str, key: str = "") -> Any:
    request = Request(f"http://127.0.0.1:{stack.port}{path}")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def running(stack) -> Iterator[Any]:
    stack.compose("up", "--detach", "--no-build")
    wait_until_healthy(stack)
    yield stack
    print(stack.compose("logs", "--no-color", "--tail", "20"))


def test_the_service_stands_on_the_migrated_postgresql(running) -> None:
    assert answer(running, "/healthz")["database"] == "postgresql"
    migrated = running.compose("run", "--rm", "migrate", "cuofeng", "db", "status", "--json")
    tables = json.loads(migrated)
    assert tables["tables"] == tables["newest"]


def test_the_same_windows_are_told_after_a_restart(running) -> None:
    told = running.compose("exec", "-T", "api", "cuofeng", "demo", "--no-serve")
    assert running.engine.environment["POSTGRES_PASSWORD"] not in told
    keys = json.loads(
        running.compose("exec", "-T", "api", "cat", "/var/lib/cuofeng/demo-keys.json")
    )
    asked = f"/v1/me/windows?{urlencode({'at': IN_THE_ALERT})}"
    before = answer(running, asked, keys["enterprise"])
    assert any(plant["publication"] and plant["windows"] for plant in before)
    for commands in ([["restart"]], [["down"], ["up", "--detach", "--no-build"]]):
        for command in commands:
            running.compose(*command)
        wait_until_healthy(running)
        assert answer(running, asked, keys["enterprise"]) == before
    windows = json.dumps(before[0]["windows"], indent=1)
    print(f"\n{told}\nGET {asked}, the same before and after two restarts:\n{windows}")
