"""Tests that first fit is lawful on any instance, repeatable, and follows its rules by hand."""

import random

import pytest

from fixtures.generator import generate
from solver.baseline import first_fit, hardest_first, joined
from solver.check import find_violations, stage_values
from solver.conflicts import locked_conflicts
from solver.derive import Derived
from solver.instance import (
    GateState,
    GivenBack,
    Held,
    Instance,
    Leg,
    LockedTrips,
    LockedWindow,
    PlantState,
    State,
    UnderWay,
)
from solver.plan import Decisions, Plan


def breaches(instance: Instance, decisions: Decisions) -> list[str]:
    plan = Plan(instance_digest=instance.digest, status="feasible", decisions=decisions)
    return [str(violation) for violation in find_violations(instance, plan)]


def shaken(instance: Instance, seed: int) -> Instance:
    """The instance with an absurd state: open gates, held trucks, locked trips and windows, trips
    made beyond the cap, trips given back in half of the slots, fleets and gates of nothing."""
    rng = random.Random(seed)
    streams = [s for p in instance.plants for s in p.streams]
    legs = [leg for s in streams for leg in s.legs]
    loaded = [x for s in streams for x in s.legs if s.direction == "in" or x.starts_at == "plant"]
    gates = [gate.id for plant in instance.plants for gate in plant.gates]
    n = instance.grid.n_slots
    state = State(
        gates=tuple(
            GateState(
                gate=gate,
                open_slots_before=rng.choice((0, 1, 3, 30)),
                closed_slots_before=rng.choice((0, 1, 50)),
                windows_today=rng.randrange(6),
                open_slots_today=rng.randrange(40),
            )
            for gate in rng.sample(gates, len(gates) // 2)
        ),
        plants=tuple(
            PlantState(plant=plant.id, trips_made_today=rng.randrange(60))
            for plant in instance.plants[::2]
        ),
        under_way=tuple(
            UnderWay(leg=leg.id, slots_ago=rng.randrange(1, 4), trips=rng.randrange(1, 5))
            for leg in rng.sample(loaded, 8)
        ),
        held=tuple(Held(leg=leg.id, trips=rng.randrange(1, 40)) for leg in legs if leg.may_wait),
        locked_trips=tuple(
            LockedTrips(leg=leg.id, slot=rng.randrange(n // 2), trips=rng.randrange(1, 7))
            for leg in rng.sample(legs, 8)
        ),
        locked_windows=tuple(_locked_window(gate, n, rng) for gate in rng.sample(gates, 3)),
        given_back=tuple(
            GivenBack(leg=leg.id, slot=slot, trips=rng.randrange(2))
            for leg in rng.sample(legs, 8)
            for slot in range(n // 2)
        ),
    )
    plants = tuple(
        plant.model_copy(
            update={
                "fleets": tuple(
                    f.model_copy(update={"trucks": f.trucks * rng.choice((0, 1, 1, 3))})
                    for f in plant.fleets
                ),
                "gates": tuple(
                    g.model_copy(
                        update={"capacity_passages": g.capacity_passages * rng.choice((0, 1, 1))}
                    )
                    for g in plant.gates
                ),
                "cap_floor_trips": rng.choice((0, 1, 20)),
            }
        )
        for plant in instance.plants
    )
    return Instance.model_validate(
        instance.model_copy(update={"state": state, "plants": plants}).model_dump()
    )


def _locked_window(gate: str, n_slots: int, rng: random.Random) -> LockedWindow:
    first = rng.randrange(n_slots - 1)
    end = min(n_slots, first + rng.randrange(1, 12))
    return LockedWindow(gate=gate, first_slot=first, end_slot=end)


@pytest.mark.parametrize("seed", range(1, 7))
def test_first_fit_is_lawful_on_generated_instances(seed: int) -> None:
    instance = generate(15, 24, (15, 30, 60)[seed % 3], seed)
    assert breaches(instance, first_fit(instance)) == []


def test_first_fit_is_lawful_where_an_alert_lasts_three_days() -> None:
    instance = generate(10, 72, 60, 11)
    assert breaches(instance, first_fit(instance)) == []


@pytest.mark.parametrize("seed", range(14))
def test_first_fit_is_lawful_from_absurd_states(seed: int) -> None:
    """Only locked trips that cannot be kept excuse it; those are taken out here."""
    instance = shaken(generate(8, 24, 60, seed), seed)
    while lost := {(c.leg, c.slot) for c in locked_conflicts(Derived(instance))}:
        kept = tuple(t for t in instance.state.locked_trips if (t.leg, t.slot) not in lost)
        instance = _with_state(instance, locked_trips=kept)
    assert breaches(instance, first_fit(instance)) == []


def _with_state(instance: Instance, **changes: object) -> Instance:
    state = instance.state.model_copy(update=changes)
    return Instance.model_validate(instance.model_copy(update={"state": state}).model_dump())


def test_first_fit_makes_most_of_the_output() -> None:
    """A lawful plan that moves nothing would be no baseline: less than half of it is lost."""
    instance = generate(20, 24, 30, 1)
    fitted = {s.name: s.value for s in stage_values(instance, first_fit(instance))}
    idle = {s.name: s.value for s in stage_values(instance, _idle(instance))}
    assert 2 * fitted["output_shortfall"] < idle["output_shortfall"]


def _idle(instance: Instance) -> Decisions:
    """Nothing runs, nothing moves: rates of zero, all arrivals and dispatches refused."""
    empty = instance.model_copy(
        update={
            "plants": tuple(p.model_copy(update={"streams": ()}) for p in instance.plants),
            "state": State(),
        }
    )
    return first_fit(
        Instance.model_validate(
            empty.model_copy(
                update={
                    "plants": tuple(
                        p.model_copy(
                            update={
                                "processes": tuple(
                                    x.model_copy(
                                        update={
                                            "rate_max": (0,) * len(x.rate_max),
                                            "rate_min": (0,) * len(x.rate_min),
                                        }
                                    )
                                    for x in p.processes
                                )
                            }
                        )
                        for p in empty.plants
                    )
                }
            ).model_dump()
        )
    )


def test_first_fit_gives_the_same_decisions_twice() -> None:
    instance = generate(10, 24, 30, 5)
    assert first_fit(instance) == first_fit(instance)


def test_what_must_run_has_the_first_turn() -> None:
    """Chemicals bear the greatest hazard weight, cement has none."""
    order = [plant.id.split("-")[0] for plant in hardest_first(generate(20, 24, 30, 1))]
    assert order[:4] == ["chemicals"] * 4
    assert order[-4:] == ["cement"] * 4


def test_the_first_plants_do_not_feel_the_later_ones() -> None:
    """Taking the last plant away leaves all others' decisions as they are."""
    instance = _with_state(generate(6, 24, 30, 2), under_way=())
    *rest, last = hardest_first(instance)
    whole = first_fit(instance)
    fewer = first_fit(_without(instance, last.id))
    legs = {leg.id for leg in _legs(instance, last.id)}
    assert [d for d in whole.departures if d.leg not in legs] == list(fewer.departures)
    assert len(rest) == 5 and any(d.leg in legs for d in whole.departures)


def _legs(instance: Instance, plant_id: str) -> list[Leg]:
    (plant,) = (p for p in instance.plants if p.id == plant_id)
    return [leg for stream in plant.streams for leg in stream.legs]


def _without(instance: Instance, plant_id: str) -> Instance:
    legs = {leg.id for leg in _legs(instance, plant_id)}
    processes = {x.id for p in instance.plants if p.id == plant_id for x in p.processes}
    state = instance.state
    return Instance.model_validate(
        instance.model_copy(
            update={
                "plants": tuple(p for p in instance.plants if p.id != plant_id),
                "window_limits": tuple(w for w in instance.window_limits if w.plant != plant_id),
                "trip_cuts": tuple(c for c in instance.trip_cuts if c.plant != plant_id),
                "output_cuts": tuple(c for c in instance.output_cuts if c.process not in processes),
                "bars": tuple(
                    b.model_copy(update={"plants": tuple(p for p in b.plants if p != plant_id)})
                    for b in instance.bars
                ),
                "state": state.model_copy(
                    update={
                        "under_way": tuple(u for u in state.under_way if u.leg not in legs),
                        "processes": tuple(
                            p for p in state.processes if p.process not in processes
                        ),
                    }
                ),
            }
        ).model_dump()
    )


def test_joined_decisions_are_sorted_whatever_the_order_of_their_parts() -> None:
    decisions = first_fit(generate(5, 24, 60, 1))
    halves = [
        decisions.model_copy(update={"departures": decisions.departures[1::2]}),
        Decisions(departures=decisions.departures[::2]),
    ]
    assert joined(halves) == decisions
