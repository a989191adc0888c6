"""Tests that what is loosened of a plant's laws allows all that stricter laws allow, whatever else
is loosened with it."""

from collections import Counter
from itertools import combinations

from solver.alone import Taken
from solver.compact import build_block
from solver.engine import Limits, minimise
from solver.instance import Instance, Plant, Stock
from solver.loosen import Relaxation, loads_of, relaxations_of, relaxed, supplies_of
from solver.trial import Opened, joined
from tests.solver.builders import plant, process, stock, stream, tiny_instance

STOCKS = (
    stock("ore", now_kg=60_500, min_kg=20_700, end_min_kg=60_500, arrivals_kg=9_000),
    stock("steel", now_kg=70_100, min_kg=10_300, max_kg=100_000, end_max_kg=90_900),
)
"""Bounds of which no two are a whole number of loads apart, and goods that come by rail."""


def yard(**fields: object) -> Instance:
    stocks = fields.pop("stocks", STOCKS)
    return tiny_instance(plants=(plant(stocks=stocks, streams=(stream("steel"),), **fields),))


def only(instance: Instance) -> Plant:
    (one,) = instance.plants
    return one


def of(instance: Instance, name: str) -> Stock:
    return next(s for s in only(instance).stocks if s.id == name)


def least_loss(instance: Instance) -> int:
    derived = Opened(instance, Taken(Counter(), Counter()), frozenset())
    model = joined(derived, [build_block(derived, only(instance))], {})
    assert model is not None
    answer = minimise(model.rows, model.stages["output_shortfall"], Limits(counted_work=5.0))
    assert answer.verdict == "optimal" and answer.value is not None
    return answer.value


def of_stocks(instance: Instance) -> list[Relaxation]:
    mine = only(instance)
    laws = [r for r in relaxations_of(instance, mine) if r.law in ("stock_balance", "end_stock")]
    return [*laws, *supplies_of(mine), *loads_of(mine)]


def test_one_law_more_that_is_loosened_never_costs_output() -> None:
    """With nothing loosened, each alone, and each pair."""
    instance = yard(processes=(process(rate_max=40),))
    every = of_stocks(instance)
    strict = least_loss(instance)
    alone = {r.key: least_loss(relaxed(instance, (r,))) for r in every}
    assert strict and max(alone.values()) <= strict and min(alone.values()) < strict
    for one, two in combinations(every, 2):
        both = least_loss(relaxed(instance, (one, two)))
        assert both <= min(alone[one.key], alone[two.key]), (one.key, two.key)


def test_a_load_in_hand_has_room_whatever_else_is_loosened() -> None:
    """Order is of no matter: room that another loosened law gives stays."""
    instance = yard()
    (load,) = loads_of(only(instance))
    room = next(r for r in of_stocks(instance) if r.key == ("stock_balance", "steel", "max_kg"))
    for order in ((load, room), (room, load)):
        steel = of(relaxed(instance, order), "steel")
        assert (steel.now_kg, steel.end_max_kg) == (70_100 + 41_000, 90_900 + 41_000)
        assert steel.max_kg == of(relaxed(instance, (room,)), "steel").max_kg + 41_000


def test_bounds_are_loosened_by_whole_steps_of_what_moves_the_stock() -> None:
    """Ore moves by 1,000 kg: 700 kg of the least stock stay, the end may lack all of it."""
    instance = yard()
    for part, kg in (("min_kg", 700), ("end_min_kg", -500)):
        (one,) = [r for r in of_stocks(instance) if (r.where, r.part) == ("ore", part)]
        assert getattr(of(relaxed(instance, (one,)), "ore"), part) == kg
