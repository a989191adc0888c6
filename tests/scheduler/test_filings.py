"""Tests that a filing frees emergency trips of the Liaoning case, and only what it covers."""

from datetime import datetime

import pytest

from fixtures.liaoning import Case, load_case
from scheduler.domain.enterprise import Registry
from scheduler.domain.filing import Filing
from scheduler.prepare.instance import prepare_instance
from scheduler.prepare.levels import periods_of
from scheduler.rules import LoadedRules
from solver.baseline import first_fit
from solver.check import find_violations
from solver.derive import Derived
from solver.instance import Instance
from solver.plan import Plan

PLANT = "angang-anshan"
FILING = Filing.model_validate(
    {
        "filing_id": "f1",
        "plant_id": PLANT,
        "kind": "emergency",
        "document": "鞍重污〔2015〕3号",
        "filed_at": "2015-11-06T16:00+08:00",
        "starts_at": "2015-11-06T18:00+08:00",
        "ends_at": "2015-11-07T00:00+08:00",
        "source": "made for the test",
        "status": "assumed",
    }
)


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case()


def registry(case: Case, *filings: Filing) -> Registry:
    """The plant's first stream is emergency haulage."""
    held = case.inputs.registry
    (first, *_) = [s.stream_id for s in held.streams if s.plant_id == PLANT]
    streams = tuple(
        s.model_copy(update={"kind": "emergency"}) if s.stream_id == first else s
        for s in held.streams
    )
    return held.model_copy(update={"streams": streams, "filings": filings})


def prepared(case: Case, *filings: Filing) -> Instance:
    inputs = case.inputs._replace(registry=registry(case, *filings))
    return prepare_instance(inputs, periods_of(case.statement), case.grid, case.settings).instance


def kinds_of(instance: Instance) -> set[str]:
    return {s.kind for p in instance.plants if p.id == PLANT for s in p.streams}


def barred_slots(instance: Instance, rule: str) -> set[int]:
    """Slots in which a rule bars the plant's emergency trips at its gates."""
    return {
        slot
        for bar in instance.bars
        if bar.id.startswith(f"{rule}@") and PLANT in bar.plants and "emergency" in bar.kinds
        for slot in range(bar.first_slot, bar.end_slot)
    }


def test_emergency_trips_are_ordinary_without_a_filing(case: Case) -> None:
    assert "emergency" not in kinds_of(prepared(case))
    assert "emergency" in kinds_of(prepared(case, FILING))


def test_bars_and_caps_spare_them_in_the_filings_slots(case: Case) -> None:
    without, with_it = prepared(case), prepared(case, FILING)
    covered = {
        slot
        for slot in range(case.grid.n_slots)
        if FILING.starts_at <= case.grid.at(slot) < FILING.ends_at
    }
    assert len(covered) == 6 * 60 // case.grid.slot_minutes
    spared = barred_slots(without, "bar-china4") - barred_slots(with_it, "bar-china4")
    assert spared == covered
    caps = [c for c in with_it.trip_cuts if c.plant == PLANT]
    free = [(c.first_slot, c.end_slot) for c in caps if "emergency" in c.exempt_kinds]
    assert free == [(min(covered), max(covered) + 1)]


def test_trucks_that_are_barred_may_pass_the_gate_in_the_filings_slots_alone(case: Case) -> None:
    for filings, free in (((), False), ((FILING,), True)):
        instance = prepared(case, *filings)
        derived = Derived(instance)
        barred = {c for b in instance.bars if b.id.startswith("bar-china4@") for c in b.classes}
        first = next(p for p in instance.plants if p.id == PLANT).streams[0]
        uses = [derived.legs[leg.id] for leg in first.legs if leg.vehicle_class in barred]
        passing = [
            case.grid.at(slot + after)
            for use in uses
            for slot in range(case.grid.n_slots)
            if derived.in_horizon(use, slot) and derived.may_move(use, use.departure, slot)
            for _, after in use.departure.passages
        ]
        assert bool(passing) == free
        assert all(FILING.starts_at <= at < FILING.ends_at for at in passing)


def test_first_fit_with_a_filing_is_lawful(case: Case) -> None:
    instance = prepared(case, FILING)
    plan = Plan(instance_digest=instance.digest, status="feasible", decisions=first_fit(instance))
    assert find_violations(instance, plan) == ()


@pytest.mark.parametrize(("minute", "held"), [("17:59", 0), ("18:00", 1), ("23:59", 1)])
def test_what_applies_names_the_filings_that_cover_the_minute(
    case: Case, minute: str, held: int
) -> None:
    rules = LoadedRules(registry(case, FILING), case.inputs.network, case.inputs.measures)
    at = datetime.fromisoformat(f"2015-11-06T{minute}:00+08:00")
    told = {p.plant: p for p in rules.of_enterprise("angang", list(periods_of(case.statement)), at)}
    assert told[PLANT].filings == (FILING,) * held
