"""Tests that the README's worked example comes out as it is printed there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scheduler.cli import app
from scheduler.intake.registry import read_registry

ROOT = Path(__file__).parents[2]
REGISTRY = ROOT / "fixtures" / "liaoning" / "registry"
LINES = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
SECONDS = re.compile(r"in \d+\.\d s")


def example_of(word: str) -> tuple[list[str], list[str]]:
    """The arguments of the first command with that word, and the lines printed under it."""
    start = next(n for n, line in enumerate(LINES) if line.startswith(f"    $ cuofeng {word} "))
    told = []
    for line in LINES[start + 1 :]:
        if not line.startswith("    ") or line.startswith("    $"):
            break
        told.append(line[4:])
    return shlex.split(LINES[start].removeprefix("    $ cuofeng ")), told


def alike(lines: list[str]) -> list[str]:
    """How long it took is another time each time."""
    return [SECONDS.sub("in N s", line.rstrip()) for line in lines]


def test_the_tiny_case_is_solved_and_checked_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for word in ("solve", "check"):
        arguments, told = example_of(word)
        here = [str(tmp_path / a) if a == "plan.json" else a for a in arguments]
        done = CliRunner().invoke(app, here)
        assert done.exit_code == 0, done.stderr
        assert alike((done.stdout + done.stderr).splitlines()) == alike(told)


def test_a_changed_figure_is_seen() -> None:
    assert alike(["optimal in 0.4 s, 23"]) == alike(["optimal in 12.0 s, 23"])
    assert alike(["optimal in 0.4 s, 23"]) != alike(["optimal in 0.4 s, 24"])


def test_the_plant_of_the_example_is_one_of_the_demonstrations() -> None:
    (_, enterprise, *_), told = example_of("windows")
    registry = read_registry(REGISTRY)
    (owner,) = [row for row in registry.enterprises if row.enterprise_id == enterprise]
    (owned,) = [row for row in registry.plants if row.enterprise_id == enterprise]
    assert told[0].startswith(f"{owner.name_en}: ")
    assert len(told) > 2 and all(f"{owned.plant_id}." in line for line in told[2:])
