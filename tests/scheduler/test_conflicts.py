"""Tests that conflicts of measures are found before planning, each with the rules that make it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from fixtures.liaoning import Case, load_case
from scheduler import alerts
from scheduler.cli import app
from scheduler.domain.alert import Level
from scheduler.domain.conflict import MeasureConflict
from scheduler.domain.measure import EmissionBar, MeasureSet, OutputRule, TripCap, WindowRule
from scheduler.inputs import load_inputs
from scheduler.intake.measure_sets import read_sets
from scheduler.prepare.conflicts import conflicts_of
from scheduler.prepare.instance import prepare_instance
from scheduler.prepare.levels import LevelPeriod, course_of, periods_of
from scheduler.prepare.measures import Subject
from scheduler.store.database import Database
from scheduler.store.migrate import upgrade
from solver.instance import Instance
from tests.solver.builders import (
    bar,
    far_leg,
    output_cut,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
)

SAID = {
    "clause": "某条",
    "clause_en": "a clause",
    "source": "made for the test",
    "status": "assumed",
}
ANY = {"at": "gate"}
SHAPE = {"min_minutes": 60, "max_minutes": 180, "max_open_minutes_day": 600,
         "max_windows_day": 3, "min_pause_minutes": 0}  # fmt: skip
MUST_RUN = process(rate_min=10, hazard_weight=1)
KNOWN = datetime.fromisoformat("2015-11-05T20:00:00+08:00")


def measures(**tables: object) -> MeasureSet:
    names = ("emission_bars", "trip_caps", "window_limits", "output_cuts", "exemptions",
             "drawdowns", "zone_caps")  # fmt: skip
    return MeasureSet.model_validate({"name": "own"} | dict.fromkeys(names, ()) | tables)


def bars(*ids: str) -> tuple[EmissionBar, ...]:
    return tuple(EmissionBar.model_validate({"measure_id": id} | ANY | SAID) for id in ids)


def window_rule(id: str = "W", **fields: object) -> WindowRule:
    return WindowRule.model_validate({"measure_id": id} | SHAPE | SAID | fields)


def found(rules: MeasureSet, instance: Instance, *subjects: Subject) -> list[MeasureConflict]:
    return list(conflicts_of(rules, subjects, instance))


def told(conflicts: list[MeasureConflict]) -> list[tuple[str, tuple[str, ...], str]]:
    return [(c.kind, tuple(r.measure for r in c.rules), c.where) for c in conflicts]


def hungry(**fields: object) -> Instance:
    """Plant P, which must run at 10 of 30 units and has ore for three intervals of four at that."""
    works = plant(processes=(MUST_RUN,), stocks=(stock("ore", now_kg=30_000), stock("steel")))
    return tiny_instance(plants=(works,), **fields)  # type: ignore[arg-type]


def test_bars_that_leave_a_must_run_process_nothing_are_named_with_the_time_it_ends() -> None:
    """The plant's only class is barred at its gate in all slots: ore ends in interval 3."""
    instance = hungry(bars=(bar(id="stop@0-8", plants=("P",)),))
    (conflict,) = found(measures(emission_bars=bars("stop")), instance)
    assert told([conflict]) == [("must_run_unsupplied", ("stop",), "ore")]
    assert conflict.plants == ("P",)
    assert conflict.from_instant == instance.grid.at(6)
    assert conflict.rules[0].said("zh-CN") == "某条"


def test_a_stock_that_lasts_needs_no_road() -> None:
    works = plant(processes=(MUST_RUN,), stocks=(stock("ore", now_kg=40_000), stock("steel")))
    instance = tiny_instance(plants=(works,), bars=(bar(id="stop@0-8", plants=("P",)),))
    assert found(measures(emission_bars=bars("stop")), instance) == []


def test_a_store_that_fills_up_stops_a_process_as_well() -> None:
    """Steel has room for 25 t: it is full in interval 2."""
    works = plant(
        processes=(MUST_RUN,), stocks=(stock("ore"), stock("steel", now_kg=0, max_kg=25_000))
    )
    instance = tiny_instance(plants=(works,), bars=(bar(id="stop@0-8", plants=("P",)),))
    (conflict,) = found(measures(emission_bars=bars("stop")), instance)
    assert told([conflict]) == [("must_run_unsupplied", ("stop",), "steel")]
    assert conflict.from_instant == instance.grid.at(4)


def test_what_need_not_run_conflicts_with_nothing() -> None:
    works = plant(stocks=(stock("ore", now_kg=0), stock("steel")))
    instance = tiny_instance(plants=(works,), bars=(bar(id="stop@0-8", plants=("P",)),))
    assert found(measures(emission_bars=bars("stop")), instance) == []


def test_only_rules_that_cannot_be_spared_are_named() -> None:
    """One bars the morning at the gate, one the rest on a road; a third bars part of that."""
    instance = hungry(
        bars=(
            bar(id="a@0-4", plants=("P",), end_slot=4),
            bar(id="b@4-8", links=("b",), first_slot=3),
            bar(id="c@0-2", plants=("P",), end_slot=2),
        )
    )
    rules = measures(emission_bars=bars("a", "b", "c"))
    assert told(found(rules, instance)) == [("must_run_unsupplied", ("a", "b"), "ore")]


def test_a_slot_that_is_left_is_enough() -> None:
    """Trips take two slots; 6 is the last slot whose trip is unloaded inside the horizon."""
    for first, n in ((6, 0), (5, 1)):
        instance = hungry(bars=(bar(id="stop@0-8", plants=("P",), end_slot=first + 1),))
        rules = measures(emission_bars=bars("stop"))
        assert len(found(rules, instance)) == 1 - n, first


def test_a_waiting_truck_must_be_let_out_as_well() -> None:
    ore = stream("ore", legs=(far_leg(may_wait=True),))
    works = plant(
        processes=(MUST_RUN,),
        stocks=(stock("ore", now_kg=30_000), stock("steel")),
        streams=(ore, stream("steel")),
    )
    rules = measures(emission_bars=bars("stop"))
    let_in = bar(id="stop@1-8", plants=("P",), first_slot=1)
    assert told(found(rules, tiny_instance(plants=(works,), bars=(let_in,)))) == [
        ("must_run_unsupplied", ("stop",), "ore")
    ]


@pytest.mark.parametrize(
    ("fields", "conflicts"),
    [
        ({"max_windows_day": 0}, True),
        ({"max_open_slots_day": 1}, True),
        ({"max_open_slots_day": 2}, False),
    ],
)
def test_a_window_limit_that_allows_no_window_bars_as_well(
    fields: dict[str, int], conflicts: bool
) -> None:
    instance = hungry(window_limits=(window_limit(id="W@P:0", **fields),))
    rules = measures(window_limits=(window_rule(),))
    assert told(found(rules, instance)) == [("must_run_unsupplied", ("W",), "ore")] * conflicts


@pytest.mark.parametrize(
    ("fields", "conflicts"),
    [
        ({}, True),
        ({"cut_percent": 99}, False),
        ({"exempt_kinds": ("ordinary",)}, False),
        ({"end_slot": 5}, False),
    ],
)
def test_a_cap_of_nothing_bars_as_well(fields: dict[str, object], conflicts: bool) -> None:
    instance = hungry(trip_cuts=(trip_cut(**{"id": "C@P:0", "cut_percent": 100, **fields}),))
    rule = TripCap.model_validate({"measure_id": "C", "cut_percent": 100} | SAID)
    rules = measures(trip_caps=(rule,))
    assert told(found(rules, instance)) == [("must_run_unsupplied", ("C",), "ore")] * conflicts


@pytest.mark.parametrize(("percent", "conflicts"), [(66, False), (67, True)])
def test_an_output_cut_below_the_least_safe_rate_is_named(percent: int, conflicts: bool) -> None:
    """30 units less 66 % are 10, the least rate; less 67 % they are 9."""
    instance = hungry(output_cuts=(output_cut(id="O@smelt:0", cut_percent=percent),))
    rule = OutputRule.model_validate({"measure_id": "O", "cut_percent": percent} | SAID)
    rules = measures(output_cuts=(rule,))
    assert told(found(rules, instance)) == [("must_run_stopped", ("O",), "smelt")] * conflicts


def closed_hours(*closed: tuple[str, int, int]) -> Instance:
    return tiny_instance(
        window_limits=(window_limit(id="W@P:0"),),
        bars=tuple(
            bar(id=f"{rule}@{first}-{end}", plants=("P",), first_slot=first, end_slot=end)
            for rule, first, end in closed
        ),
    )


def test_hours_that_leave_no_window_are_named_together() -> None:
    """A window takes two slots; what a and b leave are single slots, and c closes none of them."""
    rules = measures(emission_bars=bars("a", "b", "c"), window_limits=(window_rule(),))
    tight = closed_hours(("a", 1, 4), ("b", 5, 7), ("c", 2, 3))
    assert told(found(rules, tight)) == [("no_window_left", ("W", "a", "b"), "")]
    loose = closed_hours(("a", 2, 4), ("b", 5, 7))
    assert told(found(rules, loose)) == []


def test_hours_of_the_rule_itself_may_leave_no_window() -> None:
    rules = measures(window_limits=(window_rule(),))
    tight = closed_hours(("W-hours", 1, 7))
    assert told(found(rules, tight)) == [("no_window_left", ("W",), "")]


def test_a_bar_that_closes_the_gate_alone_is_an_order_and_no_conflict() -> None:
    rules = measures(emission_bars=bars("stop"), window_limits=(window_rule(),))
    assert told(found(rules, closed_hours(("stop", 0, 8)))) == []


def subject(instance: Instance, **fields: object) -> Subject:
    period = LevelPeriod(city="town", level=Level.RED, starts_at=instance.grid.at(2))
    held = course_of("town", [period], instance.grid)
    named = {"plant": "P", "city": "town", "sector": "steel", "grade": "B", "trips_day": 50}
    return Subject(**{**named, "course": held, **fields})  # type: ignore[arg-type]


def test_two_window_rules_that_no_window_keeps_are_at_odds() -> None:
    instance = tiny_instance()
    long = window_rule("long", min_minutes=121, max_minutes=300)
    for most, conflicts in ((121, False), (120, True)):
        short = window_rule("short", max_minutes=most, levels="red")
        rows = found(measures(window_limits=(long, short)), instance, subject(instance))
        assert told(rows) == [("windows_unlike", ("long", "short"), "")] * conflicts
        assert [row.from_instant for row in rows] == [instance.grid.at(2)] * conflicts


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case()


def of_case(case: Case, *sets: str) -> list[MeasureConflict]:
    stacked = read_sets(sets, case.inputs.network)
    inputs = case.inputs._replace(measures=stacked)
    periods = periods_of(case.statement)
    return list(prepare_instance(inputs, periods, case.grid, case.settings).conflicts)


def test_the_demonstrations_own_measures_do_not_conflict(case: Case) -> None:
    assert case.prepare().conflicts == ()


def test_sets_of_which_one_frees_whom_the_other_orders_are_at_odds(case: Case) -> None:
    """Grade A is free by document 340; Tangshan halves the vehicles of all cement works."""
    (bar_, cap) = of_case(case, "cement-340", "key-units-orange", "tangshan-2021-orange")
    assert (cap.kind, cap.plants) == ("exempt_and_ordered", ("dalian-onoda",))
    assert [(r.measure, r.set_id) for r in cap.rules] == [
        ("c340-a", "cement-340"), ("ts21-orange", "tangshan-2021-orange"),
    ]  # fmt: skip
    assert [r.measure for r in bar_.rules] == ["c340-a", "ku-china4"]
    assert of_case(case, "cement-340") == []


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, case: Case) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('conflicts') / 'a.db'}")
    upgrade(database)
    with database.writing() as session:
        load_inputs(session, case, KNOWN)
        alerts.declare(session, "a-1", case.statement, KNOWN)
    yield database
    database.close()


def cuofeng(database: Database, *arguments: str) -> Result:
    address = database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(app, arguments, env={"CUOFENG_DATABASE_URL": address})


def test_the_command_names_them_in_both_languages_and_fails(database: Database) -> None:
    asked = ("measures", "conflicts", "a-1", "--hours", "24")
    good = cuofeng(database, *asked)
    assert (good.exit_code, good.stdout) == (0, "the measures do not conflict\n")
    assert (
        cuofeng(database, "measures", "load", "cement-340", "tangshan-2021-orange").exit_code == 0
    )
    bad = cuofeng(database, *asked)
    assert bad.exit_code == 1
    assert "the measures conflict in 1 places" in bad.stdout
    assert "[c340-a; cement-340] Enterprises of grade A cut emissions of their own" in bad.stdout
    assert (
        "一套措施豁免的厂区，另一套仍有要求" in cuofeng(database, *asked, "--lang", "zh-CN").stdout
    )
    (row,) = json.loads(cuofeng(database, *asked, "--json").stdout)
    assert (row["kind"], row["plants"]) == ("exempt_and_ordered", ["dalian-onoda"])
    assert datetime.fromisoformat(row["from_instant"]) - KNOWN == timedelta(hours=20)


def test_an_unknown_alert_is_told(database: Database) -> None:
    assert cuofeng(database, "measures", "conflicts", "nothing").exit_code == 2
