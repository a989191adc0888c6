"""Tests that an instance is made only when it hangs together, and that its digest is its own."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import rfc8785
from pydantic import ValidationError

from fixtures.generator import generate
from solver.instance import (
    LARGEST_SAFE,
    Gate,
    GateState,
    GivenBack,
    Held,
    LockedTrips,
    LockedWindow,
    Phi,
    RecipeItem,
    State,
    TimeGrid,
    UnderWay,
    read_instance,
)
from tests.solver.builders import (
    bar,
    far_leg,
    gate,
    leg,
    link,
    output_cut,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    zone,
)


def test_an_instance_comes_back_from_json_as_it_was() -> None:
    instance = tiny_instance(window_limits=(window_limit(),), bars=(bar(plants=("P",)),))
    again = read_instance(instance.canonical())
    assert again == instance
    assert again.digest == instance.digest


def test_the_digest_does_not_hang_on_the_order_of_keys_but_on_every_value() -> None:
    instance = tiny_instance()
    body = json.loads(instance.canonical())
    reordered = json.dumps(dict(reversed(body.items())), indent=1)
    assert read_instance(reordered).digest == instance.digest
    assert tiny_instance(exposure_divisor=2).digest != instance.digest


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    odd = tiny_instance(name='错峰 \x00\x1f\x7f "\\/\b\f\n\r\t \u2028 \ufb33 \U0001f600')
    for instance in (odd, generate(5, 24, 60, 1)):
        assert instance.canonical() == rfc8785.dumps(instance.model_dump(mode="json"))


def test_a_changed_copy_has_a_digest_of_its_own() -> None:
    instance = tiny_instance()
    digest = instance.digest
    grid = instance.grid.model_copy(update={"start": "2026-01-05T09:00:00+08:00"})
    assert (instance.grid.start_minute, grid.start_minute) == (480, 540)
    assert instance.model_copy(update={"grid": grid}).digest != digest
    assert instance.model_copy().digest == digest


def test_a_known_instance_keeps_its_digest() -> None:
    """Digests stand in publications: a change of the canonical form must be seen here."""
    assert tiny_instance().digest == (
        "bb30e8b73ed6f6315cc1e7029f99efba15fa47dbed2508429c854681c1a7dc59"
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"plants": (plant(), plant())}, "plant P stands twice"),
        ({"links": (link("a", zone="Y"),)}, "link a names zone Y"),
        ({"links": (link("a", background_mpcu=(0,) * 7),)}, "7 background values, not 8"),
        ({"zones": (zone(hour_weights=(1,) * 9),)}, "9 hour weights, not 8"),
        ({"plants": (plant(fleets=()),)}, "fleet of class heavy"),
        ({"plants": (plant(gates=(gate("H"),)),)}, "leg ore.heavy names gate G"),
        ({"plants": (plant(processes=(process(rate_min=31),)),)}, "rate_min above rate_max"),
        ({"plants": (plant(processes=(process(rate_max=(1, 2)),)),)}, "for 4 intervals"),
        ({"plants": (plant(stocks=(stock("ore"),)),)}, "names stock steel"),
        ({"window_limits": (window_limit(end_slot=9),)}, "is no run in 0..8"),
        ({"window_limits": (window_limit(), window_limit(id="W2", first_slot=7))}, "overlap"),
        ({"trip_cuts": (trip_cut(), trip_cut(id="C2", first_slot=7))}, "overlap"),
        ({"trip_cuts": (trip_cut(first_slot=8),)}, "is no run in 0..8"),
        ({"trip_cuts": (trip_cut(plant="Q"),)}, "names plant Q"),
        ({"output_cuts": (output_cut(end_interval=5),)}, "does not lie in the horizon"),
        ({"bars": (bar(links=("z",)),)}, "bar B names link z"),
        ({"bars": (bar(id="W"),), "window_limits": (window_limit(),)}, "measure W stands twice"),
        ({"state": State(held=(Held(leg="ore.heavy", trips=1),))}, "may not wait inside"),
        (
            {"state": State(locked_trips=(LockedTrips(leg="ore.heavy", slot=8, trips=1),))},
            "past the horizon",
        ),
        (
            {"state": State(given_back=(GivenBack(leg="gas.heavy", slot=0, trips=1),))},
            "names leg gas.heavy",
        ),
        (
            {"state": State(given_back=(GivenBack(leg="ore.heavy", slot=0, trips=1),) * 2)},
            "names a leg and slot of trips given back twice",
        ),
        (
            {"state": State(locked_windows=(LockedWindow(gate="G", first_slot=7, end_slot=9),))},
            "locked window of gate G",
        ),
        ({"state": State(gates=(GateState(gate="G"), GateState(gate="G")))}, "a gate twice"),
        (
            {"state": State(under_way=(UnderWay(leg="x", slots_ago=1, trips=1),))},
            "state names leg x",
        ),
    ],
)
def test_what_does_not_hang_together_is_refused_by_name(
    changes: Mapping[str, object], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault.replace("(", r"\(")):
        tiny_instance(**changes)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as error:
        tiny_instance(bars=(bar(plants=("Q",)),), trip_cuts=(trip_cut(plant="R"),))
    assert "plant Q" in str(error.value)
    assert "plant R" in str(error.value)


@pytest.mark.parametrize("start", ["2026-01-05T08:10:00+08:00", "2026-01-05T08:00:30+08:00"])
def test_a_start_off_the_slots_edge_is_refused(start: str) -> None:
    with pytest.raises(ValidationError, match="is not on the edge"):
        tiny_instance(start=start)


def test_a_start_without_offset_is_refused() -> None:
    with pytest.raises(ValidationError, match="names no offset"):
        tiny_instance(start="2026-01-05T08:00:00")


def test_a_day_that_is_not_whole_is_refused() -> None:
    """Shanghai kept summer time in 1986-1991: 1991-04-14 had 23 hours."""
    with pytest.raises(ValidationError, match="has not 1,440 minutes"):
        TimeGrid(start="1991-04-14T00:00:00+08:00", slot_minutes=60, n_slots=24, interval_slots=4)


def test_a_start_in_another_zone_is_read_as_local_time() -> None:
    grid = TimeGrid(start="2026-01-05T14:30:00+00:00", slot_minutes=30, n_slots=4, interval_slots=2)
    assert grid.start_minute == 22 * 60 + 30
    assert [grid.day_of(slot) for slot in range(4)] == [0, 0, 0, 1]
    assert [grid.hour_of(slot) for slot in range(4)] == [22, 23, 23, 0]


def test_the_last_interval_may_be_shorter() -> None:
    grid = tiny_instance(n_slots=7).grid
    assert grid.n_intervals == 4
    assert grid.slots_of_interval(3) == range(6, 7)


@pytest.mark.parametrize(
    "fault",
    [
        lambda: Gate(id="G", capacity_passages=-1),
        lambda: Gate(id="G", capacity_passages=LARGEST_SAFE + 1),
        lambda: Gate(id="G", capacity_passages="3"),
        lambda: Gate(id="G G", capacity_passages=3),
        lambda: Gate(id="G", capacity_passages=3, colour="red"),
        lambda: RecipeItem(stock="ore", consumes_kg=1, produces_kg=1),
        lambda: RecipeItem(stock="ore"),
        lambda: Phi(breakpoints_percent=(5, 10), slopes=(1, 2)),
        lambda: Phi(breakpoints_percent=(0, 10), slopes=(2, 1)),
        lambda: window_limit(min_slots=7),
        lambda: leg(may_wait=True),
        lambda: stream(profile_permille=(42,) * 24),
        lambda: stream(legs=(leg(laden_back=False),)),
    ],
)
def test_a_piece_that_cannot_be_is_refused(fault: Any) -> None:
    with pytest.raises(ValidationError):
        fault()


def test_values_at_the_largest_safe_integer_fit() -> None:
    assert Gate(id="G", capacity_passages=LARGEST_SAFE).capacity_passages == LARGEST_SAFE


def test_a_leg_from_the_far_end_may_wait() -> None:
    assert far_leg(may_wait=True).may_wait
