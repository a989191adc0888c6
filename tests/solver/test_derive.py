"""Tests that what is reckoned of a move for all slots at once is what each slot says for itself."""

import pytest

from fixtures.generator import generate
from solver.derive import Derived, LegUse, Move
from tests.solver.builders import bar, far_leg, gate, plant, stream, tiny_instance, zone

BARS = (
    bar(id="B1", zones=("Z",), first_slot=2, end_slot=3),
    bar(id="B2", links=("d",), first_slot=5, end_slot=6),
    bar(id="B3", plants=("P",), gates=("G",), first_slot=7, end_slot=8),
)


def moves_of(derived: Derived) -> list[tuple[LegUse, Move]]:
    found = [(use, use.departure) for use in derived.legs.values()]
    return found + [(use, use.release) for use in derived.legs.values() if use.release is not None]


@pytest.mark.parametrize("named", BARS, ids=lambda one: one.id)
def test_a_move_is_barred_from_just_the_slots_in_which_a_bar_is_named(named: object) -> None:
    waiting = stream("ore", legs=(far_leg("ore.heavy", may_wait=True, plant_minutes=40),))
    parts = (plant(gates=(gate(),), streams=(waiting, stream("steel"))),)
    derived = Derived(tiny_instance(plants=parts, bars=(named,)))
    slots, n_barred = range(derived.grid.n_slots), 0
    for use, move in moves_of(derived):
        barred = {slot for slot in slots if derived.barring(use, move, slot) is not None}
        assert derived.barred_slots(use, move) & set(slots) == barred
        n_barred += len(barred)
    assert 0 < n_barred < len(moves_of(derived)) * len(slots)


def test_exposure_of_all_slots_is_that_of_each() -> None:
    derived = Derived(generate(3, 24, 30, 1))
    weights = {w for z in derived.zones.values() for w in z.hour_weights}
    assert len(weights) > 1, "hours differ"
    for _, move in moves_of(derived):
        each = [derived.exposure(move, slot) for slot in range(derived.grid.n_slots)]
        assert derived.exposures(move) == each


def test_beyond_the_horizon_the_last_hour_counts_on() -> None:
    last = (1, 1, 1, 1, 1, 1, 1, 9)
    derived = Derived(tiny_instance(zones=(zone(hour_weights=last),)))
    for _, move in moves_of(derived):
        assert derived.exposures(move)[-1] == derived.exposure(move, derived.grid.n_slots - 1)
