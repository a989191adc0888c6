"""Tests that rules become the solver's measures: for whom, in which slots, in which polarity."""

from dataclasses import replace
from datetime import datetime

import pytest
from pydantic import ValidationError

from scheduler.domain.alert import Level
from scheduler.domain.enterprise import VehicleClass
from scheduler.domain.filing import Filing
from scheduler.domain.measure import (
    EmissionBar,
    Exemption,
    MeasureSet,
    OutputRule,
    TripCap,
    WindowRule,
    ZoneCap,
)
from scheduler.domain.network import Link, Network, Node, Zone
from scheduler.prepare.bars import bars_of
from scheduler.prepare.filings import unfiled_kinds
from scheduler.prepare.levels import Course, LevelPeriod, course_of
from scheduler.prepare.measures import (
    Setting,
    Subject,
    exemption_of,
    is_forbidden,
    output_cuts_of,
    trip_cuts_of,
    window_limits_of,
    zone_caps_of,
)
from solver.instance import TimeGrid

GRID = TimeGrid(start="2030-01-01T16:00:00+08:00", slot_minutes=30, n_slots=16, interval_slots=8)
SAID = {"clause": "c", "source": "made for the test", "status": "assumed"}


def course(*periods: tuple[str, str, str | None]) -> Course:
    return course_of(
        "town",
        [
            LevelPeriod(
                city="town",
                level=Level(level),
                starts_at=datetime.fromisoformat(f"2030-01-01T{start}+08:00"),
                ends_at=datetime.fromisoformat(f"2030-01-01T{end}+08:00") if end else None,
            )
            for level, start, end in periods
        ],
        GRID,
    )


ALERT = course(("orange", "16:20", "20:00"), ("red", "20:00", None))


def subject(grade: str = "B", trips: int = 50, held: Course = ALERT) -> Subject:
    return Subject("p", "town", "steel", grade, trips, held)  # type: ignore[arg-type]


def measures(**tables: object) -> MeasureSet:
    names = ("emission_bars", "trip_caps", "window_limits", "output_cuts", "exemptions",
             "drawdowns", "zone_caps")  # fmt: skip
    return MeasureSet.model_validate({"name": "m"} | dict.fromkeys(names, ()) | tables)


def vehicle(fuel: str, stage: str) -> VehicleClass:
    return VehicleClass.model_validate(
        {"class_id": f"{fuel}-{stage}", "fuel": fuel, "emission_stage": stage, "size": "train6",
         "name_zh": "x", "name_en": "x", "pcu_mpcu": 4000, "source": "t", "status": "assumed"}
    )  # fmt: skip


CLASSES = [
    vehicle("diesel", "china4"), vehicle("diesel", "china5"), vehicle("diesel", "china6"),
    vehicle("gas", "china4"), vehicle("gas", "china5"), vehicle("electric", "electric"),
]  # fmt: skip
NETWORK = Network(
    name="n",
    nodes=(Node(node_id="a", x=0, y=0), Node(node_id="b", x=1, y=1)),
    links=tuple(
        Link(link_id=name, from_node_id="a", to_node_id="b", length_m=9, free_speed_kmh=9,
             lanes=1, capacity_mpcu_h=9, facility_type=kind, zone_id=zone)
        for name, kind, zone in (
            ("l1", "expressway", "town"), ("l2", "street", "ring2"), ("l3", "street", "ring3"),
            ("l4", "expressway", "town"),
        )
    ),
    zones=(
        Zone(zone_id="ring2", super_zone="ring3"), Zone(zone_id="ring3", super_zone="town"),
        Zone(zone_id="town"),
    ),
)  # fmt: skip
SETTING = Setting(NETWORK, {"town": ALERT}, GRID, frozenset({"l1", "l2", "l3"}))


def bar(**fields: object) -> EmissionBar:
    return EmissionBar.model_validate({"measure_id": "m", "at": "gate"} | SAID | fields)


def test_a_stage_bar_takes_older_stages_and_gas_and_leaves_electric_trucks() -> None:
    rules = measures(emission_bars=(bar(fuels="diesel;gas", through_stage="china4"),))
    (made,) = bars_of(rules, [subject()], CLASSES, SETTING)
    assert made.classes == ("diesel-china4", "gas-china4")
    assert (made.plants, made.first_slot, made.end_slot) == (("p",), 0, 16)


def test_a_bar_of_everything_takes_electric_trucks_too_and_spares_exempt_kinds() -> None:
    rules = measures(emission_bars=(bar(exempt_kinds="hazardous;emergency", levels="red"),))
    (made,) = bars_of(rules, [subject()], CLASSES, SETTING)
    assert len(made.classes) == 6
    assert made.kinds == ("ordinary", "safe_production", "livelihood")
    assert (made.first_slot, made.end_slot) == (8, 16)


def test_a_rule_passes_by_other_sectors_grades_and_levels() -> None:
    for other in ({"sectors": "cement"}, {"grades": "C;D"}, {"levels": "yellow"}):
        assert bars_of(measures(emission_bars=(bar(**other),)), [subject()], CLASSES, SETTING) == ()


def test_a_zone_bar_holds_in_all_that_lies_in_the_zone_and_is_used() -> None:
    """The expressway in the town is not inside its third ring."""
    rules = measures(emission_bars=(bar(at="zone", zones="ring3"),))
    (made,) = bars_of(rules, [subject()], CLASSES, SETTING)
    assert made.zones == ("ring2", "ring3")
    assert made.plants == ()


def test_a_road_bar_names_the_used_links_of_its_type_and_its_hours() -> None:
    """Hazardous goods: midnight to six is slot 16 and later, 23 to six begins in slot 14."""
    late = bar(at="road", road_types="expressway", kinds="hazardous", hours="00:00-06:00",
               polarity="forbid")  # fmt: skip
    assert bars_of(measures(emission_bars=(late,)), [subject()], CLASSES, SETTING) == ()
    later = late.model_copy(update={"hours": bar(hours="23:00-06:00", polarity="forbid").hours})
    (made,) = bars_of(measures(emission_bars=(later,)), [subject()], CLASSES, SETTING)
    assert (made.links, made.kinds) == (("l1",), ("hazardous",))
    assert (made.first_slot, made.end_slot) == (14, 16)


@pytest.mark.parametrize(
    ("hours", "polarity", "slots"),
    [
        ("17:00-18:00", "forbid", [2, 3]),
        ("17:10-18:00", "forbid", [2, 3]),  # the outer slots are barred
        ("17:10-18:00", "permit", [n for n in range(16) if n != 3]),  # the inner are permitted
        ("23:30-16:30", "forbid", [0, 15]),  # over midnight
        ("23:30-16:30", "permit", [*range(1, 15)]),
    ],
)
def test_hours_in_either_polarity(hours: str, polarity: str, slots: list[int]) -> None:
    runs = bar(hours=hours, polarity="forbid").hours
    assert [n for n in range(16) if is_forbidden(runs, polarity, GRID, n)] == slots


def window(name: str, most: int, **fields: object) -> WindowRule:
    return WindowRule.model_validate(
        {"measure_id": name, "min_minutes": 90, "max_minutes": 240, "max_open_minutes_day": most,
         "max_windows_day": 2, "min_pause_minutes": 45} | SAID | fields
    )  # fmt: skip


def test_windows_follow_the_level_and_the_first_slot_is_partial() -> None:
    """Minutes that do not fill a slot round against the plant: least length and pause up."""
    rules = measures(
        window_limits=(window("w-orange", 600, levels="orange"), window("w-red", 480, levels="red"))
    )
    orange, red = window_limits_of(rules, subject(), GRID)
    assert (orange.first_slot, orange.end_slot, orange.partial_slots) == (0, 8, (0,))
    assert (red.first_slot, red.end_slot, red.partial_slots) == (8, 16, ())
    assert (orange.min_slots, orange.max_slots, orange.min_pause_slots) == (3, 8, 2)
    assert (orange.max_open_slots_day, red.max_open_slots_day) == (20, 16)


def test_of_two_window_limits_the_one_with_less_open_time_holds() -> None:
    rules = measures(window_limits=(window("w-a", 480), window("w-b", 600)))
    (limit,) = window_limits_of(rules, subject(), GRID)
    assert limit.id.startswith("w-a@")


def test_forbidden_hours_of_windows_bar_every_truck_at_the_gate() -> None:
    rules = measures(window_limits=(window("w", 480, levels="orange", hours="17:00-19:00",
                                     polarity="forbid"),))  # fmt: skip
    (made,) = bars_of(rules, [subject()], CLASSES, SETTING)
    assert len(made.classes) == 6
    assert (made.plants, made.first_slot, made.end_slot) == (("p",), 2, 6)


def cap(name: str, percent: int, **fields: object) -> TripCap:
    return TripCap.model_validate({"measure_id": name, "cut_percent": percent} | SAID | fields)


def test_trip_cuts_do_not_overlap_and_the_largest_holds() -> None:
    rules = measures(trip_caps=(cap("t-all", 20), cap("t-red", 50, levels="red")))
    cuts = [(c.cut_percent, c.first_slot, c.end_slot) for c in trip_cuts_of(rules, subject(), GRID)]
    assert cuts == [(20, 0, 8), (50, 8, 16)]


def test_an_output_cut_takes_every_interval_that_its_level_touches() -> None:
    rule = OutputRule.model_validate(
        {"measure_id": "o", "levels": "red", "cut_percent": 100} | SAID
    )
    held = course(("red", "19:59", None))
    (cut,) = output_cuts_of(measures(output_cuts=(rule,)), subject(held=held), ["p.x"], GRID)
    assert (cut.first_interval, cut.end_interval) == (0, 2)
    (cut,) = output_cuts_of(measures(output_cuts=(rule,)), subject(), ["p.x"], GRID)
    assert (cut.first_interval, cut.end_interval) == (1, 2)


def exemption(**fields: object) -> Exemption:
    return Exemption.model_validate({"measure_id": "e"} | SAID | fields)


def test_who_is_exempt_and_by_which_clause() -> None:
    rules = measures(
        exemptions=(exemption(grades="A"), exemption(measure_id="f", below_trips_day=10))
    )
    assert exemption_of(rules, subject("A")) == "c"
    assert exemption_of(rules, subject("B", trips=10)) is None
    assert exemption_of(rules, subject("B", trips=9)) == "c"
    assert exemption_of(rules, subject("A", held=course())) is None


def test_an_exemption_of_one_level_does_not_free_from_another() -> None:
    rules = measures(exemptions=(exemption(grades="A", levels="orange"),))
    assert exemption_of(rules, subject("A")) is None
    assert exemption_of(rules, subject("A", held=course(("orange", "16:00", None)))) == "c"


def test_a_zone_has_the_cap_of_each_slots_level() -> None:
    """Orange touches the slots 0 to 7, red those from 8 on."""
    caps = tuple(
        ZoneCap.model_validate(
            {"measure_id": level, "levels": level, "zones": "town", "cap_pcu_h": n} | SAID
        )
        for level, n in (("orange", 800), ("red", 400))
    )
    both = (400_000,) * 8 + (200_000,) * 8
    assert zone_caps_of(measures(zone_caps=caps), SETTING) == {"town": both}
    assert zone_caps_of(measures(zone_caps=caps[:1]), SETTING) == {"town": both[:8] + (None,) * 8}
    assert zone_caps_of(measures(), SETTING) == {}


def test_of_two_caps_of_a_zone_the_least_holds() -> None:
    caps = tuple(
        ZoneCap.model_validate({"measure_id": name, "zones": "town", "cap_pcu_h": n} | SAID | more)
        for name, n, more in (
            ("a", 800, {}),
            ("b", 400, {"levels": "red", "from_episode_hour": 5}),
        )
    )
    (held,) = zone_caps_of(measures(zone_caps=caps), SETTING).values()
    assert held == (400_000,) * 10 + (200_000,) * 6


@pytest.mark.parametrize(
    "fields",
    [
        {"at": "zone"},
        {"zones": "ring3"},
        {"at": "zone", "zones": "ring3", "grades": "B"},
        {"polarity": "permit"},
        {"hours": "25:00-26:00", "polarity": "forbid"},
        {"hours": "22:00-06:00"},
        {"from_date": "2030-01-02", "to_date": "2030-01-01"},
        {"from_episode_hour": 120, "to_episode_hour": 120},
    ],
)
def test_a_bar_that_says_no_place_or_no_time_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        bar(**fields)


def test_a_rule_of_another_city_passes_by() -> None:
    assert subject().slots(cap("t", 20, cities="town;village")) == [*range(16)]
    assert subject().slots(cap("t", 20, cities="village")) == []
    for at in ({"at": "zone", "zones": "ring3"}, {"at": "road", "road_types": "expressway"}):
        rules = measures(emission_bars=(bar(cities="village", **at),))
        assert bars_of(rules, [subject()], CLASSES, SETTING) == ()


@pytest.mark.parametrize(
    ("dates", "n_slots"),
    [
        ({"from_date": "2030-01-01", "to_date": "2030-01-01"}, 16),
        ({"from_date": "2030-01-02"}, 0),
        ({"to_date": "2029-12-31"}, 0),
    ],
)
def test_a_rule_holds_on_its_first_and_its_last_day(dates: dict[str, str], n_slots: int) -> None:
    assert len(subject().slots(cap("t", 20, **dates))) == n_slots


def test_a_day_is_the_local_one() -> None:
    """Midnight in Shanghai is 16:00 of the day before in UTC."""
    grid = TimeGrid(start="2030-01-01T23:00:00+08:00", slot_minutes=30, n_slots=4, interval_slots=4)
    held = course_of("town", [], grid)
    assert subject(held=held).slots(cap("t", 20, from_date="2030-01-02")) == [2, 3]


def test_rules_that_change_in_the_episode_meet_in_the_slot_of_the_change() -> None:
    """The alert began at 16:20, so its third hour ends at 19:20, inside slot 6."""
    before, after = cap("t", 20, to_episode_hour=3), cap("u", 50, from_episode_hour=3)
    assert subject().slots(before) == [*range(7)]
    assert subject().slots(after) == [*range(6, 16)]
    cuts = trip_cuts_of(measures(trip_caps=(before, after)), subject(), GRID)
    assert [(c.cut_percent, c.first_slot, c.end_slot) for c in cuts] == [(20, 0, 6), (50, 6, 16)]


def test_a_rule_of_an_episode_needs_one() -> None:
    assert subject(held=course()).slots(cap("t", 20, to_episode_hour=3)) == []


@pytest.mark.parametrize(("polarity", "slots"), [("forbid", [(12, 16)]), ("permit", [(0, 12)])])
def test_a_cap_of_some_hours_counts_in_them_or_outside_them(
    polarity: str, slots: list[tuple[int, int]]
) -> None:
    rules = measures(trip_caps=(cap("t", 50, hours="22:00-08:00", polarity=polarity),))
    assert [(c.first_slot, c.end_slot) for c in trip_cuts_of(rules, subject(), GRID)] == slots


def test_a_bar_of_stages_older_than_any_truck_bars_none() -> None:
    assert not bar(through_stage="china2").bars("diesel", "china3", "train6")
    assert bar(through_stage="china3").bars("diesel", "china3", "train6")


def filing(start: str, end: str, kind: str = "emergency", filed: str = "12:00") -> Filing:
    times = {"filed_at": filed, "starts_at": start, "ends_at": end}
    return Filing.model_validate(
        {"filing_id": f"{start}-{end}", "plant_id": "p", "kind": kind, "document": "d",
         "source": "t", "status": "assumed"}
        | {name: f"2030-01-01T{time}:00+08:00" for name, time in times.items()}
    )  # fmt: skip


def filed(*filings: Filing, plant: str = "p") -> Subject:
    kinds = frozenset({"ordinary", "emergency"})
    return replace(subject(), plant=plant, kinds=kinds, filings=filings)  # type: ignore[arg-type]


FREE = ("ordinary", "safe_production", "livelihood", "hazardous")
ALL = (*FREE, "emergency")


@pytest.mark.parametrize(
    ("given", "slots"),
    [
        (filing("18:00", "20:00"), (4, 8)),
        (filing("18:00", "19:59"), (4, 7)),  # the slot of 19:30 is not all covered
        (filing("18:01", "20:00"), (5, 8)),
        (filing("17:00", "20:00", filed="18:00"), (4, 8)),  # none before it was filed
    ],
)
def test_emergency_trips_are_free_at_the_gate_while_a_filing_covers_the_slot(
    given: Filing, slots: tuple[int, int]
) -> None:
    rules = measures(emission_bars=(bar(exempt_if_filed="emergency"),))
    made = bars_of(rules, [filed(given)], CLASSES, SETTING)
    first, end = slots
    assert sorted((b.first_slot, b.end_slot, b.kinds) for b in made) == [
        (0, first, ALL),
        (first, end, FREE),
        (end, 16, ALL),
    ]
    assert len({b.id for b in made}) == 3


def test_a_filing_of_another_kind_or_plant_frees_nothing() -> None:
    rules = measures(emission_bars=(bar(exempt_if_filed="emergency"),))
    hazardous = filing("16:00", "23:59", kind="hazardous")
    (made,) = bars_of(rules, [filed(hazardous)], CLASSES, SETTING)
    assert made.kinds == ALL
    both = [filed(filing("16:00", "23:59")), filed(plant="q")]
    made_of_both = bars_of(rules, both, CLASSES, SETTING)
    by_plant = {b.plants: b.kinds for b in made_of_both if b.first_slot == 0}
    assert by_plant == {("p",): FREE, ("q",): ALL}


def test_trips_of_a_filing_do_not_count_in_a_cap_while_it_lasts() -> None:
    half = cap("c", 50, exempt_kinds="livelihood", exempt_if_filed="emergency")
    made = trip_cuts_of(measures(trip_caps=(half,)), filed(filing("18:00", "20:00")), GRID)
    assert sorted((c.first_slot, c.end_slot, c.exempt_kinds) for c in made) == [
        (0, 4, ("livelihood",)),
        (4, 8, ("livelihood", "emergency")),
        (8, 16, ("livelihood",)),
    ]


@pytest.mark.parametrize(("at", "place"), [("zone", "ring2"), ("road", "expressway")])
def test_in_zones_and_on_roads_every_plant_with_such_trips_must_have_filed(
    at: str, place: str
) -> None:
    where = {"zones": place} if at == "zone" else {"road_types": place}
    rules = measures(emission_bars=(bar(at=at, exempt_if_filed="emergency", **where),))
    own, other = filed(filing("18:00", "20:00")), filed(plant="q")
    none = replace(other, kinds=frozenset({"ordinary"}))  # type: ignore[arg-type]
    for planned, free in (((own, none), True), ((own, other), False)):
        made = bars_of(rules, planned, CLASSES, replace(SETTING, planned=planned))
        assert {b.kinds for b in made if b.first_slot == 4} == ({FREE} if free else set())
        assert {b.kinds for b in made if b.first_slot == 0} == {ALL}


def test_hours_without_windows_bar_emergency_trips_unless_the_rule_or_a_filing_frees_them() -> None:
    def closed(**fields: str) -> list[tuple[str, ...]]:
        rule = window("w", 480, hours="16:00-18:00", polarity="forbid", **fields)
        made = bars_of(
            measures(window_limits=(rule,)), [filed(filing("16:00", "18:00"))], CLASSES, SETTING
        )
        return [b.kinds for b in made]

    assert closed() == [ALL]
    assert closed(exempt_kinds="emergency") == [FREE]
    assert closed(exempt_if_filed="emergency") == [FREE]


def test_trips_of_which_nothing_is_filed_are_ordinary_unless_a_rule_frees_them_anyway() -> None:
    asks = bar(exempt_if_filed="emergency")
    frees = bar(measure_id="n", exempt_kinds="emergency")
    assert unfiled_kinds(measures(emission_bars=(asks,)), filed(), GRID) == {"emergency"}
    assert unfiled_kinds(measures(emission_bars=(asks, frees)), filed(), GRID) == set()
    short = filed(filing("23:00", "23:30"))
    assert unfiled_kinds(measures(emission_bars=(asks,)), short, GRID) == set()
    past = filed(filing("15:00", "16:29"))
    assert unfiled_kinds(measures(emission_bars=(asks,)), past, GRID) == {"emergency"}


def test_a_filing_that_ends_before_it_begins_or_was_filed_is_refused() -> None:
    for start, end, at in (("18:00", "18:00", "12:00"), ("12:00", "13:00", "13:00")):
        with pytest.raises(ValidationError, match="ends before it begins or was filed"):
            filing(start, end, filed=at)
