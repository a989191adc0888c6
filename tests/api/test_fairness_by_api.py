"""Tests that the fairness account is read over HTTP, by the bureau and auditors alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from scheduler import clock, keys
from scheduler.config import Settings
from scheduler.domain.fairness import Fairness
from scheduler.domain.key import Role
from scheduler.fairness import of_alert
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, at, publish, put_plan

PATH = "/v1/alerts/a-1/fairness"
LATER = KNOWN + timedelta(days=3)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def client(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    with database.writing() as session:
        put_plan(session)
        publish(session)
    url = database.engine.url.render_as_string(hide_password=False)
    yield TestClient(make_app(Settings(database_url=url)))


def bearer(database: Database, role: Role, enterprise: str | None = None) -> dict[str, str]:
    with database.writing() as session:
        key = keys.make_key(session, role, "test", KNOWN, enterprise)
    return {"Authorization": f"Bearer {key}"}


def test_the_account_is_the_one_of_the_record(client: TestClient, database: Database) -> None:
    bureau = bearer(database, Role.BUREAU)
    answer = client.get(PATH, headers=bureau)
    assert answer.status_code == 200, answer.text
    with database.reading() as session:
        expected = of_alert(session, "a-1", LATER)
    assert Fairness.model_validate_json(answer.text) == expected
    assert [row["plant"]["id"] for row in answer.json()["plants"]] == ["P"]


def test_it_ends_at_the_instant_asked_for(client: TestClient, database: Database) -> None:
    ten = at("10:00")
    auditor = bearer(database, Role.AUDITOR)
    answer = client.get(PATH, headers=auditor, params={"at": ten.isoformat()})
    with database.reading() as session:
        assert Fairness.model_validate_json(answer.text) == of_alert(session, "a-1", ten)
    assert answer.json() != client.get(PATH, headers=auditor).json()


def test_no_enterprise_reads_it(client: TestClient, database: Database) -> None:
    own = bearer(database, Role.ENTERPRISE, "P-works")
    assert client.get(PATH, headers=own).status_code == 403
    assert client.get(PATH).status_code == 401


def test_an_unknown_alert_has_none(client: TestClient, database: Database) -> None:
    answer = client.get("/v1/alerts/a-9/fairness", headers=bearer(database, Role.BUREAU))
    assert answer.status_code == 404
    assert "a-9" in answer.text
