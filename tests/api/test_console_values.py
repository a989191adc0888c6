"""Tests what the page says of the small case, worked out by hand in its opening."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.console.board import board_of
from api.console.gantt import Gantt
from api.console.language import chosen
from api.console.roads import Projection, Roads, load_class
from api.console.schedule import GateWindow, Passage, Schedule
from api.console.sheet import Sheets
from solver.check import find_violations
from tests.api.console_cases import situation, small_instance, small_plan, small_published
from tests.solver.builders import bar


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(small_published())


def test_the_small_case_keeps_every_law() -> None:
    instance = small_instance()
    assert find_violations(instance, small_plan(instance)) == ()


def test_a_window_counts_the_trips_that_first_pass_in_it(schedule: Schedule) -> None:
    """Two trips out in slot 2 and back in 3, one out in 5 and back in 6."""
    works = schedule.plants[0]
    assert works.plant == "P"
    assert works.gates[0].windows == (GateWindow("G", 2, 8, False, trips=3, entries=3, exits=3),)
    assert works.gates[0].free == ()
    assert schedule.passages["G"] == (
        Passage("G", 2, "out", "ore.heavy", 2, True, 2),
        Passage("G", 3, "in", "ore.heavy", 2, False, 2),
        Passage("G", 5, "out", "ore.heavy", 1, True, 5),
        Passage("G", 6, "in", "ore.heavy", 1, False, 5),
    )


@pytest.mark.parametrize(("end_slot", "shown_end", "goes_on"), [(8, 8, False), (7, 7, True)])
def test_a_window_is_shown_as_far_as_it_is_published(
    end_slot: int, shown_end: int, goes_on: bool
) -> None:
    schedule = Schedule(replace(small_published(), end_slot=end_slot))
    window = schedule.plants[0].gates[0].windows[0]
    assert (window.end_slot, window.goes_on) == (shown_end, goes_on)


def test_a_window_beyond_the_published_slots_is_not_shown() -> None:
    schedule = Schedule(replace(small_published(), end_slot=2))
    assert schedule.plants[0].gates[0].windows == ()
    assert schedule.plants[0].trips == 0


def test_a_gate_without_a_limit_is_free_all_the_time(schedule: Schedule) -> None:
    assert schedule.plants[1].gates[0].free == (range(0, 10),)
    assert (schedule.plants[1].trips, schedule.plants[1].shortfalls) == (2, ())


def test_normal_trips_follow_the_hourly_profile(schedule: Schedule) -> None:
    """Two streams of 24 trips a day: hours 22 and 23 have 42 permille, hours 0 to 2 have 41."""
    assert schedule.plants[0].normal_trips == 2 * 24 * (2 * 42 + 3 * 41) // 1000


def test_a_third_lost_is_told_with_its_cause(schedule: Schedule) -> None:
    """10 of 30 units in 6 intervals: 60 units of 66,667 millionths of a trip, rounded up."""
    (lost,) = schedule.plants[0].shortfalls
    assert (lost.process, lost.kind, lost.lost_permille) == ("smelt", "output", 334)
    assert lost.lost_mtrip == 4001
    assert (lost.first_interval, lost.end_interval) == (0, 6)
    assert [cause.law for cause in lost.causes] == ["trip_cap"]


def test_plants_with_a_shortfall_come_first(schedule: Schedule) -> None:
    board = board_of(schedule, Roads(schedule), situation(schedule.published))
    assert board.lines[0].plant.zh == "鞍山钢厂"
    assert (board.summary.n_short, board.summary.n_plants, board.summary.n_windows) == (1, 2, 1)
    assert (board.summary.trips, board.summary.n_unsafe) == (5, 0)


def test_load_is_what_enters_in_the_slot_and_the_background(schedule: Schedule) -> None:
    """Link a carries 20 PCU a slot and 5 of others; two trailers of 4 PCU enter in slot 0."""
    worst = Roads(schedule).worst(0, 1)[0]
    assert (worst.link, worst.scheduled_mpcu, worst.background_mpcu) == ("a", 8000, 5000)
    assert (worst.capacity_mpcu, worst.permille) == (20_000, 650)
    assert Roads(schedule).worst(1, 5) == ()


def test_each_link_is_named_once_among_the_worst_of_all_slots(schedule: Schedule) -> None:
    worst = Roads(schedule).worst(None, 9)
    assert [load.link for load in worst] == ["a", "b", "c", "d"]
    assert worst[0].slot == 0


def test_marks_hold_class_and_use_for_every_slot(schedule: Schedule) -> None:
    """Shares of link a: 650, 250, 500, 250, 250, 375, ... permille, used in slots 0, 2 and 5."""
    marks = {link.link: link.marks for link in Roads(schedule).links}
    assert marks["a"] == "6060050000"
    assert marks["b"] == "5050050000"


@pytest.mark.parametrize(
    ("permille", "expected"),
    [(0, 0), (499, 0), (500, 1), (749, 1), (750, 2), (899, 2), (900, 3), (1000, 3), (1001, 4)],
)
def test_load_classes(permille: int, expected: int) -> None:
    assert load_class(permille) == expected


def test_the_map_keeps_north_up_and_one_scale() -> None:
    flat = Projection([(0, 0), (20, 10)], geographic=False)
    assert flat.at(0, 10) == (30, 30)
    assert flat.at(20, 0) == (970, 500)
    assert flat.width == 1000


def test_bars_and_hours_lie_on_the_axis(schedule: Schedule) -> None:
    gantt = Gantt(schedule, schedule.instance.grid.at(5))
    bar = gantt.lines(schedule.plants)[0].bars[0]
    assert (bar.x, bar.width) == (163.2, 489.6)
    assert gantt.axis.now_x == 408.0
    days = [tick for tick in gantt.axis.ticks if tick.day]
    assert [tick.x for tick in days] == [326.4]


def test_no_line_for_an_instant_outside_the_published_time(schedule: Schedule) -> None:
    assert Gantt(schedule, schedule.instance.grid.at(10)).axis.now_x is None
    assert Gantt(schedule, schedule.instance.grid.at(0) - timedelta(seconds=1)).axis.now_x is None


def test_a_sheet_holds_its_own_enterprise_alone(schedule: Schedule) -> None:
    sheets = Sheets(schedule)
    assert [sheet.schedule.plant for sheet in sheets.of("P-works")] == ["P"]
    assert [sheet.schedule.plant for sheet in sheets.of("Q-works")] == ["Q"]
    assert sheets.of("R-works") == ()


def test_a_sheet_tells_trips_by_slot_and_leg_and_the_measures(schedule: Schedule) -> None:
    (sheet,) = Sheets(schedule).of("P-works")
    lines = sheet.gates[0].windows[0].lines
    told = [
        (x.first.strftime("%H:%M"), [e.trips for e in x.entries], [e.trips for e in x.exits])
        for x in lines
    ]
    assert told == [("23:00", [], [2]), ("23:30", [2], []), ("00:30", [], [1]), ("01:00", [1], [])]
    assert [(leg.good.zh, leg.trips) for leg in sheet.legs] == [("铁矿石", 3)]
    assert [(m.kind, m.clause.zh) for m in sheet.measures] == [
        ("window_limit", "art. 1"),
        ("trip_cut", "art. 2"),
    ]


@pytest.mark.parametrize(
    ("barred", "told"),
    [((), []), (("heavy", "van"), [("heavy",)]), (("trailer", "van"), [])],
)
def test_a_bar_of_classes_that_the_plant_does_not_drive_is_not_told(
    barred: tuple[str, ...], told: list[tuple[str, ...]]
) -> None:
    """Plant P drives heavy trucks alone; a bar of all of them is told as one of every class."""
    published = small_published()
    bars = (bar(plants=("P",), classes=barred),) if barred else ()
    instance = published.instance.model_copy(update={"bars": bars})
    (sheet,) = Sheets(Schedule(replace(published, instance=instance))).of("P-works")
    views = [view for view in sheet.measures if view.kind == "bar"]
    assert [view.is_of_all for view in views] == [True for _ in told]


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        (None, "", "zh-CN"),
        (None, "fr", "zh-CN"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "en;q=0.3,zh-TW;q=0.8", "zh-CN"),
        (None, "en;q=broken", "zh-CN"),
        ("en", "zh", "en"),
        ("zh", "en", "zh-CN"),
        ("xx", "en", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_preferred(
    asked: str | None, accepted: str, expected: str
) -> None:
    assert chosen(asked, accepted) == expected
