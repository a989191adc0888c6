"""Tests that a replay proves what is stored, and names the record where one byte was changed."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler import jobs, publication
from scheduler.config import Settings
from scheduler.domain.alert import Level
from scheduler.domain.directory import UsedFactor
from scheduler.domain.verdict import Outcome
from scheduler.errors import NotFoundError
from scheduler.replay import replay
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, START, publish, put_inputs, put_plan, worked_plan
from tests.scheduler.living_case import (
    at,
    declared,
    load,
    revised,
    small_inputs,
    statement,
    step,
)


def solve_and_publish(database: Database) -> str:
    """A plan of the solver's own, published; gives its name."""
    with database.writing() as session:
        job = jobs.request_plan(session, put_inputs(session, worked_plan()[0]), KNOWN).id
    assert jobs.Worker(Settings(database_url=database.url)).work_one()
    with database.writing() as session:
        told = {"in_force_from": START, "by": "bureau", "known_at": KNOWN}
        return publication.publish(session, job, **told).name


def change(database: Database, table: str, statement: str) -> None:
    """Change a row behind the guards, as a hand on the file would."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER {table}_refuses_UPDATE"))
            connection.execute(text(f"DROP TRIGGER {table}_refuses_DELETE"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        assert connection.execute(text(statement)).rowcount == 1


def test_a_publication_holds_and_solves_to_the_same_plan(database: Database) -> None:
    name = solve_and_publish(database)
    verdict = replay(database, name)
    assert (name, verdict.outcome) == ("a-1/1", Outcome.HOLDS)
    assert "the plan is the same" in verdict.told[-1]


def test_other_emission_factors_than_the_inputs_give_are_named(database: Database) -> None:
    """A schedule that was stored with a factor of nobody's inputs, sealed like any other."""
    factor = UsedFactor(
        vehicle_class="heavy",
        pollutant="nox",
        given_mg_km=1,
        laden_mg_km=1,
        empty_mg_km=1,
        corrections=(),
        source="nobody",
        status="assumed",
    )
    with database.writing() as session:
        put_plan(session, factors=(factor,))
        publish(session)
    verdict = replay(database, "a-1/1")
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.told == ("plan plan-1 records other emission factors than its inputs give",)


def test_a_plan_of_another_make_holds_and_differs(database: Database) -> None:
    """The hand-made plan keeps every law, but the solver finds a better one."""
    with database.writing() as session:
        put_plan(session)
        publish(session)
    verdict = replay(database, "a-1/1")
    assert verdict.outcome is Outcome.DIFFERS
    assert verdict.told[-1] == "versions and processor are the same"


@pytest.mark.parametrize(
    ("table", "statement", "named"),
    [
        ("publication", "UPDATE publication SET published_by = 'x'", "publication a-1/1 is not"),
        ("revision", "UPDATE revision SET action = 'lift'", "revision a-1/1 is not"),
        ("revision", "DELETE FROM revision", "revision a-1/1 of log entry 1 is gone"),
        ("plan", "UPDATE plan SET reproducible = false", "plan plan-1 is not"),
        ("dataset", "UPDATE dataset SET name = 'x'", "dataset directory/1 is not"),
        ("log", "UPDATE log SET subject = 'x' WHERE number = 1", "log entry 1 is not"),
        ("log", "DELETE FROM log WHERE number = 4", "log entry 3 is not"),
    ],
)
def test_a_changed_record_is_named(
    database: Database, table: str, statement: str, named: str
) -> None:
    with database.writing() as session:
        put_plan(session)
        publish(session)
    change(database, table, statement)
    verdict = replay(database, "a-1/1")
    assert verdict.outcome is Outcome.BROKEN
    assert any(named in line for line in verdict.told), verdict.told


@pytest.mark.parametrize("kind", ["directory", "instance", "plan", "request", "schedule"])
def test_one_byte_flipped_in_the_file_is_named(
    tmp_path: Path, sqlite_tables: Path, kind: str
) -> None:
    path = tmp_path / "flipped.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        put_plan(session)
        publish(session)
    database.close()
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT digest, body FROM stored WHERE kind = ?"
        ((digest, body),) = plain.execute(query, (kind,)).fetchall()
    content = path.read_bytes()
    place = content.index(body[-60:]) + 30
    flipped = bytes([content[place] ^ 1])
    path.write_bytes(content[:place] + flipped + content[place + 1 :])
    database = Database(f"sqlite:///{path}")
    verdict = replay(database, "a-1/1")
    database.close()
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.told == (f"stored {kind} {digest} has other bytes than its digest says",)


def test_a_publication_that_is_not_there_is_said_so(database: Database) -> None:
    with pytest.raises(NotFoundError, match="no publication a-1/1"):
        replay(database, "a-1/1")


def test_a_revised_publication_holds(database: Database) -> None:
    """Planned again from the plan in force, at a raised level: seam, locks and all are made again
    from what is stored."""
    with database.writing() as session:
        load(session, small_inputs(), at("06T12:00"))
    declared(database, "f-1", statement(Level.YELLOW, "06T16:20", None, "1"), at("06T15:00"))
    step(database, "f-1", None, at("06T15:30"))
    revised(database, "f-1", statement(Level.ORANGE, "06T20:00", None, "2"), at("06T17:00"))
    again = step(database, "f-1", at("06T20:00"), at("06T19:00"))
    assert again.revised is not None and again.revised.publication == "f-1/1"
    verdict = replay(database, again.publication.name)
    assert verdict.outcome is Outcome.HOLDS, verdict.told
    assert any("solved again by the recorded work" in line for line in verdict.told)
