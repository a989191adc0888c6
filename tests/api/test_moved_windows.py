"""Tests that the Gantt marks what a re-plan moved: the old place dashed, the new one lined."""

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from api.console.facts import Published
from api.console.gantt import Gantt, Line
from api.console.schedule import Schedule
from scheduler.domain.gate_window import GateWindow
from scheduler.texts import said
from tests.api.console_cases import Facts, revised_published, situation, small_published
from tests.api.test_console_pages import parsed, service


def moving(*slots: tuple[int, int], now: tuple[int, int] | None = (2, 8)) -> Published:
    """P's only window is now open in slots 2 to 8; so many windows were in other slots before."""
    published = revised_published()
    at, revised = published.instance.grid.at, published.revised
    assert revised is not None
    (moved,) = revised.changes[0].windows

    def span(first: int, end: int) -> GateWindow:
        return GateWindow(gate="G", opens_at=at(first), closes_at=at(end))

    windows = tuple(
        moved.model_copy(update={"was": span(*was), "now": now and span(*now)}) for was in slots
    )
    change = revised.changes[0].model_copy(update={"windows": windows})
    told = revised.model_copy(update={"changes": (change, *revised.changes[1:])})
    return replace(published, revised=told)


def line_of(published: Published) -> Line:
    schedule = Schedule(published)
    return Gantt(schedule, None).lines(schedule.plants)[0]


@pytest.mark.parametrize(
    ("was", "expected"),
    [
        ((1, 7), [(81.6, 489.6)]),
        ((7, 12), [(571.2, 244.8)]),
        ((10, 12), []),
    ],
)
def test_a_ghost_lies_where_the_window_was_within_the_published_hours(
    was: tuple[int, int], expected: list[tuple[float, float]]
) -> None:
    """Ten slots are published, 81.6 wide each."""
    assert [(ghost.x, ghost.width) for ghost in line_of(moving(was)).ghosts] == expected


def test_a_window_is_marked_with_all_whose_place_it_took() -> None:
    published = moving((0, 2), (9, 10))
    (bar,) = line_of(published).bars
    at = published.instance.grid.at
    assert [row.was.opens_at for row in bar.moved] == [at(0), at(9)]


@pytest.mark.parametrize(
    ("now", "marked"), [((2, 8), True), ((7, 9), True), ((8, 9), False), ((0, 2), False)]
)
def test_only_a_window_in_the_new_place_is_marked(now: tuple[int, int], marked: bool) -> None:
    (bar,) = line_of(moving((9, 10), now=now)).bars
    assert bool(bar.moved) is marked


def test_a_window_given_up_leaves_a_ghost_alone() -> None:
    line = line_of(moving((1, 7), now=None))
    assert ([bar.moved for bar in line.bars], len(line.ghosts)) == ([()], 1)


def drawn(published: Published, lang: str) -> Element:
    return parsed(
        service(Facts(situation(published), published)).get("/", params={"lang": lang}).text
    )


def items(root: Element) -> dict[str, str]:
    """What is told of the marks and windows of the picture, by class."""
    found = {}
    for item in (e for e in root.iter("g") if e.get("role") == "listitem"):
        told = item.findtext("title") or ""
        found |= {rect.get("class", ""): told for rect in item.findall("rect")}
    return found


def test_the_picture_marks_both_places_and_tells_of_each_in_its_title() -> None:
    told = items(drawn(revised_published(), "zh-CN"))
    assert told["ghost"] == (
        "原为 01-05 22:30 – 01-06 01:30 · 改为 01-05 23:00 – 01-06 02:00 · 该厂所受约束不容许保留"
    )
    assert told["moved"] == told["window"]
    assert told["window"].endswith("原为 01-05 22:30 – 01-06 01:30")
    told = items(drawn(moving((1, 7), now=None), "en"))
    assert told["ghost"] == (
        "was 01-05 22:30 – 01-06 01:30 · given up · the plant's own laws do not let it stay"
    )
    assert "moved" not in told and "was" not in told["window"]


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_legend_explains_the_marks_where_there_can_be_any(lang: str) -> None:
    def legend(published: Published) -> str:
        root = drawn(published, lang)
        (found,) = (e for e in root.iter("p") if "legend" in (e.get("class") or "").split()[1:2])
        return "".join(found.itertext())

    for text in ("gantt.legend.moved", "gantt.legend.was"):
        assert said(text, "en" if lang == "en" else "zh-CN") in legend(revised_published())
        assert said(text, "en" if lang == "en" else "zh-CN") not in legend(small_published())
