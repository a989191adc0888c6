"""Tests that a plan goes on from what was recorded, else from the plan in force, and says which."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import inheriting, publication, recordings
from scheduler.domain.inherited import Inherited
from scheduler.domain.recorded import Delivery, Facts, Ledger, Passage, StockReading
from scheduler.errors import BadInputError, IntakeError, NotFoundError
from scheduler.inheriting import rest_grid
from scheduler.intake.recordings import read_passages, read_readings
from scheduler.prepare.facts import as_recorded, levels_by_readings
from scheduler.prepare.unchanged import unchanged_plants
from scheduler.store.database import Database
from solver.granted import with_run
from solver.instance import GateState, Instance, TimeGrid
from tests.scheduler.case import KNOWN, at, worked_plan
from tests.solver.builders import (
    bar,
    departures,
    link,
    plan_of,
    plant,
    process,
    tiny_instance,
    trip_cut,
    windows,
)
from tests.solver.test_wish import EMERGENCY

HOUR = timedelta(hours=1)


def ledger(start: str, end: str, *rows: tuple[str, str, str, int], source: str = "gate") -> Any:
    """Rows (leg, direction, time, trips) of plant P's gate G."""
    passages = tuple(
        Passage(gate="G", leg=leg, direction=way, passed_at=at(time), trips=n)
        for leg, way, time, n in rows
    )
    return Ledger(plant="P", from_instant=at(start), to_instant=at(end), passages=passages)


def known(*ledgers: Any, readings: tuple[Any, ...] = ()) -> Facts:
    return Facts.model_validate(
        {
            "ledgers": [one.model_dump() | {"source": "gate"} for one in ledgers],
            "readings": [one.model_dump() | {"source": "yard"} for one in readings],
        },
        strict=False,
    )


def test_recorded_trips_stand_for_planned_ones_where_a_ledger_covers_them() -> None:
    """Planned in slot 1 (08:30) and 2 (09:00); one truck went at 09:10, two not at all. Slot 6
    lies beyond the ledger and stays planned."""
    instance, _ = worked_plan()
    decided = plan_of(
        instance,
        departures=departures(("ore.heavy", 1, 2), ("steel.heavy", 2, 1), ("ore.heavy", 6, 1)),
        windows=windows(("G", 1, 4), ("G", 6, 8)),
    ).decisions
    assert decided is not None
    facts = known(ledger("08:00", "10:00", ("ore.heavy", "out", "09:10", 1)))
    made = as_recorded(instance, decided, facts, 4)
    assert made.departures == departures(("ore.heavy", 2, 1), ("ore.heavy", 6, 1))
    assert made.windows == decided.windows, "someone passed in the first one"


def test_a_window_in_which_nobody_passed_was_not_used() -> None:
    instance, plan = worked_plan()
    assert plan.decisions is not None
    made = as_recorded(instance, plan.decisions, known(ledger("08:00", "10:00")), 4)
    assert (made.windows, made.departures) == ((), ())
    half = as_recorded(instance, plan.decisions, known(ledger("08:00", "09:30")), 4)
    assert half.windows == plan.decisions.windows


@pytest.mark.parametrize(("open_before", "is_kept"), [(1, True), (0, False)])
def test_a_window_begun_under_an_earlier_plan_was_used_there(
    open_before: int, is_kept: bool
) -> None:
    """The ledger since the seam says nothing of what passed before it."""
    instance, _ = worked_plan()
    begun = GateState(gate="G", open_slots_before=open_before)
    state = instance.state.model_copy(update={"gates": (begun,)})
    instance = instance.model_copy(update={"state": state})
    decided = plan_of(instance, windows=windows(("G", 0, 2), ("G", 3, 4))).decisions
    assert decided is not None
    made = as_recorded(instance, decided, known(ledger("08:00", "10:00")), 4)
    assert made.windows == (decided.windows[:1] if is_kept else ())


def test_a_reading_counts_with_what_moved_since() -> None:
    """Read at 09:00 as 100 t; the plan moves 280 to 320 t from then to 10:00, so 40 t come on."""
    instance, plan = worked_plan()
    assert plan.decisions is not None
    facts = known(readings=(StockReading(stock="ore", read_at=at("09:00"), kg=100_000),))
    levels = {"ore": 320_000, "steel": 310_000}
    read = levels_by_readings(instance, plan.decisions, facts, 4, levels)
    at_nine = 280_000
    assert read == {"ore": 100_000 + 320_000 - at_nine, "steel": 310_000}


def test_what_is_recorded_is_kept_and_found_again(published: Database) -> None:
    came = Delivery(
        source="yard",
        ledgers=(ledger("08:00", "09:00", ("ore.heavy", "out", "08:40", 2)),),
        readings=(StockReading(stock="ore", read_at=at("08:50"), kg=5),),
    )
    with published.writing() as session:
        kept = recordings.record(session, came, at("09:00"))
    instance, _ = worked_plan()
    with published.reading() as session:
        facts = recordings.facts(session, instance, at("08:00"), at("10:00"))
        assert recordings.list_recordings(session) == [kept]
        none = recordings.facts(session, instance, at("09:30"), at("10:00"))
    assert not none.is_any
    assert [p.trips for one in facts.ledgers for p in one.passages] == [2]
    assert [(r.stock, r.kg, r.source) for r in facts.readings] == [("ore", 5, "yard")]


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (Delivery(source="x"), "nothing is recorded"),
        (
            Delivery(source="x", readings=(StockReading(stock="ore", read_at=at("09:01"), kg=1),)),
            "yet to come",
        ),
        (Delivery(source="x", ledgers=(ledger("08:00", "09:01"),)), "that is over"),
        (
            Delivery(
                source="x",
                ledgers=(ledger("08:00", "08:30", ("ore.heavy", "out", "08:30", 1)),),
            ),
            "passage 1 at gate G",
        ),
    ],
)
def test_a_delivery_with_a_fault_is_refused_whole(
    published: Database, came: Delivery, told: str
) -> None:
    with published.writing() as session:
        with pytest.raises(BadInputError, match=told):
            recordings.record(session, came, at("09:00"))
        assert recordings.list_recordings(session) == []


def test_a_seam_lies_at_the_first_slot_that_is_not_over(published: Database) -> None:
    with published.reading() as session:
        found = inheriting.standing_at(session, "a-1", at("09:01"))
        assert (found.slot, found.at) == (3, at("09:30"))
        assert inheriting.standing_at(session, "a-1", at("09:00")).slot == 2
        with pytest.raises(NotFoundError, match="nothing is published"):
            inheriting.standing_at(session, "a-1", at("07:00"))
        with pytest.raises(BadInputError, match="reaches to"):
            inheriting.standing_at(session, "a-1", at("12:00"))


def test_a_grid_goes_on_in_step_with_the_intervals_before() -> None:
    grid = TimeGrid(
        start="2026-01-05T16:00:00+08:00", slot_minutes=30, n_slots=48, interval_slots=8
    )
    later = rest_grid(grid, 11, 24)
    assert (later.n_slots, later.first_interval_slots) == (48, 5)
    again = rest_grid(later, 5, 24)
    assert again.first_interval_slots is None
    assert [later.at(s.start) for s in map(later.slots_of_interval, (1, 2))] == [
        grid.at(16),
        grid.at(24),
    ]


def test_only_plants_whose_data_are_the_same_are_unchanged() -> None:
    instance = tiny_instance()
    assert list(unchanged_plants(instance, instance, 0)) == ["P"]
    narrower = tiny_instance(links=(link("b", capacity_mpcu_h=5000),))
    assert list(unchanged_plants(instance, narrower, 0)) == []


def test_an_interval_that_a_horizon_cuts_changes_no_plant() -> None:
    """Of four intervals of an hour the former plan's end leaves half of the last one."""

    def made(n_slots: int, *rate_max: int) -> Instance:
        works = plant(processes=(process(rate_max=rate_max),))
        return tiny_instance(n_slots=n_slots, plants=(works,))

    former = made(7, 30, 30, 30, 15)
    assert list(unchanged_plants(former, made(10, 30, 30, 30, 30, 30), 0)) == ["P"]
    assert list(unchanged_plants(former, made(10, 30, 30, 20, 30, 30), 0)) == []
    whole = made(8, 30, 30, 30, 15)
    assert list(unchanged_plants(whole, made(10, 30, 30, 30, 30, 30), 0)) == []


def test_what_a_plant_gave_back_changes_none_of_its_data() -> None:
    given = tiny_instance(bars=(bar(gates=("G",), first_slot=2),))
    assert list(unchanged_plants(given, tiny_instance(), 0)) == ["P"]
    barred = tiny_instance(bars=(bar(plants=("P",), first_slot=2),))
    assert list(unchanged_plants(barred, tiny_instance(), 0)) == []


def test_an_emergency_run_changes_none_of_its_plants_data() -> None:
    before = tiny_instance(
        bars=(bar(plants=("P",), kinds=("emergency",)),), trip_cuts=(trip_cut(),)
    )
    exempt = trip_cut(exempt_kinds=("emergency",))
    armed = with_run(tiny_instance(trip_cuts=(exempt,)), EMERGENCY)
    called_in = (EMERGENCY.stream_id, EMERGENCY.class_id)
    assert list(unchanged_plants(before, armed, 0, called_in)) == ["P"], "no emergency else"
    assert list(unchanged_plants(before, armed, 0)) == []


def test_a_value_of_what_is_inherited_is_read_back_as_it_was(published: Database) -> None:
    with published.reading() as session:
        standing = inheriting.standing_at(session, "a-1", at("09:30"))
        with pytest.raises(NotFoundError, match="no settings is loaded"):
            inheriting.inherit(session, standing)
    assert Inherited.model_fields.keys() >= {"seam", "items", "deviating"}


def test_a_first_plan_is_in_force_at_once(published: Database) -> None:
    with published.reading() as session:
        assert publication.first_instant(session, "plan-1", KNOWN + HOUR) == KNOWN + HOUR


def test_passages_and_readings_are_read_from_csv_with_every_fault(tmp_path: Path) -> None:
    good = tmp_path / "passages.csv"
    good.write_text(
        "gate,leg,direction,passed_at,trips\nG,ore.heavy,out,2026-01-05T08:40+08:00,2\n"
    )
    (row,) = read_passages(good)
    assert (row.gate, row.passed_at, row.trips) == ("G", at("08:40"), 2)
    bad = tmp_path / "stocks.csv"
    bad.write_text("stock,read_at,kg\nore,2026-01-05T08:40+08:00,-1\nore,noon,5\n")
    with pytest.raises(IntakeError) as caught:
        read_readings(bad)
    assert [(f.row, f.column) for f in caught.value.faults] == [(2, "kg"), (3, "read_at")]
