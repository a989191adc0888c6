"""Tests that the bureau compares scenarios over HTTP and on its page, and nobody else reads them.

Three plants of Fushun, planned by the service's own worker in child processes."""

import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from scheduler import clock, keys
from scheduler.config import Settings
from scheduler.domain.alert import Level
from scheduler.domain.key import Role
from scheduler.store.database import Database
from scheduler.store.migrate import upgrade
from tests.scheduler.living_case import at, declared, load, small_inputs, statement

WORK = {"time_limit_s": None, "deterministic_limit": 0.2, "seed": 0, "workers": 1}
ASKED = {
    "alert": "fushun-1",
    "hours": 12,
    "published_hours": 12,
    "slot_minutes": 60,
    "work": WORK,
    "scenarios": [{"name": "red", "level": "red", "shut_hours": "07:00-19:00"}],
}


class Service:
    """The service with an alert that is not planned yet."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        upgrade(self.database)
        with self.database.writing() as session:
            load(session, small_inputs(), at("06T12:00"))
            now = clock.now()
            self.keys = {
                "bureau": keys.make_key(session, Role.BUREAU, "b", now),
                "auditor": keys.make_key(session, Role.AUDITOR, "a", now),
                "P": keys.make_key(session, Role.ENTERPRISE, "p", now, "P-works"),
            }
        said = statement(Level.ORANGE, "06T16:00", None, "1")
        declared(self.database, "fushun-1", said, at("06T15:00"))
        self.client = TestClient(make_app(Settings(database_url=url)))

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[who]}"}


@pytest.fixture
def service(empty_database_url: str) -> Iterator[Service]:
    service = Service(empty_database_url)
    with service.client:
        yield service
    service.database.close()


def wait(service: Service, group: str) -> dict[str, object]:
    path = f"/v1/what-if/{group}"
    while True:
        found = service.client.get(path, headers=service.headers("auditor")).json()
        states = {row["job"]["state"] for row in found["ordered"]}
        assert "failed" not in states, found["ordered"]
        if states <= {"done", "cancelled"}:
            return found
        time.sleep(0.5)


@pytest.mark.timeout(900)
def test_scenarios_over_http_and_on_the_bureaus_page(service: Service) -> None:
    client = service.client
    for who in ("P", "auditor"):
        assert (
            client.post("/v1/what-if", json=ASKED, headers=service.headers(who)).status_code == 403
        )
    refused = client.post(
        "/v1/what-if",
        json=ASKED | {"scenarios": [{"name": "none"}]},
        headers=service.headers("bureau"),
    )
    assert (refused.status_code, "changes nothing" in refused.text) == (422, True)
    asked = client.post("/v1/what-if", json=ASKED, headers=service.headers("bureau"))
    assert asked.status_code == 202
    group = asked.json()["id"]
    found = wait(service, group)
    names = [row["scenario"]["name"] for row in found["outcomes"]]
    assert names == ["as-declared", "red"]
    assert client.get(f"/v1/what-if/{group}", headers=service.headers("P")).status_code == 403
    table = client.get(f"/v1/what-if/{group}/stages.csv", headers=service.headers("auditor"))
    assert table.text.splitlines()[0].startswith("scenario,stage")
    picture = client.get(f"/v1/what-if/{group}/picture", headers=service.headers("auditor"))
    assert ElementTree.fromstring(picture.text).tag.endswith("svg")
    plan = found["outcomes"][1]["plan"]
    body = {"plan": plan, "in_force_from": "2030-01-01T00:00:00+08:00", "published_by": "b"}
    published = client.post("/v1/publications", json=body, headers=service.headers("bureau"))
    assert (published.status_code, "nobody declared" in published.text) == (409, True)
    shown_to_the_bureau_alone(service, group)


def shown_to_the_bureau_alone(service: Service, group: str) -> None:
    client = service.client
    assert group not in client.get("/what-if").text
    for who in ("P", "auditor"):
        answer = client.post("/what-if/login", data={"key": service.keys[who]})
        assert answer.status_code == 401 and group not in answer.text
    page = client.post("/what-if/login", data={"key": service.keys["bureau"]})
    assert page.status_code == 200 and group in page.text
    english = client.get("/what-if", params={"lang": "en", "group": group}).text
    assert "What if: scenarios side by side" in english and "<svg" in english
    data = client.get("/what-if/data/enterprises.csv", params={"group": group})
    assert data.text.splitlines()[0].endswith("open_minutes")
    wrong = client.post("/what-if/ask", data={"alert": "fushun-1", "shut": "25:00"})
    assert wrong.status_code == 400 and 'role="alert"' in wrong.text
    asked = client.post("/what-if/ask", data={"alert": "fushun-1", "cuts": "30，50"})
    assert "-30 %" in asked.text and "-50 %" in asked.text
    last = service.client.get("/v1/what-if", headers=service.headers("bureau")).json()[0]["id"]
    client.post("/what-if/cancel", data={"group": last})
    assert {row["job"]["state"] for row in wait(service, last)["ordered"]} == {"cancelled"}
