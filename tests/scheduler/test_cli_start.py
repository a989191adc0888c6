"""Tests that the command line starts without what a command does not need, and helps with all."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from scheduler.cli import app
from scheduler.domain.key import Role
from tests.scheduler.case import worked_plan

SERVICE = {"alembic", "fastapi", "jinja2", "psycopg", "sqlalchemy", "sqlmodel", "starlette"}
TABLES = {"lxml", "openpyxl", "osmium", "rich"}
MAPS = {"networkx", "shapely"}
SOLVERS = {"distributed", "numpy", "ortools", "pandas"}


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        else:
            yield *path, name


def every_command() -> list[tuple[str, ...]]:
    whole = get_command(app)
    assert isinstance(whole, TyperGroup)
    return list(commands(whole))


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_helps(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="cuofeng")
    assert (done.exit_code, done.exception) == (0, None)
    assert " ".join(("cuofeng", *words)) in done.stdout


def test_a_key_is_made_for_every_role() -> None:
    """The command names the roles itself, so that it need not import what keeps keys."""
    told = CliRunner().invoke(app, ["keys", "make", "--help"], env={"COLUMNS": "200"})
    assert "|".join(Role) in told.stdout


def test_every_group_is_walked() -> None:
    assert {(), ("check",), ("why-not",), ("alert", "declare"), ("keys", "make")} <= set(
        every_command()
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    instance, plan = worked_plan()
    folder = tmp_path_factory.mktemp("files")
    (folder / "i.json").write_bytes(instance.canonical())
    (folder / "p.json").write_text(plan.model_dump_json())
    return folder / "i.json", folder / "p.json"


def imported(*arguments: str | Path) -> set[str]:
    """The packages that a command has imported when it ends well."""
    start = (sys.executable, "-X", "importtime", "-c", "from scheduler.cli import app; app()")
    done = subprocess.run(
        [*start, *map(str, arguments)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_help_needs_no_values_no_solver_and_no_database() -> None:
    packages = imported("--help")
    assert "typer" in packages
    assert not packages & ({"pydantic", "solver"} | SERVICE | (TABLES - {"rich"}) | MAPS | SOLVERS)


def test_a_check_needs_no_solver_and_no_database(files: tuple[Path, Path]) -> None:
    packages = imported("check", *files)
    assert "pydantic" in packages
    assert not packages & (SERVICE | TABLES | MAPS | SOLVERS)


def test_solving_a_file_needs_no_database_and_no_tables(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    limits = ("--deterministic-limit", "0.01", "--workers", "1")
    packages = imported("solve", files[0], "--out", tmp_path / "out.json", *limits)
    assert "ortools" in packages
    assert not packages & (SERVICE | TABLES | MAPS | {"distributed", "pandas"})


def test_asking_of_files_needs_no_database_and_no_tables(files: tuple[Path, Path]) -> None:
    instance, plan = files
    plant = worked_plan()[0].plants[0].id
    asked = ("--plant", plant, "--window", "08:00-09:00")
    packages = imported("why-not", "--instance", instance, "--plan", plan, *asked)
    assert "ortools" in packages
    assert not packages & (SERVICE | TABLES | MAPS | {"distributed", "numpy", "pandas"})
