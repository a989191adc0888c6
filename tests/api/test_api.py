"""Tests the HTTP service on a real database: who may do what, and how faults are told."""

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from scheduler import jobs, keys, plans
from scheduler.config import Settings
from scheduler.domain.key import Role
from scheduler.intake.registry_forms import REGISTRY_TABLES
from scheduler.store.database import Database
from scheduler.store.migrate import upgrade
from tests.scheduler.case import publish, put_plan, put_unsafe_plan, statement

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORK = {"time_limit_s": 60, "deterministic_limit": 1, "seed": 0, "workers": 1}
NINE = {"at": "2026-01-05T09:00:00+08:00"}


class Service:
    """The service with a published case, and a key for each role."""

    def __init__(self, url: str) -> None:
        database = Database(url)
        upgrade(database)
        with database.writing() as session:
            put_plan(session)
            publish(session)
            self.keys = {
                "bureau": keys.make_key(session, Role.BUREAU, "b", NOW),
                "auditor": keys.make_key(session, Role.AUDITOR, "a", NOW),
                "P": keys.make_key(session, Role.ENTERPRISE, "p", NOW, "P-works"),
            }
        self.database = database
        self.client = TestClient(make_app(Settings(database_url=url)))

    def get(self, who: str | None, path: str, **query: str) -> tuple[int, object]:
        answer = self.client.get(path, params=query, headers=self.headers(who))
        return answer.status_code, answer.json()

    def post(self, who: str | None, path: str, body: object) -> tuple[int, object]:
        answer = self.client.post(path, json=body, headers=self.headers(who))
        return answer.status_code, answer.json()

    def headers(self, who: str | None) -> dict[str, str]:
        return {} if who is None else {"Authorization": f"Bearer {self.keys[who]}"}


@pytest.fixture
def service(empty_database_url: str) -> Iterator[Service]:
    service = Service(empty_database_url)
    with service.client:
        yield service
    service.database.close()


def test_an_enterprise_reads_its_own_windows(service: Service) -> None:
    code, answers = service.get("P", "/v1/me/windows", **NINE)
    assert code == 200
    assert [(a["card"]["plant"], a["standing"], a["next_change"]) for a in answers] == [
        ("P", "open", "2026-01-05T02:00:00Z")
    ]
    assert service.get("P", "/v1/enterprises/P-works/windows", **NINE) == (200, answers)
    assert service.get("auditor", "/v1/enterprises/P-works/windows", **NINE) == (200, answers)


def test_an_enterprise_sees_only_itself(service: Service) -> None:
    code, problem = service.get("P", "/v1/enterprises/X-works/windows", **NINE)
    assert (code, problem["title"]) == (403, "Not allowed for this key")
    for path in ("/v1/enterprises", "/v1/plans", "/v1/publications", "/v1/alerts/advice"):
        assert service.get("P", path)[0] == 403, path


def test_only_the_bureau_changes_anything(service: Service) -> None:
    body = {"alert": "a-2", "statement": statement().model_dump(mode="json")}
    for who, expected in ((None, 401), ("P", 403), ("auditor", 403), ("bureau", 201)):
        assert service.post(who, "/v1/alerts", body)[0] == expected, who
    assert service.post("bureau", "/v1/alerts", body)[0] == 409
    _, alert = service.get("P", "/v1/alerts/a-2")
    assert [row["action"] for row in alert["revisions"]] == ["declare"]
    end = {"ends_at": "2026-01-06T00:00:00Z", "document_number": "9", "declared_by": "b"}
    lifting = {**end, "document_number_en": "no. 9", "declared_by_en": "the bureau"}
    code, lifted = service.post("bureau", "/v1/alerts/a-2/lift", lifting)
    assert (code, lifted["statement"]["document_number_en"]) == (201, "no. 9")
    assert lifted["statement"]["declared_by_en"] == "the bureau"


def test_every_route_but_health_and_description_wants_a_key(service: Service) -> None:
    paths = service.client.get("/openapi.json").json()["paths"]
    closed = {path for path in paths if path.startswith("/v1")}
    assert len(closed) >= 12
    for path in closed:
        for method in paths[path]:
            filled = path.replace("{number}", "1")
            answer = service.client.request(method, filled, json={})
            assert answer.status_code in (401, 422), (method, path)
            assert "Bearer" not in answer.text or answer.status_code == 401


def test_conflicts_of_measures_are_asked_before_planning(service: Service) -> None:
    """The store of the case holds no air, which every plan names: the bureau is told so."""
    code, problem = service.get("bureau", "/v1/alerts/a-1/conflicts")
    assert (code, "air" in str(problem)) == (404, True)
    assert service.get("P", "/v1/alerts/a-1/conflicts")[0] == 403


def test_what_was_acknowledged_is_committed(service: Service) -> None:
    body = {"from_instant": "2026-01-05T09:30:00+08:00", "reason": "road", "withdrawn_by": "b"}
    assert service.post("bureau", "/v1/publications/a-1/1/withdrawal", body)[0] == 201
    other = Database(service.database.url)
    with other.reading() as session:
        from scheduler import publication

        assert [w.number for w in publication.list_withdrawals(session)] == [1]
    other.close()


@pytest.mark.parametrize(
    ("path", "query", "code", "told"),
    [
        ("/v1/alerts/none", {}, 404, "there is no alert none"),
        ("/v1/plans/none", {}, 404, "there is no plan none"),
        ("/v1/enterprises/none/windows", {}, 404, "there is no enterprise none"),
        ("/v1/enterprises/P-works/windows", {"at": "2026-01-05T09:00"}, 422, "A field is wrong"),
        ("/v1/nothing", {}, 404, "Not Found"),
    ],
)
def test_faults_are_problems(
    service: Service, path: str, query: dict[str, str], code: int, told: str
) -> None:
    answer = service.client.get(path, params=query, headers=service.headers("bureau"))
    problem = answer.json()
    assert answer.status_code == problem["status"] == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in problem["detail"]
    assert problem["instance"] == path


def test_every_wrong_field_is_named(service: Service) -> None:
    body = {"alert": "a 2", "statement": {**statement().model_dump(mode="json"), "areas": []}}
    code, problem = service.post("bureau", "/v1/alerts", body)
    assert code == 422
    assert [fault.split(":")[0] for fault in problem["faults"]] == [
        "body.alert",
        "body.statement.areas",
    ]


def test_health_and_description_need_nothing_from_afar(service: Service) -> None:
    health = service.client.get("/healthz").json()
    assert health == {"status": True, "database": service.database.engine.dialect.name} | {
        "tables": "0003"
    }
    page = service.client.get("/docs").text
    assert "GET /v1/me/windows" in page
    assert "application/cap+xml" in page
    assert "http" not in page.replace("HTTP", "")


@pytest.mark.parametrize(("language", "sheet"), [("zh-CN", "企业"), ("en", "enterprises")])
def test_an_enterprise_downloads_the_registrys_empty_workbook(
    service: Service, language: str, sheet: str
) -> None:
    path, key = "/v1/registry/template", service.headers("P")
    answer = service.client.get(path, params={"lang": language}, headers=key)
    assert f"cuofeng-registry-{language}.xlsx" in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert sheet in book.sheetnames
    assert len(book.sheetnames) == 1 + len(REGISTRY_TABLES)


def test_a_plan_is_queued_done_and_published_over_http(service: Service) -> None:
    """The service's own worker makes the plan of the queued request."""
    with service.database.writing() as session:
        record = plans.get_record(session, "plan-1")
        job = jobs.request_plan(session, plans.get_request(session, record), NOW).id
    end = time.monotonic() + 60
    while service.get("auditor", f"/v1/jobs/{job}")[1]["state"] in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert service.get("auditor", f"/v1/jobs/{job}")[1]["state"] == "done"
    body = {"plan": job, "in_force_from": "2126-01-05T09:00:00+08:00", "published_by": "b"}
    code, published = service.post("bureau", "/v1/publications", body)
    assert (code, published["number"]) == (201, 2)
    assert service.post("bureau", f"/v1/jobs/{job}/cancel", {})[0] == 409
    code, problem = service.post("bureau", "/v1/plans", {"alert": "a-1", "work": WORK})
    assert (code, problem["remedy"]) == (404, "Load a case: `cuofeng load`.")


def test_whom_a_plan_does_not_keep_safe_is_told_before_it_is_published(service: Service) -> None:
    with service.database.writing() as session:
        put_unsafe_plan(session)
    body = {"plan": "plan-2", "in_force_from": "2126-01-05T09:00:00+08:00", "published_by": "b"}
    code, problem = service.post("bureau", "/v1/publications", body)
    assert isinstance(problem, dict)
    assert code == 409
    assert "P (P厂, P-works): 240 minutes below its least rate" in problem["detail"]
    assert "GET /v1/plans/plan-2/why" in problem["remedy"]
    code, (why,) = service.get("bureau", "/v1/plans/plan-2/why")
    assert (code, why["card"]["plant"], why["output"]["safety_missing"]) == (200, "P", 240)
    options = {(row["law"], row["after"]) for row in why["remedies"] if row["unit"] == "measure"}
    assert options == {("safe_trips", 0), ("exempt", 0)}
    assert service.get("P", "/v1/plans/plan-2/why")[0] == 403
    assert service.get("bureau", "/v1/plans/plan-1/why") == (200, [])
    code, (whole, _) = service.get("bureau", "/v1/plans/plan-2/why/whole")
    assert (code, whole["stage"]) == (200, "safety_shortfall")
    assert (whole["by_plants"], whole["unexplained"]) == (whole["value"], 0)
    assert service.get("P", "/v1/plans/plan-2/why/whole")[0] == 403
    assert service.get("bureau", "/v1/plans/plan-9/why/whole")[0] == 404
    code, published = service.post(
        "bureau", "/v1/publications", {**body, "acknowledge_unsafe": True}
    )
    assert (code, published["number"]) == (201, 2)


def test_why_and_why_not_are_answered_to_those_they_concern(service: Service) -> None:
    path = "/v1/enterprises/P-works/why"
    code, found = service.get("P", "/v1/me/why", **NINE)
    assert code == 200
    assert isinstance(found, list)
    assert found[0]["causes"][0]["objects"][0]["law"] == "search"
    assert [row["clause"] for row in found[0]["restrictions"]] == ["art. 1"]
    assert service.get("auditor", path, **NINE) == (code, found)
    asked = {**NINE, "window": "10:00-11:30", "instead_of": "2026-01-05T08:30/2026-01-05T10:00"}
    code, answers = service.get("P", "/v1/me/why-not", **asked)
    assert code == 200
    assert isinstance(answers, list)
    assert (answers[0]["kind"], answers[0]["plan"]) == ("fits", None)
    assert answers[0]["moved"][0]["after"][0]["opens_at"] == "2026-01-05T02:00:00Z"
    assert service.get("bureau", "/v1/enterprises/P-works/why-not", **asked) == (code, answers)
    code, problem = service.get("P", "/v1/me/why-not", **NINE, window="10:00")
    assert isinstance(problem, dict)
    assert (code, problem["detail_zh"].split("。")[0]) == (422, "10:00 不是时段")
    assert problem["detail"].startswith("10:00 is no stretch of time")


@pytest.mark.parametrize(
    ("who", "path", "query", "code"),
    [
        (None, "/v1/me/why", NINE, 401),
        ("bureau", "/v1/me/why", NINE, 403),
        ("P", "/v1/enterprises/X-works/why", NINE, 403),
        ("P", "/v1/enterprises/X-works/why-not", {**NINE, "window": "10:00-11:00"}, 403),
        ("auditor", "/v1/enterprises/nobody/why", NINE, 404),
        ("P", "/v1/me/why-not", NINE, 422),
        ("P", "/v1/me/why-not", {**NINE, "window": "whenever"}, 422),
    ],
)
def test_why_is_declined_where_it_cannot_be_asked(
    service: Service, who: str | None, path: str, query: dict[str, str], code: int
) -> None:
    assert service.get(who, path, **query)[0] == code
