"""Tests that a loaded case is answered for before anything is planned."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from fixtures.liaoning import Case, load_case
from scheduler import alerts, datasets, keys
from scheduler.config import Settings
from scheduler.domain.key import Role
from scheduler.inputs import load_inputs
from scheduler.store.database import Database
from tests.scheduler.case import directory

NOW = datetime(2015, 11, 5, 12, tzinfo=UTC)
AT = {"at": "2015-11-07T09:00:00+08:00"}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case()


def test_loaded_enterprises_and_their_windows_are_answered_for(
    database: Database, case: Case
) -> None:
    """Without an alert nothing is restricted; with one and no plan yet the answer says so; a plant
    that does not work is closed by the registry's own words."""
    with database.writing() as session:
        load_inputs(session, case, NOW)
        key = keys.make_key(session, Role.AUDITOR, "a", NOW)
    client = TestClient(
        make_app(Settings(database_url=database.url)), headers={"Authorization": f"Bearer {key}"}
    )
    told = client.get("/v1/enterprises")
    assert told.status_code == 200
    plants = {row["id"]: [card["plant"] for card in row["plants"]] for row in told.json()}
    assert len(plants) == len(case.inputs.registry.enterprises)
    assert plants["angang"] == ["angang-anshan", "angang-coking"]

    def standing(enterprise: str) -> list[str]:
        answer = client.get(f"/v1/enterprises/{enterprise}/windows", params=AT)
        assert answer.status_code == 200, answer.text
        return [row["standing"] for row in answer.json()]

    assert standing("angang") == ["no_alert", "no_alert"]
    with database.writing() as session:
        alerts.declare(session, "a-1", case.statement, NOW)
    assert standing("angang") == ["no_schedule", "no_schedule"]
    idle = next(p for p in case.inputs.registry.plants if p.operating_state == "mothballed")
    assert "closed" in standing(idle.enterprise_id)
    assert client.get("/v1/enterprises/none/windows", params=AT).status_code == 404


def test_loading_again_keeps_the_directory_that_a_plan_made(database: Database, case: Case) -> None:
    """A plan's directory says who is exempt; the same registry loaded again does not undo it."""
    with database.writing() as session:
        first = load_inputs(session, case, NOW)
        datasets.load(session, "directory", "plan", directory(), NOW)
        again = load_inputs(session, case, NOW)
        kept = datasets.newest_directory(session)
    assert ({done.is_new for done in first}, {done.is_new for done in again}) == ({True}, {False})
    assert kept == directory()
