"""What a plant gives back: windows, or trips of a stream.

Nothing else of it moves. Windows that it keeps stay as planned, and so does every departure that is
not given back; where that makes safety or output worse, trips of a window that was given back may
depart in its other windows, as few as will do. What output it costs the plant is told: it may have
less to make than the plan knows of. What must run must run all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from solver.block import Block
from solver.check import find_violations
from solver.engine import Limits, minimise
from solver.granted import Granted, without_gates
from solver.instance import LARGEST_SAFE, GivenBack, Instance, LockedTrips, StageName
from solver.linear import Expression
from solver.plan import Decisions, Plan
from solver.trial import Found, Hold, Most
from solver.wish_trial import VITAL, FewerTrips, Wish, WishTrial, bound, fix

Key = tuple[str, int]

SAFETY: StageName = "safety_shortfall"
NOT_COUNTED: StageName = "changed_departures"
"""Of who gives trips back: that they change is what is asked."""


class GivingTrial(WishTrial):
    """The plant alone, with what it keeps held as planned; `moving`: trips that pass a gate that it
    shuts may depart at other times."""

    def __init__(
        self, instance: Instance, decisions: Decisions, wish: Wish, *, moving: bool
    ) -> None:
        super().__init__(instance, decisions, wish)
        self._moving = moving
        self._shut = {(run.gate, slot) for run in wish.shut for slot in run.slots}
        self._least = {(row.leg, row.slot): row.trips for row in wish.trips}
        self._left = {(row.leg, row.slot): row.trips for row in wish.left}

    def hold(self, blocks: Sequence[Block], hold: Hold | None) -> None:
        for block in blocks:
            self.settle(block)
            if hold is not None:
                hold(block)
                continue
            for key, variable in block.open.items():
                is_open = key in self.open and key not in self._shut
                fix(block, variable, int(is_open), f"gate {key[0]}, slot {key[1]}")
            self._hold_departures(block)
            if self.wish.fewer is not None:
                self._hold_fewer(block, self.wish.fewer)

    def _hold_departures(self, block: Block) -> None:
        """Departures as planned, but for those that may be given back; in moving mode at least."""
        given = set(self.wish.fewer.departures) if self.wish.fewer else set[Key]()
        for use, move, slot, variable in block.moves():
            key = use.leg.id, slot
            if any((gate, slot + after) in self._shut for gate, after in move.passages):
                fix(block, variable, 0, f"leg {key[0]}, slot {slot}")
            elif block.own.get(key) == variable:
                own = max(0, self._kept(key) - block.derived.locked.get(key, 0))
                low = 0 if key in given else own
                high = block.rows.upper[variable] if self._moving else own
                bound(block, variable, low, high, f"leg {key[0]}, slot {slot}")

    def _kept(self, key: Key) -> int:
        """Trips that the plant keeps of a departure, with what an earlier answer is held to."""
        left = min(self.planned[key], self._left.get(key, LARGEST_SAFE))
        return max(self._least.get(key, 0), left)

    def _hold_fewer(self, block: Block, fewer: FewerTrips) -> None:
        terms, trips = [], -fewer.trips
        for key in fewer.departures:
            trips += self.planned[key] - block.derived.locked.get(key, 0)
            if key in block.own:
                terms.append((1, block.own[key]))
        block.rows.row(terms, trips, trips, "asked", "trips given back")

    def fewest(self, work: float, most: Most) -> Found:
        """The plant's plan with as few departures as was found in the work allowed."""
        model = self.model(most)
        if model is None:
            return Found("no")
        total = Expression()
        for block in model.blocks:
            for variable in block.own.values():
                total.add(1, variable + model.shift[block.plant.id])
        limits = Limits(counted_work=work)
        answer = minimise(model.rows, total, limits, self.hint(model, self.decisions))
        if answer.values:
            return Found("fits", self.decisions_in(model, answer.values), answer.counted_work)
        return Found(self.denied(answer, model.rows, work), None, answer.counted_work)


def given_back(
    instance: Instance, decisions: Decisions, wish: Wish, work: float
) -> tuple[Found, GivingTrial, Most]:
    """The plant's plan without what it gives back: with no stage worse, else with neither safety
    nor output worse, else the same with trips at other times, else with as little output lost as
    was found and safety no worse; and the trial and the limits that were asked last."""
    kept = GivingTrial(instance, decisions, wish, moving=False)
    vital = {stage: kept.now[stage] for stage in VITAL}
    every = {stage: value for stage, value in kept.now.items() if stage != NOT_COUNTED}
    for limits in (every, vital):
        found = kept.least(work, limits)
        if found.decision == "fits":
            return found, kept, limits
    if wish.shut:
        found = GivingTrial(instance, decisions, wish, moving=True).fewest(work, vital)
        if found.decision == "fits":
            return found, kept, vital
    safe = {SAFETY: vital[SAFETY]}
    return kept.least(work, safe), kept, safe


def unlocked(instance: Instance, plan: Plan, plant: str, slot: int) -> tuple[Instance, Plan]:
    """The plan without the locks of a plant's departures from a slot on, so that what was granted
    can be given back; as it is where it needs them, as locks excuse what they make unavoidable."""
    legs = {leg.id for p in instance.plants if p.id == plant for s in p.streams for leg in s.legs}
    kept = tuple(t for t in instance.state.locked_trips if t.leg not in legs or t.slot < slot)
    state = instance.state.model_copy(update={"locked_trips": kept})
    free = instance.model_copy(update={"state": state})
    again = plan.model_copy(update={"instance_digest": free.digest})
    return (instance, plan) if find_violations(free, again) else (free, again)


def asked_again(instance: Instance, plan: Plan, wish: Wish) -> tuple[Instance, Plan]:
    """The plan without what the plant gave back of the gates and departures that it asks for now:
    the last word counts."""
    bars = without_gates(instance.bars, wish.open)
    legs = {
        leg.id
        for p in instance.plants
        for s in p.streams
        for leg in s.legs
        if wish.more is not None and s.id == wish.more.stream
    }
    held = {(row.leg, row.slot) for row in wish.trips}
    left = tuple(
        row
        for row in instance.state.given_back or ()
        if (row.leg, row.slot) not in held
        and not (wish.more and row.leg in legs and row.slot in wish.more.slots)
    )
    state = instance.state.model_copy(update={"given_back": left or None})
    if bars == instance.bars and state == instance.state:
        return instance, plan
    free = instance.model_copy(update={"bars": bars, "state": state})
    return free, plan.model_copy(update={"instance_digest": free.digest})


def granted_back(before: Decisions, after: Decisions, wish: Wish) -> Granted:
    """What later plans hold to: gates shut, no more trips than are left, and those moved."""
    planned, now = _trips(before), _trips(after)
    left = {(row.leg, row.slot): row.trips for row in wish.left}
    for key in wish.fewer.departures if wish.fewer else ():
        if now[key] < planned[key]:
            left[key] = now[key]
    moved = {key: n for key, n in now.items() if n > planned[key]}
    return Granted(
        name=wish.name,
        clause=wish.clause,
        shut=wish.shut,
        trips=tuple(LockedTrips(leg=leg, slot=t, trips=n) for (leg, t), n in sorted(moved.items())),
        left=tuple(GivenBack(leg=leg, slot=t, trips=n) for (leg, t), n in sorted(left.items())),
    )


def _trips(decisions: Decisions) -> Counter[Key]:
    return Counter({(d.leg, d.slot): d.trips for d in decisions.departures})
