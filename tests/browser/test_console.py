"""Tests the page in Chromium: by role and name as a reader meets it, with and without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

MINE_ROAD = "#map path[data-marks='6060050000']"


@pytest.fixture
def quiet(page: Page) -> Page:
    """A page on which any script error or blocked resource fails the test."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if "Security Policy" in m.text else None)
    page.faults = faults  # type: ignore[attr-defined]
    return page


def test_each_window_is_a_bar_with_its_times_and_trips(quiet: Page) -> None:
    quiet.goto("/")
    row = quiet.get_by_role("row", name="鞍山钢厂").get_by_role("listitem")
    expect(row).to_have_count(1)
    assert "1月5日（周一） 23:00 – 1月6日（周二） 02:00" in str(row.text_content())
    assert "3 车次，进 3，出 3" in str(row.text_content())
    expect(quiet.locator(".gantt rect.window")).to_have_count(1)
    assert quiet.faults == []  # type: ignore[attr-defined]


def test_shortfalls_stand_before_the_windows_with_their_cause(page: Page) -> None:
    page.goto("/")
    headings = page.get_by_role("heading", level=2).all_text_contents()
    assert headings[:3] == ["缺口", "各厂准运时段", "道路负荷"]
    row = page.locator("#shortfalls tbody tr")
    expect(row).to_contain_text("33.4 %")
    expect(row).to_contain_text("车次上限 鞍山钢厂")


def test_the_slider_colours_the_roads_and_keeps_the_address(quiet: Page) -> None:
    quiet.goto("/?slot=0")
    expect(quiet.locator(MINE_ROAD)).to_have_class("c6")
    quiet.get_by_role("slider", name="时隙").fill("1")
    expect(quiet.locator(MINE_ROAD)).to_have_class("c0")
    expect(quiet.locator("#slot-table")).to_contain_text("该时隙无安排车次")
    assert "slot=1" in quiet.url
    assert "slot=1" in str(quiet.get_by_role("link", name="English").get_attribute("href"))
    assert quiet.faults == []  # type: ignore[attr-defined]


def test_the_slot_is_chosen_without_scripts_too(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url, locale="zh-CN")
    page = context.new_page()
    page.goto("/?lang=en")
    page.get_by_role("combobox", name="Slot").select_option("2")
    page.get_by_role("button", name="Show").click()
    assert "slot=2" in page.url and "lang=en" in page.url
    expect(page.locator(MINE_ROAD)).to_have_class("c6")
    context.close()


def test_the_other_language_keeps_the_place(page: Page) -> None:
    page.goto("/?slot=3")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The schedule in force")
    assert "slot=3" in page.url
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("现行错峰运输安排")


def test_an_enterprise_enters_reads_its_sheet_and_leaves(quiet: Page) -> None:
    quiet.goto("/sheet")
    quiet.get_by_label("企业密钥").fill("wrong")
    quiet.get_by_role("button", name="查询").click()
    expect(quiet.get_by_role("alert")).to_contain_text("密钥无效")
    quiet.get_by_label("企业密钥").fill("key-of-p")
    quiet.get_by_role("button", name="查询").click()
    expect(quiet.get_by_role("heading", level=1)).to_contain_text("鞍钢")
    expect(quiet.locator(".timetable tr", has_text="23:00")).to_contain_text("铁矿石")
    assert quiet.evaluate("document.cookie") == ""
    quiet.get_by_role("button", name="退出").click()
    expect(quiet.get_by_label("企业密钥")).to_be_visible()
    assert quiet.context.cookies() == []
    assert quiet.faults == []  # type: ignore[attr-defined]


def test_the_sheet_prints_on_a4(page: Page, tmp_path: Path) -> None:
    page.goto("/sheet")
    page.get_by_label("企业密钥").fill("key-of-p")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("button", name="打印")).to_be_visible()
    page.emulate_media(media="print")
    for hidden in (page.get_by_role("button", name="打印"), page.locator(".top")):
        expect(hidden).to_be_hidden()
    expect(page.get_by_text("024-0000")).to_be_visible()
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert b"/MediaBox [0 0 595" in printed or b"/MediaBox [0 0 594" in printed


def test_an_enterprise_asks_why_not_another_window(quiet: Page) -> None:
    """The plan opens from 23:00 to 02:00, three hours are the most; the answer stays on paper."""
    quiet.goto("/sheet")
    quiet.get_by_label("企业密钥").fill("key-of-p")
    quiet.get_by_role("button", name="查询").click()
    quiet.get_by_label("想要的时段").fill("22:00-02:00")
    quiet.get_by_role("button", name="为什么没有").click()
    answer = quiet.locator(".answer")
    expect(answer).to_contain_text("22:00 - 01-06 02:00：不可行")
    expect(answer).to_contain_text("最长时段")
    expect(quiet.get_by_label("想要的时段")).to_have_value("22:00-02:00")
    quiet.emulate_media(media="print")
    expect(answer).to_be_visible()
    expect(quiet.get_by_role("button", name="为什么没有")).to_be_hidden()
    quiet.emulate_media(media="screen")
    quiet.get_by_label("想要的时段").fill("whenever")
    quiet.get_by_role("button", name="为什么没有").click()
    expect(quiet.locator("#asking").get_by_role("alert")).to_contain_text("22:00-24:00")
    assert quiet.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/", "/sheet", "/nowhere"])
def test_a_narrow_screen_never_scrolls_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
