"""Decisions put into the model: fixed there, is it feasible, and what is it worth?

    allows(instance, departures=departures(("ore.heavy", 0, 3)), windows=windows(("G", 0, 2)))

fixes what is named and leaves the rest to the model: departures and releases always (none unless
named), windows, rates, refusals and safe trips where given.
"""

from solver.compact import Compact, assemble, build_block
from solver.derive import Derived
from solver.engine import Answer, Limits, minimise
from solver.instance import Instance, StageName
from solver.linear import Expression
from solver.plan import Decisions, Departure, Rates, Refusal, Release, SafeTrips, Window


def model_of(instance: Instance) -> Compact:
    derived = Derived(instance)
    return assemble(derived, [build_block(derived, plant) for plant in derived.plants.values()])


class Fixed:
    """The model of an instance with some of its variables fixed."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.model = model_of(instance)
        self.possible = True

    def _fix(self, known: dict[int, int], wanted: int) -> None:
        """Fix variables; the decision fits only if all that was wanted has a variable."""
        rows = self.model.rows
        for variable, value in known.items():
            inside = rows.lower[variable] <= value <= rows.upper[variable]
            self.possible = self.possible and inside
            rows.lower[variable] = rows.upper[variable] = value
        self.possible = self.possible and sum(known.values()) == wanted

    def departures(self, departures: tuple[Departure, ...]) -> None:
        asked = {(d.leg, d.slot): d.trips for d in departures}
        known: dict[int, int] = {}
        kept = 0
        for block in self.model.blocks:
            shift = self.model.shift[block.plant.id]
            for key, variable in block.own.items():
                locked = block.derived.locked.get(key, 0)
                known[shift + variable] = asked.get(key, locked) - locked
        for block in self.model.blocks[:1]:
            kept = sum(block.derived.locked.values())
        self._fix(known, sum(asked.values()) - kept)

    def releases(self, releases: tuple[Release, ...]) -> None:
        asked = {(r.leg, r.slot): r.trips for r in releases}
        known = {
            self.model.shift[block.plant.id] + variable: asked.get(key, 0)
            for block in self.model.blocks
            for key, variable in block.released.items()
        }
        self._fix(known, sum(asked.values()))

    def windows(self, windows: tuple[Window, ...]) -> None:
        asked = {(w.gate, t) for w in windows for t in range(w.first_slot, w.end_slot)}
        known = {
            self.model.shift[block.plant.id] + variable: int(key in asked)
            for block in self.model.blocks
            for key, variable in block.open.items()
        }
        self._fix(known, len(asked))

    def rates(self, rates: tuple[Rates, ...]) -> None:
        asked = {(r.process, i): rate for r in rates for i, rate in enumerate(r.rates)}
        known = {
            self.model.shift[block.plant.id] + variable: asked.get(key, 0)
            for block in self.model.blocks
            for key, variable in block.rate.items()
        }
        self._fix(known, sum(asked.values()))

    def refusals(self, refusals: tuple[Refusal, ...]) -> None:
        asked = {(r.stock, r.interval, r.what): r.kg for r in refusals}
        known, kg = {}, 0
        for block in self.model.blocks:
            for key, (variable, grain) in block.refused.items():
                known[self.model.shift[block.plant.id] + variable] = asked.get(key, 0) // grain
                kg += asked.get(key, 0) // grain * grain
        self._fix(known, sum(known.values()))
        self.possible = self.possible and kg == sum(asked.values())

    def safe_trips(self, safe: tuple[SafeTrips, ...]) -> None:
        asked = {(s.stream, s.day): s.trips for s in safe}
        known = {
            self.model.shift[block.plant.id] + variable: asked.get(key, 0)
            for block in self.model.blocks
            for key, variable in block.safe.items()
        }
        self._fix(known, sum(asked.values()))

    def least(self, stage: StageName | None = None) -> Answer | None:
        """The least of a stage under what is fixed; None if nothing is feasible."""
        if not self.possible:
            return None
        objective = Expression() if stage is None else self.model.stages[stage]
        answer = minimise(self.model.rows, objective, Limits(seconds=60))
        assert answer.verdict in ("optimal", "infeasible"), answer.verdict
        return answer if answer.verdict == "optimal" else None


def fixed_to(instance: Instance, decisions: Decisions) -> Fixed:
    """The model with every decision fixed."""
    fixed = Fixed(instance)
    fixed.departures(decisions.departures)
    fixed.releases(decisions.releases)
    fixed.windows(decisions.windows)
    fixed.rates(decisions.rates)
    fixed.refusals(decisions.refusals)
    fixed.safe_trips(decisions.safe_trips)
    return fixed


def allows(
    instance: Instance,
    departures: tuple[Departure, ...] = (),
    releases: tuple[Release, ...] = (),
    windows: tuple[Window, ...] | None = None,
    rates: tuple[Rates, ...] | None = None,
    safe_trips: tuple[SafeTrips, ...] | None = None,
) -> bool:
    """Whether a plan with these decisions is lawful by the model."""
    fixed = Fixed(instance)
    fixed.departures(departures)
    fixed.releases(releases)
    if windows is not None:
        fixed.windows(windows)
    if rates is not None:
        fixed.rates(rates)
    if safe_trips is not None:
        fixed.safe_trips(safe_trips)
    return fixed.least() is not None
