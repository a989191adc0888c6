"""Tests that one more trip of a plant is solved: whom it moves, who loses trips, and at what cost,
each by one truck a slot on the shared link b."""

import pytest

from solver.displaced import Displaced, displaced_by
from solver.instance import Instance
from tests.solver.builders import bar, trip_cut
from tests.solver.test_wish import both, two

SHUT_LATE = bar(plants=("P",), first_slot=3)
"""P's trucks may leave in slots 0 and 1 alone."""


def one_more(instance: Instance, coal_slot: int = 1, work: float = 1.0) -> Displaced:
    (found,) = displaced_by(instance, both(instance, coal_slot), "P", work)
    return found


def shifts(found: Displaced) -> list[tuple[str, str, int, int, int]]:
    return [(s.plant, s.stream, s.lost, s.added, s.moved) for s in found.shifts]


def costs(found: Displaced) -> dict[str, int]:
    return {s.stage: s.after - s.before for s in found.stages if s.after != s.before}


def test_where_the_road_has_room_nobody_is_displaced() -> None:
    found = one_more(two())
    assert (found.kind, found.others, shifts(found), found.least) == ("room", (), [], True)
    assert costs(found)["exposure"] == 36_000
    assert not costs(found).keys() & {"safety_shortfall", "output_shortfall"}


def test_a_trip_that_needs_the_slot_of_another_moves_it() -> None:
    found = one_more(two(bars=(SHUT_LATE,)))
    assert (found.kind, found.others, found.least) == ("moves", ("Q",), True)
    assert shifts(found) == [("Q", "coal", 0, 0, 1)]
    assert costs(found)["exposure"] == 36_000, "no hour is dearer than another"


def test_a_trip_that_another_has_no_other_slot_for_is_lost_and_costs_output() -> None:
    """Q, with 90 t of the 120 t that it eats, loses 30 of 120 units, a tenth at 1 and the rest at
    2. Its window stays: as few slots as can be change."""
    held = bar(id="B2", plants=("Q",), end_slot=1)
    late = bar(id="B3", plants=("Q",), first_slot=3)
    found = one_more(two(bars=(SHUT_LATE, held, late)))
    assert (found.kind, found.least) == ("costs", True)
    assert shifts(found) == [("Q", "coal", 1, 0, 0)]
    assert costs(found) == {"output_shortfall": 66_667 * (12 + 2 * 18), "windows": 1}


@pytest.mark.parametrize(("end", "kind"), [(2, "cannot"), (3, "moves")])
def test_where_no_slot_is_left_nothing_that_others_give_helps(end: int, kind: str) -> None:
    """Until slot 1 P's trucks may leave in slot 0 alone, which one of them takes."""
    shut = SHUT_LATE.model_copy(update={"first_slot": end})
    found = one_more(two(bars=(shut,)))
    assert found.kind == kind
    assert (shifts(found) == []) == (kind == "cannot")


@pytest.mark.parametrize(("percent", "kind"), [(75, "cannot"), (50, "room")])
def test_a_cap_that_is_used_up_lets_no_trip_more(percent: int, kind: str) -> None:
    """24 trips a day are 4 in four hours: a quarter of them is the one that is planned."""
    found = one_more(two(trip_cuts=(trip_cut(cut_percent=percent),)))
    assert found.kind == kind


def test_without_work_nothing_is_claimed() -> None:
    found = one_more(two(bars=(SHUT_LATE,)), work=0.0)
    assert (found.kind, found.least) == ("undecided", False)


def test_what_is_settled_stays() -> None:
    """From slot 1 on P's trucks may leave in slot 1 alone, if Q makes room."""
    instance = two(bars=(SHUT_LATE,))
    (found,) = displaced_by(instance, both(instance, 1), "P", settled_slots=2)
    assert found.kind == "cannot"
