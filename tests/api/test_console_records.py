"""Tests the page on the store: a published case, its key, and how often the database is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.app import make_app
from scheduler import alerts, keys, publication
from scheduler.config import Settings
from scheduler.domain.key import Role
from scheduler.store.database import Database
from tests.scheduler.case import (
    KNOWN,
    at,
    publish,
    put_measures,
    put_plan,
    put_revised_plan,
    put_unsafe_plan,
    statement,
)

NINE = "2026-01-05T09:00:00+08:00"
MADE = datetime(2026, 1, 1, tzinfo=UTC)
MOST_STATEMENTS = 28


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    with TestClient(make_app(Settings(database_url=database_url))) as client:
        yield client


@pytest.fixture
def enterprise_key(database_url: str) -> Iterator[str]:
    database = Database(database_url)
    with database.writing() as session:
        put_plan(session)
        publish(session)
        key = keys.make_key(session, Role.ENTERPRISE, "p", MADE, "P-works")
    yield key
    database.close()


def test_without_an_alert_the_page_says_so(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "当前无生效的重污染天气预警" in answer.text


def test_what_is_published_is_shown(client: TestClient, enterprise_key: str) -> None:
    html = client.get("/", params={"at": NINE}).text
    for told in ("红色预警", "2026-1", "第 1 号", "P厂", "准运时段", "grade A, art. 7", "停产"):
        assert told in html, told
    assert html.count('class="window" x=') == 1


def test_clauses_are_read_in_english_with_the_chinese_behind_them(
    client: TestClient, enterprise_key: str, database_url: str
) -> None:
    database = Database(database_url)
    with database.writing() as session:
        put_measures(session)
    database.close()
    client.cookies.set("cuofeng_key", enterprise_key)
    asked = {"at": NINE, "lang": "en", "window": "10:00-11:30", "why": "1"}
    sheet = client.get("/sheet", params=asked).text
    assert '<cite title="art. 1">article one: windows</cite>' in sheet
    assert "Gates pass trucks in windows only: article one: windows" in sheet
    assert "the Chinese text counts" in sheet
    board = client.get("/", params={"at": NINE, "lang": "en"}).text
    assert '<cite title="grade A, art. 7">article seven: grade A</cite>' in board
    chinese = client.get("/", params={"at": NINE}).text
    assert "article seven" not in chinese and "<cite>grade A, art. 7</cite>" in chinese


def test_the_document_of_an_alert_is_read_in_english_until_it_is_lifted_and_then(
    client: TestClient, enterprise_key: str, database_url: str
) -> None:
    database = Database(database_url)
    told = statement().model_copy(update={"document_number_en": "Anshan 2026, no. 1"})
    with database.writing() as session:
        alerts.revise(session, "a-1", told, KNOWN)
    assert '<cite title="2026-1">Anshan 2026, no. 1</cite>' in board(client, NINE, "en")
    assert "<cite>2026-1</cite>" in board(client, NINE, "zh-CN")
    end = {"ends_at": at("09:30"), "by": "Anshan", "known_at": KNOWN}
    with database.writing() as session:
        alerts.lift(session, "a-1", document="2026-2", document_en="Anshan, no. 2", **end)
    database.close()
    after = at("10:00").isoformat()
    assert "(Anshan, no. 2)" in board(client, after, "en")
    assert "2026-2" in board(client, after, "zh-CN")


def test_who_declares_an_alert_is_read_in_english_on_the_board_and_the_sheet(
    client: TestClient, enterprise_key: str, database_url: str
) -> None:
    database = Database(database_url)
    english = {"declared_by": "沈阳市人民政府", "declared_by_en": "Shenyang's government"}
    told = statement().model_copy(update=english)
    with database.writing() as session:
        alerts.revise(session, "a-1", told, KNOWN)
    database.close()
    client.cookies.set("cuofeng_key", enterprise_key)
    for path in ("/", "/sheet"):
        html = client.get(path, params={"at": NINE, "lang": "en"}).text
        assert "Shenyang&#39;s government" in html and "沈阳市人民政府" not in html, path
        html = client.get(path, params={"at": NINE, "lang": "zh-CN"}).text
        assert "Shenyang&#39;s government" not in html and "沈阳市人民政府" in html, path


def board(client: TestClient, at: str, lang: str) -> str:
    return client.get("/", params={"at": at, "lang": lang}).text


def test_a_revision_is_told_with_what_it_goes_on_from(
    client: TestClient, enterprise_key: str, database_url: str
) -> None:
    database = Database(database_url)
    with database.writing() as session:
        put_revised_plan(session)
        publish(session, plan="plan-3")
    client.cookies.set("cuofeng_key", enterprise_key)
    for path in ("/", "/sheet"):
        html = client.get(path, params={"at": NINE}).text
        assert "与发布 a-1/1 相比的变动" in html
        assert "01-05 08:00 – 10:00" in html and "收益超过变动时段所要求的价值" in html
    database.close()


def test_a_withdrawn_publication_is_told(
    client: TestClient, enterprise_key: str, database_url: str
) -> None:
    database = Database(database_url)
    with database.writing() as session:
        publication.withdraw(
            session,
            "a-1",
            1,
            from_instant=at("08:45"),
            reason="mistaken",
            by="bureau",
            known_at=KNOWN,
        )
    html = client.get("/", params={"at": NINE}).text
    assert "第 1 号安排已于 2026-01-05 08:45 撤回" in html
    assert 'class="gantt"' not in html
    assert 'class="gantt"' in client.get("/", params={"at": "2026-01-05T08:30:00+08:00"}).text
    database.close()


def test_the_key_opens_the_enterprises_sheet(client: TestClient, enterprise_key: str) -> None:
    client.post("/sheet/login", data={"key": enterprise_key})
    html = client.get("/sheet", params={"at": NINE}).text
    assert "P厂" in html and "12369" in html and "art. 1" in html
    assert "X厂" not in html and "grade A" not in html


@pytest.mark.parametrize(
    ("enterprise", "said"),
    [("X-works", "grade A, art. 7"), ("C-works", "closed in 2020"), ("D-works", "不在预警范围")],
)
def test_an_enterprise_without_windows_is_told_why(
    client: TestClient, enterprise_key: str, database_url: str, enterprise: str, said: str
) -> None:
    database = Database(database_url)
    with database.writing() as session:
        key = keys.make_key(session, Role.ENTERPRISE, "x", MADE, enterprise)
    client.post("/sheet/login", data={"key": key})
    html = client.get("/sheet", params={"at": NINE}).text
    assert said in html
    assert "P厂" not in html
    database.close()


@pytest.fixture
def bureau_key(enterprise_key: str, database_url: str) -> str:
    """Beside the published plan there is one that keeps P unsafe."""
    database = Database(database_url)
    with database.writing() as session:
        put_unsafe_plan(session)
        key = keys.make_key(session, Role.BUREAU, "b", MADE)
    database.close()
    return key


def test_the_bureau_asks_for_any_enterprise(client: TestClient, bureau_key: str) -> None:
    entered = client.post("/sheet/login", data={"key": bureau_key}, follow_redirects=False)
    assert (entered.status_code, "cuofeng_key" in entered.cookies) == (303, True)
    client.cookies.set("cuofeng_key", bureau_key)
    desk = client.get("/sheet", params={"at": NINE}).text
    assert '<option value="P-works">P厂</option>' in desk
    asked = {"at": NINE, "enterprise": "P-works", "why": "1", "window": "10:00-11:30"}
    sheet = client.get("/sheet", params=asked).text
    assert "P厂 G 01-05 10:00 - 11:30：" in sheet
    assert "单独重排本厂可挽回" in sheet
    nobody = client.get("/sheet", params={"at": NINE, "enterprise": "nobody"}).text
    assert "生态环境部门工作台" in nobody


def test_the_bureau_is_told_whom_a_plan_does_not_keep_safe(
    client: TestClient, bureau_key: str
) -> None:
    client.cookies.set("cuofeng_key", bureau_key)
    desk = client.get("/sheet", params={"at": NINE, "lang": "en"}).text
    assert "Before publishing: plants that cannot be kept safe: 1" in desk
    assert "P works: 240 minutes below its least rate" in desk
    assert "plan-1" not in desk
    told = client.get("/sheet", params={"at": NINE, "lang": "en", "plan": "plan-2"}).text
    assert "trips of safe production beside the cap of P (1 measures)" in told
    assert client.get("/sheet", params={"at": NINE, "plan": "plan-9"}).status_code == 404


def test_the_bureau_is_told_what_forces_a_plans_shortfall_as_a_whole(
    client: TestClient, bureau_key: str
) -> None:
    client.cookies.set("cuofeng_key", bureau_key)
    desk = client.get("/sheet", params={"at": NINE, "lang": "en"}).text
    assert "whole=plan-2" in desk and 'id="whole"' not in desk
    told = client.get("/sheet", params={"at": NINE, "lang": "en", "whole": "plan-2"}).text
    assert "plan-2: Safety shortfall 240.0 min in all" in told
    assert "P works: at least 240.0 min in any plan (planned 240.0 min)" in told
    assert client.get("/sheet", params={"at": NINE, "whole": "plan-9"}).status_code == 404


def test_an_enterprise_sees_no_sheet_but_its_own(client: TestClient, enterprise_key: str) -> None:
    client.cookies.set("cuofeng_key", enterprise_key)
    own = client.get("/sheet", params={"at": NINE}).text
    other = client.get("/sheet", params={"at": NINE, "enterprise": "X-works"}).text
    assert "X厂" not in own + other
    told = client.get("/sheet", params={"at": NINE, "plan": "plan-1"}).text
    assert "生态环境部门工作台" not in told


def test_the_database_is_asked_a_few_times_a_page(client: TestClient, enterprise_key: str) -> None:
    statements: list[str] = []
    engine = client.app.state.database.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    client.get("/", params={"at": NINE})
    assert 0 < len(statements) <= MOST_STATEMENTS
    statements.clear()
    client.get("/", params={"at": NINE})
    assert 0 < len(statements) <= MOST_STATEMENTS // 2


def test_a_browser_gets_a_page_and_a_program_a_problem(client: TestClient) -> None:
    page = client.get("/nowhere", headers={"accept": "text/html"})
    assert (page.status_code, "页面不存在" in page.text) == (404, True)
    problem = client.get("/nowhere", headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"


def test_the_sheet_answers_why_and_why_not(client: TestClient, enterprise_key: str) -> None:
    client.cookies.set("cuofeng_key", enterprise_key)
    html = client.get("/sheet", params={"at": NINE, "why": "1", "window": "10:00-11:30"}).text
    assert "P厂 G 01-05 10:00 - 11:30：" in html
    assert "凭准运时段通行：art. 1" in html
    assert "单独重排本厂可挽回" in html
    html = client.get("/sheet", params={"at": NINE, "window": "x", "lang": "en"}).text
    assert "x is no stretch of time. Write 2015" in html
