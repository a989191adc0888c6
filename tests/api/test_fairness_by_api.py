"""Tests that the fairness account is read over HTTP and as a page, by the bureau and auditors
alone."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from api.console.fairness import WIDTH, charts
from api.console.language import Voice
from scheduler import clock, keys
from scheduler.config import Settings
from scheduler.domain.fairness import Fairness, GroupAccount, Kept, PlantAccount
from scheduler.domain.key import Role
from scheduler.domain.why_not import Named
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


def entered(client: TestClient, database: Database, role: Role) -> TestClient:
    own = "P-works" if role is Role.ENTERPRISE else None
    key = bearer(database, role, own)["Authorization"].removeprefix("Bearer ")
    client.cookies.set("cuofeng_key", key, path="/sheet")
    return client


def shown(client: TestClient, **query: str) -> ElementTree.Element:
    answer = client.get("/sheet/fairness", params=query)
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.text.removeprefix("<!doctype html>"))


def row_of(page: ElementTree.Element, table: str, name: str) -> list[str]:
    """The cells of a row by its heading."""
    (found,) = (e for e in page.iter("table") if e.get("id") == table)
    rows = [[" ".join("".join(c.itertext()).split()) for c in row] for row in found.iter("tr")]
    return next(row for row in rows if row[0] == name)


@pytest.mark.parametrize("role", [Role.BUREAU, Role.AUDITOR])
def test_the_page_shows_the_account_in_both_languages(
    client: TestClient, database: Database, role: Role
) -> None:
    """P loses 20 of 120 units: 83.3 % kept, a bar of five sixths."""
    entered(client, database, role)
    page = shown(client)
    assert row_of(page, "sector", "钢铁")[:2] == ["钢铁", "83.3 %"]
    assert row_of(page, "plants", "P厂")[-1] == "钢铁 · 绩效 B · 大"
    (bar,) = (e for e in page.iter("svg") if (e.get("aria-label") or "").startswith("P厂"))
    assert [e.get("width") for e in bar.iter("rect")] == [str(WIDTH), str(833 * WIDTH / 1000)]
    english = shown(client, lang="en")
    assert row_of(english, "size", "large")[1] == "83.3 %"
    assert row_of(english, "plants", "P works")[-1] == "steel · grade B · large"
    assert 'href="/sheet/fairness"' in client.get("/sheet").text


def test_the_page_is_for_the_bureau_and_auditors_alone(
    client: TestClient, database: Database
) -> None:
    assert "企业密钥" in client.get("/sheet/fairness").text
    refused = entered(client, database, Role.ENTERPRISE).get("/sheet/fairness")
    assert refused.status_code == 403 and "83.3" not in refused.text
    entered(client, database, Role.BUREAU)
    for query, code, told in (
        ({"alert": "a-9"}, 404, "页面不存在"),
        ({"at": "soon"}, 400, "地址有误"),
        ({"at": KNOWN.isoformat()}, 200, "没有账目"),
    ):
        answer = client.get("/sheet/fairness", params=query)
        assert (answer.status_code, told in answer.text) == (code, True), query
    client.cookies.set("cuofeng_key", "revoked", path="/sheet")
    assert client.get("/sheet/fairness").status_code == 401


def test_a_share_is_rounded_down_and_nothing_permitted_has_none() -> None:
    def permille(permitted: int, lost: int) -> int | None:
        return Kept(permitted_utrip=permitted, lost_utrip=lost).kept_permille

    assert [permille(1000, lost) for lost in (0, 1, 1000)] == [1000, 999, 0]
    assert permille(1_000_000, 1) == 999, "who lost anything did not keep all"
    assert permille(0, 0) is None
    group = {"n_plants": 1, "permitted_utrip": 0, "lost_utrip": 0}
    plant = PlantAccount(
        plant=Named(id="P", name_zh="P厂", name_en="P works"),
        enterprise="P-works",
        sector="cement",
        grade="leading",
        size="small",
        normal_trips_day=0,
        permitted_utrip=0,
        lost_utrip=0,
    )
    account = Fairness(
        alert="a-1",
        alerts=("a-1",),
        since=KNOWN,
        until=LATER,
        publications=("a-1/1",),
        plants=(plant,),
        groups=(GroupAccount(by="sector", group="cement", **group),),
    )
    sector, _, _, plants = charts(account, Voice("zh-CN"))
    assert account.whole.kept_permille is None and sector.mean_x is None
    assert (plants.bars[0].width, plants.bars[0].permille) == (None, None)
    assert plants.bars[0].notes == ("水泥", "绩效 引领性", "小")
