"""What a form of requests offers: the streams, gates and windows of plants, by their names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from api.console.facts import Name, Registry
from api.console.worked import Worked
from scheduler.askable import Askable, windows_left
from scheduler.domain.gate_window import GateWindow
from solver.instance import Plant, Stream


@dataclass(frozen=True, slots=True)
class OfferedWindow:
    """A window of a gate that may be given up, and what stands for it in a form."""

    gate: Name
    window: GateWindow

    @property
    def value(self) -> str:
        ends = (self.window.opens_at, self.window.closes_at)
        return "|".join((self.window.gate, *(end.isoformat() for end in ends)))


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be asked for a plant, of an alert's newest publication."""

    alert: str
    plant: str
    enterprise: str
    name: Name
    streams: tuple[tuple[str, Stream, Name], ...]
    """Ids, and the names of their goods."""
    gates: tuple[tuple[str, Name], ...]
    windows: tuple[OfferedWindow, ...]


@dataclass(frozen=True, slots=True)
class Offers:
    """`own` are the plants that may ask, `others` those that they may swap with."""

    own: tuple[Offer, ...] = ()
    others: tuple[Offer, ...] = ()
    soonest: datetime | None = None
    until: datetime | None = None
    slot_minutes: int = 30

    def of_stream(self, stream: str) -> Offer | None:
        return next((o for o in self.own if stream in (row[0] for row in o.streams)), None)

    def of_gate(self, gate: str) -> Offer | None:
        return next((o for o in self.own if gate in (row[0] for row in o.gates)), None)

    def own_window(self, value: str) -> tuple[Offer, GateWindow] | None:
        return _window(self.own, value)

    def their_window(self, value: str) -> tuple[Offer, GateWindow] | None:
        return _window(self.others, value)


def _window(among: tuple[Offer, ...], value: str) -> tuple[Offer, GateWindow] | None:
    for offer in among:
        for row in offer.windows:
            if row.value == value:
                return offer, row.window
    return None


def offers_of(found: list[Askable], worked: Worked, enterprise: str) -> Offers:
    """What an enterprise may ask now; no plants where nothing can be asked any more."""
    live = [one for one in found if not one.is_over]
    every = [offer for one in live for offer in _offers(one, worked)]
    own = tuple(offer for offer in every if offer.enterprise == enterprise)
    mine = [one for one in live if one.alert in {offer.alert for offer in own}]
    if not mine:
        return Offers()
    schedule, _ = worked.of(mine[0].publication)
    alerts = {one.alert for one in mine}
    return Offers(
        own=own,
        others=tuple(
            o for o in every if o.alert in alerts and o.windows and (o not in own or len(own) > 1)
        ),
        soonest=min(one.soonest for one in mine),
        until=max(one.until for one in mine),
        slot_minutes=schedule.instance.grid.slot_minutes,
    )


def _offers(found: Askable, worked: Worked) -> Iterator[Offer]:
    schedule, _ = worked.of(found.publication)
    registry = schedule.published.registry
    for plant in schedule.instance.plants:
        facts = registry.plants.get(plant.id)
        if facts is not None:
            yield Offer(
                alert=found.alert,
                plant=plant.id,
                enterprise=facts.enterprise,
                name=facts.name,
                streams=tuple((s.id, s, registry.name_of(s.good)) for s in plant.streams if s.legs),
                gates=tuple((gate.id, registry.name_of(gate.id)) for gate in plant.gates),
                windows=tuple(_windows(found, worked, plant, registry)),
            )


def _windows(
    found: Askable, worked: Worked, plant: Plant, registry: Registry
) -> Iterator[OfferedWindow]:
    """Those of the published stretch: what is planned beyond is told to nobody yet."""
    schedule, _ = worked.of(found.publication)
    decisions = schedule.published.plan.decisions
    assert decisions is not None, "what is published decides"
    grid = schedule.instance.grid
    published_until = grid.at(schedule.published.end_slot)
    for gate in plant.gates:
        for window in windows_left(found, grid, decisions, gate.id):
            if window.opens_at < published_until:
                yield OfferedWindow(registry.name_of(gate.id), window)
