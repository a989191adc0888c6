"""Tests the page's HTML: well-formed in every state, escaped, small, and free of raw text."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.console.facts import Contact, Name
from api.console.routes import install_console, not_found
from api.console.worked import Worked
from scheduler.texts import catalogue
from tests.api.console_cases import (
    HOSTILE,
    Facts,
    large_published,
    planning,
    revised_published,
    situation,
    small_published,
    withdrawn,
    without_alert,
)

TEMPLATES = Path(__file__).parents[2] / "api" / "console" / "templates"
CONTACT = Contact(Name("值班室", "Duty desk"), "024-0000")


def service(facts: Facts) -> TestClient:
    app = FastAPI()
    install_console(app, facts, Worked(facts), CONTACT)
    app.add_exception_handler(404, lambda request, _: not_found(request))
    return TestClient(app)


def small() -> Facts:
    published = small_published()
    return Facts(situation(published), published)


def in_state(state: str) -> Facts:
    facts = small()
    changes = {"none": without_alert, "planning": planning, "withdrawn": withdrawn}
    if state in changes:
        facts.now = changes[state](facts.now)
    return facts


def parsed(html: str) -> ElementTree.Element:
    assert html.startswith("<!doctype html>")
    return ElementTree.fromstring(html.removeprefix("<!doctype html>"))


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("state", ["published", "none", "planning", "withdrawn"])
def test_every_state_is_well_formed_in_both_languages(state: str, lang: str) -> None:
    client = service(in_state(state))
    client.cookies.set("cuofeng_key", "key-of-p")
    for path in ("/", "/sheet", "/nowhere", "/?slot=99"):
        root = parsed(client.get(path, params={"lang": lang} if "?" not in path else None).text)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), path
    assert parsed(client.get(f"/?lang={lang}").text).get("lang") == lang


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("none", "当前无生效的重污染天气预警"),
        ("planning", "安排正在编制"),
        ("withdrawn", "第 1 号安排已于 2026-01-05 23:00 撤回"),
    ],
)
def test_a_state_without_a_schedule_says_so(state: str, said: str) -> None:
    html = service(in_state(state)).get("/").text
    assert said in html
    assert 'class="gantt"' not in html


def test_a_name_with_markup_is_shown_as_text() -> None:
    client = service(small())
    client.cookies.set("cuofeng_key", "key-of-q")
    for path in ("/", "/sheet"):
        html = client.get(path).text
        assert HOSTILE not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_nothing_runs_or_loads_from_elsewhere() -> None:
    answer = service(small()).get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    root = parsed(answer.text)
    for element in root.iter():
        assert element.tag != "style"
        assert element.tag != "script" or (element.get("src") and not (element.text or "").strip())
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name != "style", name
            assert not value.startswith(("http:", "https:", "//")), value


def test_a_wrong_key_is_refused_and_sets_no_cookie() -> None:
    client = service(small())
    for key in ("wrong", "", "x" * 201):
        answer = client.post("/sheet/login?lang=en", data={"key": key})
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        assert "The key is not valid" in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    answer = service(small()).post(
        "/sheet/login?lang=en", data={"key": "key-of-p"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/sheet?lang=en")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/sheet" in cookie
    assert "Secure" not in cookie
    secure = service(small())
    secure.base_url = "https://testserver"
    told = secure.post("/sheet/login", data={"key": "key-of-p"}, follow_redirects=False)
    assert "Secure" in told.headers["set-cookie"]


def test_a_revoked_key_ends_the_session() -> None:
    facts = small()
    client = service(facts)
    client.cookies.set("cuofeng_key", "key-of-p", path="/sheet")
    assert "鞍山钢厂" in client.get("/sheet").text
    del facts.keys["key-of-p"]
    answer = client.get("/sheet")
    assert answer.status_code == 401
    assert "登录已失效" in answer.text and "鞍山钢厂" not in answer.text


def test_an_enterprise_sees_itself_alone() -> None:
    client = service(small())
    client.cookies.set("cuofeng_key", "key-of-p")
    html = client.get("/sheet").text
    assert "鞍山钢厂" in html and "alert(1)" not in html
    assert client.get("/sheet").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["slot=10", "slot=-1", "slot=x", "at=yesterday"])
def test_an_address_that_cannot_be_read_is_refused(query: str) -> None:
    answer = service(small()).get(f"/?{query}&lang=en")
    assert answer.status_code == 400
    assert "The address cannot be read" in answer.text


def test_another_instant_is_shown_as_of_then() -> None:
    html = service(small()).get("/?at=2026-01-06T04:00:00%2B08:00").text
    assert "2026-01-06 04:00" in html
    assert "本安排的时段已于 2026-01-06 03:00 结束" in html


def test_the_slot_asked_for_colours_the_roads() -> None:
    client = service(small())
    for slot, expected in ((0, "c6"), (1, "c0"), (2, "c6"), (5, "c5")):
        root = parsed(client.get(f"/?slot={slot}").text)
        paths = [e for e in root.iter("path") if e.get("data-marks") == "6060050000"]
        assert [path.get("class") for path in paths] == [expected]


def test_the_province_fits_in_a_page_of_moderate_size() -> None:
    published = large_published()
    html = service(Facts(situation(published), published)).get("/").text
    assert html.count("data-marks") >= 3000
    assert len(published.instance.plants) >= 60
    assert len(html.encode()) < 1_500_000


def text_of(html: str, id: str) -> str:
    """All that an element says, white space as one blank."""
    (found,) = (e for e in parsed(html).iter() if e.get("id") == id or e.get("class") == id)
    return " ".join(" ".join(found.itertext()).split())


def test_the_board_tells_what_a_revision_changed_and_why() -> None:
    published = revised_published()
    client = service(Facts(situation(published), published))
    told = text_of(client.get("/").text, "changes")
    for part in (
        "与发布 small/0 相比的变动（自 2026-01-05 22:00 起）",
        "已发布的 3 个时段中变动 1 个，其中至少 1 个为约束和变化的数据所迫",
        "鞍山钢厂 东门 01-05 22:30 – 01-06 01:30 01-05 23:00 – 01-06 02:00 60 分钟",
        "该厂所受约束不容许保留 · 方案 第4条",
        "2026-01-05 22:30 1 推迟到 2026-01-06 00:30 大雾封闭",
        "2026-01-05 22:30 1 取消 禁行 矿山路",
        "鞍山钢厂 −1 ;",
        "为保持已发布安排而未减少的暴露量：1,200",
        "其中 1 家求解时时段不动",
        "计算量已用完，1 家未求解",
    ):
        assert part in told, part
    told = text_of(client.get("/?lang=en").text, "changes")
    for part in (
        "Anshan Works",
        "held until 2026-01-06 00:30",
        "cancelled",
        "Plan, article 4",
        "solved with their windows held",
        "not asked of 1 plants",
    ):
        assert part in told, part


def test_a_sheet_tells_its_own_changes_alone() -> None:
    published = revised_published()
    client = service(Facts(situation(published), published))
    client.cookies.set("cuofeng_key", "key-of-p")
    told = text_of(client.get("/sheet").text, "changed")
    assert "60 分钟" in told and "推迟到" in told and "1,200" in told and "−2" not in told
    assert "未求解" not in told
    client.cookies.set("cuofeng_key", "key-of-q")
    told = text_of(client.get("/sheet").text, "changed")
    assert "−2" in told and "60 分钟" not in told and "1,200" not in told
    assert "1 家未求解，数值不详" in told
    told = text_of(client.get("/sheet?lang=en").text, "changed")
    assert "was not asked of 1 plants" in told


def test_a_first_plan_has_no_changes_and_a_quiet_one_says_so() -> None:
    client = service(small())
    client.cookies.set("cuofeng_key", "key-of-p")
    assert "相比的变动" not in client.get("/").text + client.get("/sheet").text
    published = revised_published()
    assert published.revised is not None
    quiet = published.revised.model_copy(
        update={"changes": (), "overrides": (), "calm": (), "not_asked": ()}
    )
    published = replace(published, revised=quiet)
    html = service(Facts(situation(published), published)).get("/").text
    assert "时段和车次均无变动" in html


def template_texts() -> list[str]:
    """What remains of every template once expressions, statements and tags are taken out."""
    rows = []
    for path in sorted(TEMPLATES.glob("*.html")):
        source = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(), flags=re.DOTALL)
        for found in re.finditer(r"(?:aria-label|title|alt|placeholder)=\"([^\"]*)\"", source):
            rows.append((path.name, found.group(1)))
        rows += [(path.name, text) for text in re.split(r"<[^>]*>", source)]
    return [f"{name}: {text.strip()}" for name, text in rows if re.search(r"[^\W\d_]", text)]


def test_no_template_holds_text_of_its_own() -> None:
    assert template_texts() == []


def test_every_text_of_the_page_is_in_the_catalogue() -> None:
    asked = set()
    for path in TEMPLATES.glob("*.html"):
        asked |= set(re.findall(r"\bt(?:ext)?\('([\w.]+)'(?! ~)", path.read_text()))
    assert asked and asked - catalogue().keys() == set()
