"""Tests in Chromium that a swap is asked for, agreed to and read, by those whom it concerns."""

from playwright.sync_api import Page, expect

Stored = tuple[str, dict[str, str]]


def enter(page: Page, stored: Stored, who: str, lang: str = "zh-CN") -> None:
    url, keys = stored
    page.context.clear_cookies()
    page.goto(f"{url}/sheet?lang={lang}")
    page.locator("#key").fill(keys[who])
    page.locator("form.login button").click()


def test_two_enterprises_swap_their_windows(page: Page, stored: Stored) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if "Security Policy" in m.text else None)
    enter(page, stored, "P")
    page.get_by_role("link", name="申请").click()
    page.get_by_role("link", name="互换时段").click()
    page.get_by_label("本厂时段").select_option(label="01-05 08:00 – 09:00 · 门岗 G")
    page.get_by_label("对方时段").select_option(label="01-05 09:00 – 10:00 · 门岗 H")
    page.get_by_label("理由").fill("   ")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#fault-reason")).to_have_text("请填写")
    expect(page.get_by_label("对方时段")).to_have_value(
        "H|2026-01-05T01:00:00+00:00|2026-01-05T02:00:00+00:00"
    )
    page.get_by_label("理由").fill("早班装车")
    form = page.locator("form.fields")
    form.evaluate("form => form.addEventListener('submit', e => e.preventDefault())")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("正在求解答复")).to_be_visible()
    expect(page.get_by_role("button", name="提交")).to_be_disabled()
    form.evaluate("form => form.submit()")
    expect(page.locator("#request-1 .state")).to_have_text("已答复，待对方同意")
    enter(page, stored, "Q", "en")
    page.get_by_role("link", name="Requests (1 waiting)").click()
    expect(page.locator("#request-1")).not_to_contain_text("早班装车")
    page.get_by_role("button", name="Agree").click()
    expect(page.locator("#request-1 .state")).to_have_text("granted, part of the next publication")
    assert faults == []


def test_the_bureau_refuses_with_a_reason_and_narrow_screens_hold_the_page(
    page: Page, stored: Stored
) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    enter(page, stored, "bureau")
    page.get_by_role("link", name="申请").click()
    page.get_by_role("combobox", name="企业").select_option(label="Q厂")
    page.get_by_role("button", name="选择").click()
    page.get_by_role("link", name="增加车次").click()
    page.get_by_label("增加的车次").fill("9")
    page.get_by_label("自", exact=True).fill("2026-01-05T10:00")
    page.get_by_label("至", exact=True).fill("2026-01-05T12:00")
    page.get_by_label("理由").fill("代为申请")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.get_by_role("button", name="提交").click()
    case = page.locator("#request-1")
    expect(case).to_contain_text("不可行")
    expect(case.get_by_role("button", name="批准", exact=True)).to_have_count(0)
    case.get_by_label("理由").fill("道路已满")
    case.get_by_role("button", name="不批准").click()
    expect(case).to_contain_text("不批准（生态环境部门）：道路已满")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_trips_are_given_back_in_either_language_and_found_by_state(
    page: Page, stored: Stored
) -> None:
    """P has one trip planned; without it there is less output, so the bureau decides."""
    enter(page, stored, "P")
    page.get_by_role("link", name="申请").click()
    page.get_by_role("link", name="退还车次").click()
    page.get_by_label("退还的车次").fill("2")
    page.get_by_label("在本厂时段内").select_option(label="01-05 08:00 – 09:00 · 门岗 G")
    page.get_by_label("理由").fill("检修")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#fault-trips")).to_contain_text("只有 1 车次")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#fault-trips")).to_contain_text("trips of ore that can be given back")
    expect(page.get_by_label("Reason")).to_have_value("检修")
    expect(page.get_by_label("In a window")).to_contain_text("01-05 08:00 – 09:00")
    page.get_by_label("Trips given back").fill("1")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_label("退还的车次")).to_have_value("1")
    assert page.locator("article.case").count() == 0, "shown, not filed"
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#request-1")).to_contain_text(
        "退还 01-05 08:00 - 09:00 经 门岗 G 的 1 车次"
    )
    expect(page.locator("#request-1 .state")).to_have_text("已答复，待生态环境部门决定")
    enter(page, stored, "bureau", "en")
    page.get_by_role("link", name="Requests").click()
    page.get_by_label("State").select_option(label="withdrawn")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("There are no such requests.")).to_be_visible()
    page.get_by_label("State").select_option(label="answered, waits for the bureau")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#request-1")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_label("状态")).to_have_value("answered")


def test_the_fairness_account_fits_a_narrow_screen_and_prints(page: Page, stored: Stored) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    enter(page, stored, "bureau")
    page.get_by_role("link", name="公平性账目").click()
    page.goto(f"{page.url}&at=2026-01-05T12:00")
    bars = page.get_by_role("img", name="P厂 100.0 %").locator("rect")
    expect(bars).to_have_count(2)
    assert bars.nth(0).bounding_box() == bars.nth(1).bounding_box()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.emulate_media(media="print")
    expect(bars.first).to_be_visible()
    expect(page.get_by_role("button", name="打印")).to_be_hidden()
