"""One plant of a plan, or a few, in what all other plants leave of links and zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from solver.checks.cycles import World
from solver.checks.traffic import Traffic
from solver.derive import Cell, Derived
from solver.instance import Instance, Plant
from solver.plan import Decisions


@dataclass(frozen=True)
class Taken:
    """mPCU that other plants' trips bring onto links and into zones, by slot."""

    links: Counter[Cell]
    zones: Counter[Cell]


def taken_by_others(instance: Instance, decisions: Decisions, *plant_ids: str) -> Taken:
    """What all plants but those named take."""
    others = [plant for plant in instance.plants if plant.id not in plant_ids]
    return _taken(World(instance_of(instance, others)), decisions_about(decisions, others))


class Everyone:
    """What all plants of a plan take, some plants' part left out when asked."""

    def __init__(self, instance: Instance, decisions: Decisions) -> None:
        self.world = World(instance)
        self._all = _taken(self.world, decisions)

    def but(self, own: Instance, decisions: Decisions) -> Taken:
        """On the roads of some plants, `own` being their instance and `decisions` their part."""
        ours = _taken(World(own), decisions)
        return Taken(
            _less(self._all.links, ours.links, {link.id for link in own.links}),
            _less(self._all.zones, ours.zones, {zone.id for zone in own.zones}),
        )


def _taken(world: World, decisions: Decisions) -> Taken:
    traffic = Traffic(world, decisions)
    links, zones = traffic.link_mpcu, traffic.zone_mpcu
    return Taken(links.own + links.others, zones.own + zones.others)


def _less(all_mpcu: Counter[Cell], ours: Counter[Cell], places: set[str]) -> Counter[Cell]:
    there = Counter({cell: mpcu for cell, mpcu in all_mpcu.items() if cell[0] in places})
    return there - ours


class Beside(Derived):
    """An instance of some plants whose residual capacities are less what the others have taken."""

    def __init__(self, instance: Instance, taken: Taken) -> None:
        super().__init__(instance)
        self._taken = taken

    @cached_property
    def link_residuals_mpcu(self) -> dict[str, list[int]]:
        taken = self._taken.links
        return {
            link: [max(0, mpcu - taken[link, slot]) for slot, mpcu in enumerate(residuals)]
            for link, residuals in super().link_residuals_mpcu.items()
        }

    @cached_property
    def zone_residuals_mpcu(self) -> dict[str, list[int | None]]:
        taken = self._taken.zones
        return {
            zone: [
                None if mpcu is None else max(0, mpcu - taken[zone, slot])
                for slot, mpcu in enumerate(residuals)
            ]
            for zone, residuals in super().zone_residuals_mpcu.items()
        }


def alone(instance: Instance, *plant_ids: str) -> Instance:
    """The instance of one plant or a few: of roads and bars only what their trips can meet, and no
    other plant named in a bar; compared with no plan in force."""
    own = instance_of(instance, [plant for plant in instance.plants if plant.id in plant_ids])
    legs = [leg for plant in own.plants for stream in plant.streams for leg in stream.legs]
    wanted = {name for leg in legs for name in (leg.path_out, leg.path_back)}
    paths = tuple(path for path in instance.paths if path.id in wanted)
    driven = {name for path in paths for name in path.links}
    links = tuple(link for link in instance.links if link.id in driven)
    zones = {link.zone for link in links}
    classes = {leg.vehicle_class for leg in legs}
    gates = {gate.id for plant in own.plants for gate in plant.gates}
    bars = tuple(
        bar.model_copy(update={"plants": tuple(p for p in bar.plants if p in plant_ids)})
        for bar in instance.bars
        if classes & set(bar.classes)
        and (
            set(plant_ids) & set(bar.plants)
            or gates & set(bar.gates or ())
            or zones & set(bar.zones)
            or driven & set(bar.links)
        )
    )
    changes = {
        "paths": paths,
        "links": links,
        "zones": tuple(zone for zone in instance.zones if zone.id in zones),
        "bars": bars,
    }
    return own.model_copy(update=changes)


def instance_of(instance: Instance, plants: Sequence[Plant]) -> Instance:
    """The instance with some of its plants alone, and what its measures and state say of them."""
    ids = {plant.id for plant in plants}
    processes = {process.id for plant in plants for process in plant.processes}
    gates = {gate.id for plant in plants for gate in plant.gates}
    legs = {leg.id for plant in plants for stream in plant.streams for leg in stream.legs}
    state = instance.state
    kept = {
        "gates": tuple(g for g in state.gates if g.gate in gates),
        "processes": tuple(p for p in state.processes if p.process in processes),
        "plants": tuple(p for p in state.plants if p.plant in ids),
        "under_way": tuple(u for u in state.under_way if u.leg in legs),
        "held": tuple(h for h in state.held if h.leg in legs),
        "locked_trips": tuple(t for t in state.locked_trips if t.leg in legs),
        "locked_windows": tuple(w for w in state.locked_windows if w.gate in gates),
        "given_back": state.given_back and tuple(t for t in state.given_back if t.leg in legs),
    }
    changes = {
        "plants": tuple(plants),
        "window_limits": tuple(w for w in instance.window_limits if w.plant in ids),
        "trip_cuts": tuple(c for c in instance.trip_cuts if c.plant in ids),
        "output_cuts": tuple(c for c in instance.output_cuts if c.process in processes),
        "state": state.model_copy(update=kept),
        "published": None,
    }
    return instance.model_copy(update=changes)


def decisions_about(decisions: Decisions, plants: Sequence[Plant]) -> Decisions:
    """What is decided about some of the plants."""
    gates = {gate.id for plant in plants for gate in plant.gates}
    legs = {leg.id for plant in plants for stream in plant.streams for leg in stream.legs}
    processes = {process.id for plant in plants for process in plant.processes}
    stocks = {stock.id for plant in plants for stock in plant.stocks}
    streams = {stream.id for plant in plants for stream in plant.streams}
    return Decisions(
        windows=tuple(w for w in decisions.windows if w.gate in gates),
        departures=tuple(d for d in decisions.departures if d.leg in legs),
        releases=tuple(r for r in decisions.releases if r.leg in legs),
        rates=tuple(r for r in decisions.rates if r.process in processes),
        refusals=tuple(r for r in decisions.refusals if r.stock in stocks),
        safe_trips=tuple(s for s in decisions.safe_trips if s.stream in streams),
    )
