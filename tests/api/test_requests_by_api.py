"""Tests that requests are filed, agreed to and decided over HTTP, each key seeing its own alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from scheduler import clock, keys
from scheduler.config import Settings
from scheduler.domain.key import Role
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, publish, put_plan

SPAN = {"from_instant": "2026-01-05T08:00+08:00", "to_instant": "2026-01-05T12:00+08:00"}
MORE = {
    "alert": "a-1",
    "plant": "P",
    "asked": {"kind": "more_trips", "stream": "ore", "trips": 3, **SPAN},
    "reason": "cold spell",
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def client(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(clock, "now", lambda: KNOWN + timedelta(minutes=10))
    with database.writing() as session:
        put_plan(session)
        publish(session)
    url = database.engine.url.render_as_string(hide_password=False)
    yield TestClient(make_app(Settings(database_url=url)))


def bearer(database: Database, role: Role, enterprise: str | None = None) -> dict[str, str]:
    with database.writing() as session:
        key = keys.make_key(session, role, "test", KNOWN, enterprise)
    return {"Authorization": f"Bearer {key}"}


def test_an_enterprise_files_and_the_bureau_decides(client: TestClient, database: Database) -> None:
    own = bearer(database, Role.ENTERPRISE, "P-works")
    other = bearer(database, Role.ENTERPRISE, "X-works")
    bureau = bearer(database, Role.BUREAU)
    filed = client.post("/v1/me/requests", json=MORE, headers=own)
    assert filed.status_code == 201, filed.text
    assert filed.json()["state"] == "answered"
    assert [row["request"]["number"] for row in _listed(client, own)] == [1]
    assert _listed(client, other) == []
    assert client.get("/v1/me/requests/1", headers=other).status_code == 404
    assert client.post("/v1/me/requests", json=MORE, headers=other).status_code == 403
    assert client.get("/v1/requests", headers=own).status_code == 403
    assert client.post("/v1/requests/1/grant", json={}, headers=own).status_code == 403
    granted = client.post("/v1/requests/1/grant", json={"told": "yes"}, headers=bureau)
    assert granted.json()["state"] == "granted", granted.text
    assert len(client.get("/v1/requests?state=granted", headers=bureau).json()) == 1
    withdrawn = client.post("/v1/me/requests/1/withdraw", headers=own)
    assert withdrawn.json()["state"] == "withdrawn"


def _listed(client: TestClient, headers: dict[str, str]) -> list[dict[str, dict[str, int]]]:
    found: list[dict[str, dict[str, int]]] = client.get("/v1/me/requests", headers=headers).json()
    return found


def test_the_bureau_files_on_behalf_and_refuses_with_a_reason(
    client: TestClient, database: Database
) -> None:
    bureau, auditor = bearer(database, Role.BUREAU), bearer(database, Role.AUDITOR)
    assert client.post("/v1/requests", json=MORE, headers=auditor).status_code == 403
    assert client.post("/v1/requests", json=MORE, headers=bureau).status_code == 201
    unsaid = client.post("/v1/requests/1/refuse", json={}, headers=bureau)
    assert unsaid.status_code == 422
    refused = client.post("/v1/requests/1/refuse", json={"told": "no room"}, headers=bureau)
    assert refused.json()["state"] == "refused"
    assert client.post("/v1/me/requests", json=MORE, headers=bureau).status_code == 403


def test_what_is_no_request_is_refused_with_every_fault(
    client: TestClient, database: Database
) -> None:
    own = bearer(database, Role.ENTERPRISE, "P-works")
    bad = {**MORE, "asked": {"kind": "more_trips", "stream": "ore", "trips": 0, **SPAN}}
    assert client.post("/v1/me/requests", json=bad, headers=own).status_code == 422
    coal = {"kind": "more_trips", "stream": "coal", "trips": 3, **SPAN}
    unknown = {**MORE, "asked": coal}
    answer = client.post("/v1/me/requests", json=unknown, headers=own)
    assert answer.status_code == 422
    assert "It has: ore, steel" in answer.text


def test_trips_are_given_back_at_once(client: TestClient, database: Database) -> None:
    own = bearer(database, Role.ENTERPRISE, "P-works")
    asked = {"kind": "give_back_trips", "stream": "ore", "trips": 1, **SPAN}
    filed = client.post("/v1/me/requests", json={**MORE, "asked": asked}, headers=own)
    assert (filed.status_code, filed.json()["state"]) == (201, "granted"), filed.text
    (left,) = filed.json()["answer"]["grant"]["left"]
    assert (left["leg"], left["trips"]) == ("ore.heavy", 1)
    again = client.post(
        "/v1/me/requests", json={**MORE, "asked": {**asked, "trips": 2}}, headers=own
    )
    assert again.status_code == 422 and "ore that can be given back" in again.text
