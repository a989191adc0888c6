"""Which plants' data are as they were when the plan in force was made.

Two instances are held against each other over the slots that they share: a plant's own figures,
its measures slot by slot, and the roads and zones that its legs use. Stock intervals that the seam
or the end of a horizon cuts are left out, and so are levels, which move on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from solver.cut import Stretch
from solver.instance import Bar, Instance, Plant, TimeGrid


def unchanged_plants(
    former: Instance, now: Instance, slot: int, called_in: Collection[str] = ()
) -> Iterator[str]:
    """Plants of both instances that differ in nothing; `now` starts at `slot` of `former`. Streams
    and vehicle classes of emergency runs, `called_in`, are what a request was granted: no data."""
    shared = min(former.grid.n_slots - slot, now.grid.n_slots)
    if shared <= 0:
        return
    was, is_now = Stretch(former, slot, slot + shared).cut(), Stretch(now, 0, shared).cut()
    before, after = _Prints(was, called_in), _Prints(is_now, called_in)
    known = {plant.id: plant for plant in was.plants}
    for plant in is_now.plants:
        if plant.id in known and before.of(known[plant.id]) == after.of(plant):
            yield plant.id


class _Prints:
    """What of an instance concerns a plant, so that equal data give equal values."""

    def __init__(self, instance: Instance, called_in: Collection[str]) -> None:
        self._instance, self._called_in = instance, called_in
        self._whole = _whole_intervals(instance.grid)
        self._links = {link.id: link for link in instance.links}
        self._zones = {zone.id: zone for zone in instance.zones}
        self._paths = {path.id: path.links for path in instance.paths}
        self._classes = {vehicle.id: vehicle for vehicle in instance.vehicle_classes}

    def of(self, whole: Plant) -> tuple[object, ...]:
        plant = self._less_called_in(whole)
        legs = [leg for stream in plant.streams for leg in stream.legs]
        ways = sorted({path for leg in legs for path in (leg.path_out, leg.path_back)})
        links = sorted({link for path in ways for link in self._paths[path]})
        zones = sorted({self._links[link].zone for link in links})
        return (
            _figures(plant, self._whole),
            tuple((path, self._paths[path]) for path in ways),
            tuple(self._links[link] for link in links),
            tuple(self._zones[zone] for zone in zones),
            tuple(self._classes[name] for name in sorted({leg.vehicle_class for leg in legs})),
            frozenset(self._limits(plant)),
            frozenset(self._trip_cuts(plant)),
            self._output_cuts(plant),
            self._bars(plant, set(links), set(zones)),
        )

    def _less_called_in(self, plant: Plant) -> Plant:
        return plant.model_copy(
            update={
                "streams": tuple(s for s in plant.streams if s.id not in self._called_in),
                "fleets": tuple(f for f in plant.fleets if f.vehicle_class not in self._called_in),
            }
        )

    def _limits(self, plant: Plant) -> Iterator[tuple[object, ...]]:
        for limit in self._instance.window_limits:
            if limit.plant == plant.id:
                shape = limit.model_dump(exclude={"id", "clause", "first_slot", "end_slot"})
                for slot in range(limit.first_slot, limit.end_slot):
                    yield slot, *sorted(shape.items())

    def _trip_cuts(self, plant: Plant) -> Iterator[tuple[object, ...]]:
        kinds = {stream.kind for stream in plant.streams}
        for cut in self._instance.trip_cuts:
            if cut.plant == plant.id:
                exempt = kinds & set(cut.exempt_kinds)
                for slot in range(cut.first_slot, cut.end_slot):
                    yield slot, cut.cut_percent, frozenset(exempt), cut.safe_production_exempt

    def _output_cuts(self, plant: Plant) -> tuple[tuple[str, int, int], ...]:
        own = {process.id for process in plant.processes}
        largest: dict[tuple[str, int], int] = {}
        for cut in self._instance.output_cuts:
            if cut.process in own:
                for interval in range(cut.first_interval, cut.end_interval):
                    key = cut.process, interval
                    largest[key] = max(cut.cut_percent, largest.get(key, 0))
        return tuple((*key, percent) for key, percent in sorted(largest.items()))

    def _bars(self, plant: Plant, links: set[str], zones: set[str]) -> frozenset[object]:
        """Of trucks that the plant sends on such errands."""
        sent = {(s.kind, leg.vehicle_class) for s in plant.streams for leg in s.legs}
        return frozenset(
            (slot, kind, vehicle, place)
            for bar in self._instance.bars
            for place in _places(bar, plant, links, zones)
            for slot in range(bar.first_slot, bar.end_slot)
            for kind in bar.kinds
            for vehicle in bar.classes
            if (kind, vehicle) in sent
        )


def _places(bar: Bar, plant: Plant, links: set[str], zones: set[str]) -> list[tuple[str, str]]:
    """Not single gates: such a bar is what a request gave back, which changes no data."""
    found = [("plant", plant.id)] if plant.id in bar.plants else []
    found += [("link", link) for link in sorted(links & set(bar.links))]
    return found + [("zone", zone) for zone in sorted(zones & set(bar.zones))]


def _whole_intervals(grid: TimeGrid) -> slice:
    """The stock intervals but for the first one, and the last one if the end cuts it."""
    n = grid.n_intervals
    is_whole = len(grid.slots_of_interval(n - 1)) == grid.interval_slots
    return slice(1, n if is_whole else n - 1)


def _figures(plant: Plant, whole: slice) -> tuple[object, ...]:
    """A plant without its levels, in whole stock intervals."""
    return (
        plant.gates,
        plant.streams,
        plant.fleets,
        plant.cap_floor_trips,
        tuple(
            p.model_copy(update={"rate_max": p.rate_max[whole], "rate_min": p.rate_min[whole]})
            for p in plant.processes
        ),
        tuple(
            s.model_copy(
                update={
                    "now_kg": 0,
                    "arrivals_kg": s.arrivals_kg[whole],
                    "dispatches_kg": s.dispatches_kg[whole],
                }
            )
            for s in plant.stocks
        ),
    )
