"""Tests that what the rules, the air and the registry say is asked for over HTTP as well."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from fixtures.liaoning import HERE, Case, load_case
from scheduler import air_records, alerts, keys
from scheduler.cap.xml import from_xml
from scheduler.config import Settings
from scheduler.domain.cap import CapStatus
from scheduler.domain.key import Role
from scheduler.inputs import load_inputs
from scheduler.intake.air import read_forecasts
from scheduler.intake.observations import read_observations
from scheduler.registry import load_registry
from scheduler.store.database import Database

NOW = datetime(2015, 11, 5, 12, tzinfo=UTC)
COLUMNS = "city_id,day,issued_at,aqi_high,primary,source,status"
FORECAST = (219, 297, 500)
OBSERVED = {6: 219, 7: 397, 8: 500}


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case()


class Service:
    """The service on the Liaoning case, an alert, a forecast and what came of it."""

    def __init__(self, database: Database, case: Case, folder: Path) -> None:
        rows = [
            f"shenyang,2015-11-{6 + n:02},2015-11-05T20:00+08:00,{aqi},pm25,t,assumed"
            for n, aqi in enumerate(FORECAST)
        ]
        table = folder / "days.csv"
        table.write_text("\n".join((COLUMNS, *rows)) + "\n", encoding="utf-8")
        changed = case.inputs.registry.model_copy(
            update={"enterprises": case.inputs.registry.enterprises[:-1]}
        )
        with database.writing() as session:
            load_inputs(session, case, NOW)
            alerts.declare(session, "a-1", case.statement, NOW)
            air_records.take_forecasts(session, "days", read_forecasts(table), NOW)
            hours = read_observations(
                HERE / "air/shenyang_pm25.csv", case.inputs.registry.cities, "shenyang"
            )
            air_records.take_observations(session, "hours", hours, NOW)
            load_registry(session, "changed", changed, NOW + timedelta(hours=1))
            self.keys = {
                "bureau": keys.make_key(session, Role.BUREAU, "b", NOW),
                "auditor": keys.make_key(session, Role.AUDITOR, "a", NOW),
                "angang": keys.make_key(session, Role.ENTERPRISE, "e", NOW, "angang"),
            }
        self.client = TestClient(make_app(Settings(database_url=database.url)))

    def get(self, who: str, path: str, **query: str | int) -> tuple[int, object]:
        headers = {"Authorization": f"Bearer {self.keys[who]}"}
        answer = self.client.get(path, params=query, headers=headers)
        return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def service(
    case: Case, sqlite_tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    path = folder / "store.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield Service(database, case, folder)
    database.close()


def test_advice_skill_and_heavy_days(service: Service) -> None:
    asked = {"at": "2015-11-06T18:00:00+08:00", "rules": "CN-2024-6"}
    code, report = service.get("auditor", "/v1/air/advice", **asked)
    assert code == 200
    (city,) = report["cities"]
    assert (city["declared"], city["episodes"][0]["level"]) == ("red", "red")
    code, leads = service.get("auditor", "/v1/air/skill", rules="CN-2024-6")
    assert [(lead["lead_days"], lead["bias"]) for lead in leads] == [(1, 0), (2, -100), (3, 0)]
    assert [s["level"] for s in leads[0]["levels"]] == ["yellow", "orange", "red"]
    assert leads[0]["levels"][2]["hits"] == 1
    code, heavy = service.get("auditor", "/v1/air/heavy-days", city="shenyang")
    (year,) = heavy["years"]
    days = [date.fromisoformat(day).day for day in year["heavy_days"]]
    assert (code, set(OBSERVED) <= set(days), heavy["targets"][0]["target"]) == (
        200,
        True,
        "LN-2020",
    )
    assert heavy["judged"][0]["met"] is None


def test_the_newest_rule_set_is_taken_where_none_is_named(service: Service) -> None:
    code, report = service.get("auditor", "/v1/air/advice", at="2018-06-01T00:00:00+08:00")
    assert (code, report["rule_set"]) == (200, "CN-2018-875")
    code, problem = service.get("auditor", "/v1/air/skill", rules="CN-1999")
    assert (code, "CN-2017-86" in problem["remedy"]) == (404, True)


def test_versions_of_the_registry_and_what_differs(service: Service, case: Case) -> None:
    code, held = service.get("auditor", "/v1/registry/versions")
    assert (code, [one["version"] for one in held]) == (200, [1, 2])
    assert held[1]["known_at"] == "2015-11-05T13:00:00Z"
    code, found = service.get("auditor", "/v1/registry/changes", old=1, new=2)
    gone = case.inputs.registry.enterprises[-1].enterprise_id
    assert (code, found) == (
        200,
        [{"table": "enterprises", "key": gone, "what": "removed", "before": {}, "after": {}}],
    )
    assert service.get("auditor", "/v1/registry/changes", old=1, new=3)[0] == 404
    assert service.get("auditor", "/v1/registry/changes", old=0, new=1)[0] == 422


def test_an_enterprise_asks_for_the_measures_of_its_own_plants(service: Service) -> None:
    at = {"at": "2015-11-06T18:00:00+08:00"}
    code, plants = service.get("angang", "/v1/enterprises/angang/measures", **at)
    assert code == 200
    (plant,) = [p for p in plants if p["plant"] == "angang-anshan"]
    assert (plant["level"], plant["filings"]) == ("red", [])
    assert "trips-red" in [rule["measure"] for rule in plant["rules"]]
    assert all(rule["clause"] and rule["source"] for rule in plant["rules"])
    assert service.get("angang", "/v1/enterprises/bengang/measures", **at)[0] == 403
    assert service.get("auditor", "/v1/enterprises/angang/measures", **at)[0] == 200
    assert service.get("auditor", "/v1/enterprises/nobody/measures", **at)[0] == 404


MESSAGE = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
 <identifier>F1</identifier><sender>qx.example.cn</sender><sent>2025-01-18T17:30:05+08:00</sent>
 <status>{status}</status><msgType>Alert</msgType><scope>Public</scope>
 <info><language>zh-CN</language><category>Met</category><event>重污染天气橙色预警</event>
  <urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>
  <onset>2025-01-19T00:00:00+08:00</onset><area><areaDesc>营口市</areaDesc></area></info>
</alert>"""


def test_alerts_come_in_and_go_out_as_cap(service: Service) -> None:
    def post(who: str, standing: CapStatus = "Actual", **query: str) -> tuple[int, object]:
        answer = service.client.post(
            "/v1/alerts/cap",
            content=MESSAGE.format(status=standing).encode(),
            params=query,
            headers={"Authorization": f"Bearer {service.keys[who]}"},
        )
        return answer.status_code, answer.json()

    assert post("auditor")[0] == 403
    assert post("bureau", "Exercise")[0] == 422
    code, came = post("bureau")
    assert (code, came["message"], came["revision"]["alert"]) == (201, "F1", "F1")
    assert came["revision"]["statement"]["areas"] == [{"level": "orange", "cities": ["yingkou"]}]
    assert post("bureau") == (201, {"message": "F1", "revision": None})
    headers = {"Authorization": f"Bearer {service.keys['auditor']}"}
    asked = {"sender": "sthj.yingkou.gov.cn", "status": "Test"}
    answer = service.client.get("/v1/alerts/F1/cap", params=asked, headers=headers)
    assert answer.headers["content-type"] == "application/cap+xml"
    message = from_xml(answer.content)
    assert (message.status, message.identifier) == ("Test", "F1/1")
    assert message.infos[0].areas[0].description == "营口"
    assert service.get("auditor", "/v1/alerts/F1/cap", **asked, number=2)[0] == 404
    assert service.get("angang", "/v1/alerts/F1/cap", **asked)[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/v1/air/advice", "/v1/air/skill", "/v1/air/heavy-days", "/v1/registry/versions",
     "/v1/registry/changes?old=1&new=2"],
)  # fmt: skip
def test_what_is_the_bureaus_is_not_an_enterprises(service: Service, path: str) -> None:
    assert service.get("angang", path)[0] == 403
