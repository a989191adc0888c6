"""Tests that amounts are spread without a kilogram lost and that legs are the cycles they say."""

from pathlib import Path

import pytest

from scheduler.domain.enterprise import Consignment
from scheduler.intake.network import read_network
from scheduler.intake.registry import read_registry
from scheduler.prepare.demand import Demand, Ways, spread
from scheduler.prepare.paths import Router
from solver.instance import Plant, TimeGrid

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning"
GRID = TimeGrid(start="2030-01-01T16:00:00+08:00", slot_minutes=30, n_slots=96, interval_slots=8)


@pytest.fixture(scope="module")
def demand() -> Demand:
    network = read_network(LIAONING / "network").network
    return Demand(read_registry(LIAONING / "registry"), GRID, Ways(Router(network), 140))


@pytest.fixture(scope="module")
def anshan(demand: Demand) -> Plant:
    return demand.plant(demand.registry.plant_by_id["angang-anshan"], drawdown_percent=50)


def test_spreading_gives_whole_steps_and_no_more_than_is_due() -> None:
    assert spread(6, 1, GRID) == (1,) * 12
    assert spread(7, 1, GRID) == (1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2)
    assert spread(6000, 3000, GRID) == (0, 0, 3000, 0, 0, 3000) * 2


def test_a_last_interval_that_is_short_gets_a_short_share() -> None:
    grid = GRID.model_copy(update={"n_slots": 12})
    assert spread(240, 1, grid) == (40, 20)


def test_a_days_rate_arrivals_and_recipes_balance(anshan: Plant) -> None:
    """Normal working over two days moves no stock beyond what the road brings."""
    (steel,) = anshan.processes
    assert sum(steel.rate_max) == 2 * 96
    assert {rate * 60 // 100 for rate in steel.rate_max} == set(steel.rate_min)
    ore = next(s for s in anshan.stocks if s.id == "angang-anshan.iron_ore")
    stream = next(s for s in anshan.streams if s.stock == ore.id)
    (recipe,) = [item for item in steel.recipe if item.stock == ore.id]
    assert 192 * recipe.consumes_kg - sum(ore.arrivals_kg) == 2 * stream.need_kg_day


def test_stocks_may_move_by_the_drawdown_and_within_their_bounds(anshan: Plant) -> None:
    stocks = {stock.id.split(".")[1]: stock for stock in anshan.stocks}
    needs = {stream.good: stream.need_kg_day for stream in anshan.streams}
    ore, steel = stocks["iron_ore"], stocks["steel"]
    assert ore.end_min_kg == ore.now_kg - needs["iron_ore"] // 2000 * 1000
    assert ore.end_max_kg is None
    assert steel.end_max_kg == steel.now_kg + needs["steel"] // 2000 * 1000
    assert steel.end_min_kg is None


def test_a_plants_own_bounds_at_the_end_come_before_the_measures(demand: Demand) -> None:
    """Ore is eaten and has by the measures only a least, steel is made and has only a most."""
    own = {"angang-anshan.iron_ore": (900_000_000, 930_000_000), "angang-anshan.steel": (0, None)}
    changed = tuple(
        row.model_copy(
            update=dict(zip(("end_min_kg", "end_max_kg"), own[row.stock_id], strict=True))
        )
        if row.stock_id in own
        else row
        for row in demand.registry.stocks
    )
    plant = _with(demand, stocks=changed)
    ends = {s.id: (s.end_min_kg, s.end_max_kg) for s in plant.stocks}
    steel = next(s for s in plant.stocks if s.id == "angang-anshan.steel")
    assert ends["angang-anshan.iron_ore"] == own["angang-anshan.iron_ore"]
    assert (
        steel.end_min_kg == 0 and steel.end_max_kg is not None and steel.end_max_kg > steel.now_kg
    )


def test_consignments_come_in_the_interval_of_their_instant(demand: Demand, anshan: Plant) -> None:
    """From 16:00 intervals of four hours: 19:59 is in the first one, 20:00 in the second; before
    the horizon and at its very end none counts; what goes by ship is dispatched."""
    ore, slag = "angang-anshan.iron_ore", "angang-anshan.slag"
    told = (
        (ore, "in", "2030-01-01T15:59", 1), (ore, "in", "2030-01-01T16:00", 10),
        (ore, "in", "2030-01-01T19:59", 100), (ore, "in", "2030-01-01T20:00", 1000),
        (ore, "in", "2030-01-03T16:00", 5), (slag, "out", "2030-01-03T15:59", 7),
    )  # fmt: skip
    consignments = tuple(
        Consignment(consignment_id=f"c{n}", stock_id=stock, mode="ship", direction=way, kg=kg,
                    at=f"{at}:00+08:00", source="s", status="read")
        for n, (stock, way, at, kg) in enumerate(told)
    )  # fmt: skip
    plant = _with(demand, consignments=consignments)
    before = {s.id: s for s in anshan.stocks}
    after = {s.id: s for s in plant.stocks}
    more = [b - a for a, b in zip(before[ore].arrivals_kg, after[ore].arrivals_kg, strict=True)]
    assert more == [110, 1000, *[0] * 10]
    gone = [
        b - a for a, b in zip(before[slag].dispatches_kg, after[slag].dispatches_kg, strict=True)
    ]
    assert gone == [*[0] * 11, 7]
    assert before[ore].dispatches_kg == after[ore].dispatches_kg


def _with(demand: Demand, **tables: object) -> Plant:
    registry = demand.registry.model_copy(update=tables)
    changed = Demand(registry, GRID, demand.ways)
    return changed.plant(registry.plant_by_id["angang-anshan"], drawdown_percent=50)


def test_legs_start_where_the_trucks_are_and_carry_the_good_laden(anshan: Plant) -> None:
    by_good = {stream.good: stream for stream in anshan.streams}
    for leg in by_good["iron_ore"].legs:
        assert (leg.starts_at, leg.laden_out, leg.laden_back) == ("far", True, False)
        assert leg.path_out.startswith("mine-qidashan:angang-anshan")
    for leg in by_good["coal"].legs:
        assert (leg.starts_at, leg.laden_out, leg.laden_back) == ("plant", False, True)
    for leg in by_good["steel"].legs:
        assert (leg.starts_at, leg.laden_out, leg.laden_back) == ("plant", True, False)
        assert leg.gate_in == leg.gate_out == "angang-anshan.gate-out"


def test_a_stream_is_carried_only_by_trucks_of_its_size(anshan: Plant) -> None:
    slag = next(stream for stream in anshan.streams if stream.good == "slag")
    assert {leg.vehicle_class.split("-")[0] for leg in slag.legs} == {"rigid4"}


def test_utrip_per_unit_counts_the_road_trips_of_a_unit(anshan: Plant) -> None:
    """A day of 96 units is the day's road need in loads, each stream rounded up."""
    (steel,) = anshan.processes
    trips = sum(stream.need_kg_day / stream.payload_kg for stream in anshan.streams)
    assert trips <= 96 * steel.utrip_per_unit / 1_000_000 < trips + 0.001


def test_second_ways_are_left_out_where_none_is_asked_for(demand: Demand) -> None:
    row = demand.registry.plant_by_id["fushun-xingang"]
    one = demand.plant(row, drawdown_percent=0, alternative=False)
    two = demand.plant(row, drawdown_percent=0)
    legs = [len([leg for s in plant.streams for leg in s.legs]) for plant in (one, two)]
    assert legs[0] < legs[1] <= 2 * legs[0]
