"""Small generated instances made hard: roads hold less, and yards of must-run plants are empty.

At their own tightness a few hours of a few plants fall short of nothing. Strained, they have a
shortfall of safety and of output, classes that share tight links, and trip caps that bind.
"""

from __future__ import annotations

from fixtures.generator import SlotMinutes, generate
from solver.instance import Instance, Link, Plant, Stock

ROOM_PERCENT = 60
"""What is left of the room that background leaves on a link."""


def strained(enterprises: int, hours: int, slot_minutes: SlotMinutes, seed: int) -> Instance:
    """A generated instance, the same every time, with fuller roads and some empty yards."""
    whole = generate(enterprises, hours, slot_minutes, seed)
    changed = whole.model_copy(
        update={
            "name": f"{whole.name} strained",
            "links": tuple(_fuller(link, slot_minutes) for link in whole.links),
            "plants": tuple(
                plant if number % 2 else _emptied(plant)
                for number, plant in enumerate(whole.plants)
            ),
        }
    )
    return Instance.model_validate(changed.model_dump())


def _fuller(link: Link, slot_minutes: int) -> Link:
    whole = link.capacity_mpcu_h * slot_minutes // 60
    rooms = (max(0, whole - mpcu) * ROOM_PERCENT // 100 for mpcu in link.background_mpcu)
    return link.model_copy(update={"background_mpcu": tuple(whole - room for room in rooms)})


def _emptied(plant: Plant) -> Plant:
    """Inputs of must-run processes at their least, and no train to bring more."""
    must_run = {process.id for process in plant.processes if process.hazard_weight}
    stocks = tuple(
        _empty(stock)
        if stock.breach_process in must_run and stock.end_min_kg is not None
        else stock
        for stock in plant.stocks
    )
    return plant.model_copy(update={"stocks": stocks})


def _empty(stock: Stock) -> Stock:
    none = (0,) * len(stock.arrivals_kg)
    least = stock.min_kg
    return stock.model_copy(update={"now_kg": least, "end_min_kg": least, "arrivals_kg": none})
