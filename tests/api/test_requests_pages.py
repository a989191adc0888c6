"""Tests the page of requests: every kind by a form, faults at their fields in both languages, what
each key may do, and what each sees."""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import make_app
from api.console.request_form import KINDS
from scheduler import clock, keys, requests
from scheduler.config import Settings
from scheduler.domain.key import Role
from scheduler.domain.request import RequestCase
from scheduler.store.database import Database
from tests.scheduler import living_case
from tests.scheduler.case import KNOWN, at, publish, put_plan
from tests.scheduler.swap_case import publish_both
from tests.scheduler.test_requests_published import ALERT, first_plan

PATH = "/sheet/requests"
EIGHT, TWELVE = "2026-01-05T08:00", "2026-01-05T12:00"
MORE = {
    "stream": "ore",
    "trips": "3",
    "from_instant": EIGHT,
    "to_instant": TWELVE,
    "reason": "cold spell",
}


class Service:
    """The service at 07:10, with a key for each who may ask."""

    def __init__(self, database: Database, url: str) -> None:
        self.database = database
        self.app = make_app(Settings(database_url=url))
        with database.writing() as session:
            self.keys = {
                "bureau": keys.make_key(session, Role.BUREAU, "b", KNOWN),
                "auditor": keys.make_key(session, Role.AUDITOR, "a", KNOWN),
                **{
                    p: keys.make_key(session, Role.ENTERPRISE, p, KNOWN, f"{p}-works")
                    for p in ("P", "Q", "X")
                },
            }

    def client(self, who: str) -> TestClient:
        client = TestClient(self.app, follow_redirects=False)
        client.cookies.set("cuofeng_key", self.keys[who], path="/sheet")
        return client

    def post(self, who: str, path: str, lang: str = "zh-CN", **fields: str) -> Response:
        return self.client(who).post(f"{PATH}{path}", params={"lang": lang}, data=fields)

    def file(self, who: str, kind: str, lang: str = "zh-CN", **fields: str) -> Response:
        params = {"kind": kind, "lang": lang}
        if who == "bureau":
            params["enterprise"] = "P-works"
        return self.client(who).post(PATH, params=params, data=fields)

    def page(self, who: str, lang: str = "zh-CN", **query: str) -> str:
        return self.client(who).get(PATH, params={"lang": lang, **query}).text

    def filed(self) -> list[RequestCase]:
        with self.database.reading() as session:
            return requests.list_requests(session)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def seven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: KNOWN + timedelta(minutes=10))


@pytest.fixture
def service(database: Database, seven: None) -> Service:
    with database.writing() as session:
        put_plan(session)
        publish(session)
    return Service(database, database.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def shared(database: Database, seven: None) -> Service:
    with database.writing() as session:
        publish_both(session)
    return Service(database, database.engine.url.render_as_string(hide_password=False))


def window(gate: str, opens: str, closes: str) -> str:
    """What stands for a window in a form."""
    return "|".join((gate, *(at(time).astimezone(UTC).isoformat() for time in (opens, closes))))


def faults(html: str) -> dict[str, str]:
    """What the page says is wrong, by field."""
    return dict(re.findall(r'class="fault" id="fault-(\w*)">([^<]*)<', html))


def parsed(html: str) -> ElementTree.Element:
    root = ElementTree.fromstring(html.removeprefix("<!doctype html>"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    return root


def test_more_trips_are_filed_answered_and_shown(service: Service) -> None:
    filed = service.file("P", "more_trips", **MORE)
    assert (filed.status_code, filed.headers["location"]) == (
        303,
        f"{PATH}?lang=zh-CN#request-1",
    )
    (case,) = service.filed()
    assert case.request.filing.model_dump(mode="json")["asked"] == {
        "kind": "more_trips",
        "stream": "ore",
        "trips": 3,
        "from_instant": "2026-01-05T00:00:00Z",
        "to_instant": "2026-01-05T04:00:00Z",
    }
    html = service.page("P")
    for told in (
        "待生态环境部门决定",
        "增加 3 车次（运入ore）",
        "可行：其他企业均不变",
        "cold spell",
    ):
        assert told in html, told
    english = service.page("P", "en")
    for told in ("Waiting for the bureau", "3 more trips of ore (in)", "it fits", "Exposure: "):
        assert told in english.replace("&#39;", "'"), told
    for lang in ("zh-CN", "en"):
        for kind in KINDS:
            parsed(service.page("P", lang, kind=kind))
        parsed(service.page("bureau", lang, kind="window", enterprise="P-works"))
        parsed(service.page("auditor", lang))


def test_a_window_is_exchanged_given_back_and_asked_for_nearby(service: Service) -> None:
    asked = {"gate": "G", "from_instant": "2026-01-05T10:00", "to_instant": "2026/01/05 11:30"}
    own = window("G", "08:30", "10:00")
    assert own in service.page("P", kind="window")
    moved = service.file("P", "window", **asked, instead=own, reason="late ship")
    assert moved.status_code == 303
    assert "已批准，待下一次发布" in service.page("P")
    html = service.page("P", kind="give_back")
    assert own not in html and window("G", "10:00", "11:30") in html, "as granted since"
    back = service.file("P", "give_back", own_window=window("G", "10:00", "11:30"), reason="spare")
    assert back.status_code == 303
    asked_of = [case.request.filing.asked.kind for case in service.filed()]
    assert asked_of == ["give_back", "window"]


def test_trips_are_given_back_in_a_time_or_a_window(service: Service) -> None:
    own = window("G", "08:30", "10:00")
    form = parsed(service.page("P", kind="give_back_trips"))
    fields = [e.get("name") for tag in ("select", "input") for e in form.iter(tag)]
    assert {"stream", "trips", "own_window", "from_instant", "to_instant"} <= set(fields)
    typed = {"stream": "ore", "trips": "1", "reason": "spare"}
    neither = service.file("P", "give_back_trips", **typed)
    assert faults(neither.text) == {"from_instant": "请填写", "to_instant": "请填写"}
    filed = service.file("P", "give_back_trips", **typed, own_window=own)
    assert filed.status_code == 303
    html = service.page("P")
    for told in ("已批准，待下一次发布", "退还 01-05 08:30 - 10:00 经 ", "至多发车 01-05 08:30 ×1"):
        assert told in html, told
    over = service.file(
        "P",
        "give_back_trips",
        "en",
        **{**typed, "trips": "2"},
        from_instant=EIGHT,
        to_instant=TWELVE,
    )
    assert "ore that can be given back" in faults(over.text)["trips"]
    english = service.page("P", "en", kind="give_back_trips")
    for told in ("gives back trips of ore", "what is left of its departures", "Trips given back"):
        assert told in english, told


def test_what_does_not_fit_says_why_and_leads_to_what_does(service: Service) -> None:
    asked = {"gate": "G", "from_instant": EIGHT, "to_instant": TWELVE, "reason": "long"}
    assert service.file("P", "window", **asked).status_code == 303
    html = service.page("P")
    assert "不可行" in html and "art. 1" in html
    near = re.search(r'href="([^"]*kind=window[^"]*)#file">改申请 ([^<]*)<', html)
    assert near is not None
    form = service.client("P").get(near.group(1).replace("&amp;", "&")).text
    typed = {e.get("name"): e.get("value") for e in parsed(form).iter("input")}
    assert str(typed["from_instant"])[11:] == near.group(2)[6:11]
    assert "批准" not in _acts(service, "bureau").replace("不批准", "")


def test_every_fault_is_named_at_its_field_and_nothing_typed_is_lost(service: Service) -> None:
    wrong = {
        "stream": "gold",
        "trips": "０",
        "from_instant": "soon",
        "to_instant": "",
        "document": " ",
        "reason": "<b>" + "长" * 198,
    }
    answer = service.file("P", "emergency", **wrong)
    assert answer.status_code == 422
    assert faults(answer.text) == {
        "stream": "不在可选范围内，请重新选择",
        "trips": "请填 1 至 9999 的整数",
        "from_instant": "soon 不是时刻，请写作 2015-11-06 22:00",
        "to_instant": "请填写",
        "document": "请填写",
        "reason": "最多 200 个字符，现有 201 个",
    }
    kept = {e.get("name"): e.get("value") for e in parsed(answer.text).iter("input")}
    assert (kept["trips"], kept["from_instant"]) == ("０", "soon")
    assert kept["reason"] == wrong["reason"]
    english = service.file("P", "emergency", "en", **wrong)
    assert faults(english.text)["trips"] == "A whole number from 1 to 9999"
    assert "Nothing was filed; 6 to put right." in english.text
    assert service.filed() == []


def test_the_language_switch_of_a_refused_form_keeps_what_was_typed(service: Service) -> None:
    refused = service.file("P", "more_trips", **{**MORE, "trips": "many", "reason": "寒潮"})
    (switch,) = (e for e in parsed(refused.text).iter("button") if e.get("class") == "toggle")
    assert (switch.get("form"), switch.get("name")) == ("fields", "shown")
    address = str(switch.get("formaction"))
    assert "lang=en" in address and "kind=more_trips" in address
    typed = {**MORE, "trips": "many", "reason": "寒潮", "shown": "1"}
    english = service.client("P").post(address, data=typed)
    assert english.status_code == 200
    assert faults(english.text) == {"trips": "A whole number from 1 to 9999"}
    kept = {e.get("name"): e.get("value") for e in parsed(english.text).iter("input")}
    assert (kept["trips"], kept["reason"], kept["from_instant"]) == ("many", "寒潮", EIGHT)
    right = service.client("P").post(address, data={**typed, "trips": "3"})
    assert right.status_code == 200 and service.filed() == [], "shown, not filed"
    toggles = [
        e for e in parsed(service.page("P", kind="window")).iter() if e.get("class") == "toggle"
    ]
    assert [e.tag for e in toggles] == ["a"]


def test_what_the_application_declines_is_said_again_in_the_other_language(
    service: Service,
) -> None:
    typed = {**MORE, "to_instant": "2026-01-05T13:00"}
    refused = service.file("P", "more_trips", **typed)
    (switch,) = (e for e in parsed(refused.text).iter("button") if e.get("class") == "toggle")
    inputs = {str(e.get("name")): str(e.get("value")) for e in parsed(refused.text).iter("input")}
    again = {**inputs, "stream": "ore", "shown": "1"}
    english = service.client("P").post(str(switch.get("formaction")), data=again)
    assert "not within" in faults(english.text)["to_instant"]
    (back,) = (e for e in parsed(english.text).iter("button") if e.get("class") == "toggle")
    chinese = service.client("P").post(str(back.get("formaction")), data=again)
    assert "不在计划" in faults(chinese.text)["to_instant"]
    odd = service.client("P").post(str(back.get("formaction")), data={**again, "declined": "x"})
    assert odd.status_code == 200 and faults(odd.text) == {}
    assert service.filed() == []


def test_the_language_switch_of_a_refused_step_leads_to_the_page(service: Service) -> None:
    service.file("P", "more_trips", **MORE)
    unsaid = service.post("bureau", "/1/refuse", told=" ")
    (switch,) = (e for e in parsed(unsaid.text).iter("a") if e.get("class") == "toggle")
    english = service.client("bureau").get(str(switch.get("href")))
    assert english.status_code == 200 and "Waiting for the bureau" in english.text


def test_requests_are_filtered_by_alert_and_state(service: Service) -> None:
    service.file("P", "more_trips", **MORE)
    service.file("P", "more_trips", **{**MORE, "trips": "2"})
    service.post("P", "/1/withdraw")

    def shown(**query: str) -> list[str]:
        return re.findall(r'id="request-(\d+)"', service.page("bureau", **query))

    assert shown() == ["2", "1"]
    assert shown(state="withdrawn") == ["1"] and shown(state="answered", alert="a-1") == ["2"]
    assert shown(alert="a-9") == [] and shown(state="eaten") == ["2", "1"]
    assert "没有符合筛选条件的申请" in service.page("bureau", state="refused")
    assert "There are no such requests" in service.page("bureau", "en", state="refused")
    page = parsed(service.page("P", state="answered", alert="a-1", kind="window"))
    chosen = [e.get("value") for e in page.iter("option") if e.get("selected")]
    assert chosen == ["a-1", "answered"]
    hidden = {
        e.get("name"): e.get("value") for e in page.iter("input") if e.get("type") == "hidden"
    }
    assert hidden == {"lang": "zh-CN", "kind": "window"}
    links = [str(e.get("href")) for e in page.iter("a")]
    kept = [link for link in links if "state=answered" in link and "alert=a-1" in link]
    assert len(kept) == len(KINDS) + 1, "every kind, and the other language"
    assert {e.text for e in page.iter("option")} >= {"已撤回", "已批准并发布", "全部"}


@pytest.mark.parametrize(
    ("kind", "typed", "field", "zh", "en"),
    [
        ("more_trips", {"to_instant": EIGHT}, "to_instant", "结束须晚于开始", "must be after"),
        ("more_trips", {"trips": "10000"}, "trips", "1 至 9999", "from 1 to 9999"),
        (
            "more_trips",
            {"to_instant": "2026-01-05T13:00"},
            "to_instant",
            "不在计划范围",
            "not within",
        ),
        (
            "more_trips",
            {"from_instant": "2026-01-05T07:30"},
            "from_instant",
            "不在计划",
            "not within",
        ),
        ("give_back", {"own_window": "G|x|y"}, "own_window", "不在可选范围", "Not among"),
        ("swap", {"own_window": "", "their_window": ""}, "their_window", "请填写", "Fill this in"),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_field(
    service: Service, kind: str, typed: dict[str, str], field: str, zh: str, en: str
) -> None:
    for lang, told in (("zh-CN", zh), ("en", en)):
        answer = service.file("P", kind, lang, **{**MORE, **typed})
        assert answer.status_code == 422
        assert told in faults(answer.text)[field]
    assert service.filed() == []


def test_what_is_settled_cannot_be_asked_for(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at("09:10"))
    answer = service.file("P", "more_trips", **MORE)
    assert (
        "已过或过近：2026-01-05 09:30 之前的安排按已发布执行" in faults(answer.text)["from_instant"]
    )
    monkeypatch.setattr(clock, "now", lambda: at("11:50"))
    html = service.page("P", kind="more_trips")
    assert "发布 a-1/1 到 2026-01-05 12:00 为止" in html and "<optgroup" not in html
    assert service.file("P", "more_trips", **MORE).status_code == 422


def test_the_bureau_decides_what_waits_first(service: Service) -> None:
    service.file("P", "more_trips", **MORE)
    service.file("P", "more_trips", **{**MORE, "trips": "2"})
    service.post("P", "/1/withdraw")
    service.file("bureau", "more_trips", **MORE)
    html = service.page("bureau")
    order = [html.index(f'id="request-{number}"') for number in (3, 2, 1)]
    assert order == sorted(order) and html.index("待生态环境部门决定") < order[0]
    assert html.index("已了结") < order[2]
    unsaid = service.post("bureau", "/2/refuse", "en", told=" ")
    assert unsaid.status_code == 409
    assert "a request is not refused without a reason. Say why." in unsaid.text
    assert service.post("bureau", "/2/refuse", told="道路已满").status_code == 303
    assert service.post("bureau", "/3/grant", told="可以").status_code == 303
    assert [case.state for case in service.filed()] == ["granted", "refused", "withdrawn"]
    html = service.page("P")
    assert "批准（生态环境部门）：可以" in html and "不批准（生态环境部门）：道路已满" in html
    assert "撤回（企业）" in html
    again = service.post("P", "/2/withdraw", "en")
    assert again.status_code == 409 and "request 2 cannot be withdrawn: refused" in again.text


def test_each_key_does_its_own_alone(service: Service) -> None:
    service.file("P", "more_trips", **MORE)
    assert service.file("auditor", "more_trips", **MORE).status_code == 403
    for who, step, code in (
        ("P", "grant", 403),
        ("P", "refuse", 403),
        ("auditor", "grant", 403),
        ("auditor", "withdraw", 403),
        ("bureau", "withdraw", 403),
        ("bureau", "agree", 403),
        ("P", "agree", 404),
        ("X", "withdraw", 404),
        ("X", "decline", 404),
        ("P", "eat", 422),
    ):
        answer = service.post(who, f"/1/{step}", told="x")
        assert answer.status_code == code, (who, step)
    assert [case.state for case in service.filed()] == ["answered"]
    assert "cold spell" in service.page("auditor") and "<button" not in _acts(service, "auditor")
    assert "cold spell" not in service.page("X")
    assert service.file("P", "unheard-of", **MORE).status_code == 400


def _acts(service: Service, who: str) -> str:
    return "".join(re.findall(r'<div class="acts">.*?</div>', service.page(who), re.DOTALL))


def test_without_a_key_nothing_is_shown_or_filed(service: Service) -> None:
    client = TestClient(service.app)
    assert "企业密钥" in client.get(PATH).text
    assert client.post(PATH, params={"kind": "more_trips"}, data=MORE).status_code == 401
    assert client.post(f"{PATH}/1/grant", data={"told": ""}).status_code == 401
    client.cookies.set("cuofeng_key", "revoked", path="/sheet")
    assert client.post(PATH, params={"kind": "more_trips"}, data=MORE).status_code == 401
    assert service.filed() == []


def test_the_other_side_of_a_swap_agrees_or_declines(shared: Service) -> None:
    own, theirs = window("G", "08:00", "09:00"), window("H", "09:00", "10:00")
    form = shared.page("P", kind="swap")
    assert own in form and theirs in form
    swap = {"own_window": own, "their_window": theirs, "reason": "secret"}
    assert shared.file("P", "swap", **swap).status_code == 303
    assert "待对方同意的互换" in shared.page("P")
    sheet = shared.client("Q").get("/sheet", params={"lang": "en"}).text
    assert "Requests (1 waiting)" in sheet
    html = shared.page("Q")
    assert "请贵企业答复的互换" in html and "secret" not in html and "同意互换" in html
    assert "请贵企业答复的互换" not in shared.page("P") and "第 1 号" not in shared.page("X")
    assert shared.post("Q", "/1/agree").status_code == 303
    assert "不使任何目标变差" in shared.page("P") and shared.filed()[0].state == "granted"
    shared.post("P", "/1/withdraw")
    shared.file("P", "swap", **swap)
    assert shared.post("Q", "/2/decline").status_code == 303
    assert shared.filed()[0].state == "declined"


def test_the_desk_counts_what_waits_and_no_script_is_inline(service: Service) -> None:
    service.file("P", "more_trips", **MORE)
    assert "申请（1 项待处理）" in service.client("bureau").get("/sheet").text
    answer = service.client("P").get(PATH, params={"kind": "swap"})
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    for element in parsed(answer.text).iter():
        assert not any(name.startswith("on") or name == "style" for name in element.attrib)


def test_an_emergency_run_is_filed_granted_published_and_on_the_sheet(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The special steel works of Fushun have no trips planned; the run is all that they send."""
    one = first_plan(database)
    monkeypatch.setattr(clock, "now", lambda: living_case.at("06T17:00"))
    service = Service(database, database.engine.url.render_as_string(hide_password=False))
    with database.writing() as session:
        own = keys.make_key(session, Role.ENTERPRISE, "own", KNOWN, "fushun-tegang")
    service.keys["own"] = own
    typed = {
        "stream": "fushun-tegang.scrap.in",
        "trips": "2",
        "from_instant": "2015-11-07T00:00",
        "to_instant": "2015-11-07T12:00",
        "document": "抚应急〔2015〕7号",
        "reason": "炉况异常",
    }
    assert service.file("own", "emergency", **typed).status_code == 303
    (case,) = service.filed()
    assert (case.state, case.answer.worse) == ("answered", ("exposure", "windows"))
    assert "抚应急〔2015〕7号" in service.page("bureau")
    assert service.post("bureau", "/1/grant", told="同意").status_code == 303
    before = service.client("own").get("/sheet").text
    assert "应急调入" not in before, "until it is published"
    two = living_case.step(database, ALERT, living_case.at("06T19:00"), living_case.at("06T18:30"))
    monkeypatch.setattr(clock, "now", lambda: living_case.at("06T19:10"))
    html = service.page("own")
    assert "已批准并发布" in html and f"已列入发布 {two.publication.name}" in html
    sheet = parsed(service.client("own").get("/sheet", params={"lang": "zh-CN"}).text)
    rows = [" ".join("".join(row.itertext()).split()) for row in sheet.iter("tr")]
    (departs,) = (row for row in rows if row.startswith("废钢 进厂") and "应急调入" in row)
    assert "request-1" not in departs
    granted = service.filed()[0].answer.grant
    assert granted is not None
    for trips in granted.trips:
        assert f"{clock.local(trips.starts_at):%H:%M} ×{trips.trips}" in departs
    english = service.client("own").get("/sheet", params={"lang": "en"}).text
    assert ", called in" in english and ":request-1" not in english
    untouched = [plant.id for plant in one.instance.plants[::2]]
    assert two.revised is not None
    assert not {row.plant for row in two.revised.changes} & set(untouched)
