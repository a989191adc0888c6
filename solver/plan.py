"""The plan: what is decided, what it is worth and how well that is proved.

A plan file is as good as its decisions: any solver may write one, and `find_violations` judges it
by the instance alone. The digest covers the instance's digest and the decisions, nothing that
depends on the clock or the machine: values follow from the decisions, and a bound stands or falls
with its certificate, which anyone can prove again.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Literal

import rfc8785
from pydantic import Field

from solver.instance import Count, Id, Positive, Signed, StageName, Value

PlanStatus = Literal["optimal", "feasible", "infeasible", "none", "cancelled"]
"""optimal: every stage proved; feasible: lawful, not every stage proved; infeasible: locked trips
cannot all be kept (`conflicts` names them); none: no plan found in the work allowed; cancelled."""

Proof = Literal["optimal", "bound", "prices", "none"]
"""How a stage's bound was proved: closed by the solver, the solver's own bound, a certificate of
prices, or nothing beyond the trivial bound."""


class Window(Value):
    """Gate `gate` is open in the slots `[first_slot, end_slot)`."""

    gate: Id
    first_slot: Count
    end_slot: Positive


class Departure(Value):
    """`trips` cycles of a leg start in a slot, locked ones included."""

    leg: Id
    slot: Count
    trips: Positive


class Release(Value):
    """`trips` trucks of a waiting leg leave the plant again at the start of a slot."""

    leg: Id
    slot: Count
    trips: Positive


class Rates(Value):
    """Rate of a process per stock interval, `[n_intervals]`."""

    process: Id
    rates: tuple[Count, ...]


class Refusal(Value):
    """kg of a stock's exogenous arrival or dispatch that do not take place in an interval."""

    stock: Id
    interval: Count
    what: Literal["arrival", "dispatch"]
    kg: Positive


class SafeTrips(Value):
    """Trips of a stream on a local day that the trip cap does not count, being needed to hold
    the least rate of a must-run process."""

    stream: Id
    day: Count
    trips: Positive


class Decisions(Value):
    """All that a plan decides, each tuple sorted by its keys."""

    windows: tuple[Window, ...] = ()
    departures: tuple[Departure, ...] = ()
    releases: tuple[Release, ...] = ()
    rates: tuple[Rates, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    safe_trips: tuple[SafeTrips, ...] = ()


class Price(Value):
    """What one mPCU of a link or zone in a slot costs, in units of the stage x scale."""

    what: Literal["link", "zone"]
    id: Id
    slot: Count
    price: Positive


class Multiplier(Value):
    """What one unit of an earlier stage costs, in units of the stage x scale."""

    stage: StageName
    factor: Positive


class Least(Value):
    """What a plant alone is proved to cost at least: stage x scale, multipliers and prices."""

    plant: Id
    least: Signed


class Certificate(Value):
    """Why a bound holds: every plant alone at these prices and multipliers costs at least so
    much. With `capped_by`, plants cost of these earlier stages no more than is left of what was
    handed on once every other plant costs its least, as the first certificate of that stage
    without prices and multipliers says. docs/model.md, "Bound", has the sum and its proof."""

    scale: Positive
    prices: tuple[Price, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    capped_by: tuple[StageName, ...] = ()
    least: tuple[Least, ...]


class StageResult(Value):
    """A stage's value, the bound proved for it over all plans whose earlier stages are no worse
    than what was handed on, and the gap (value - bound) / max(value, unit_value)."""

    name: StageName
    unit: str
    unit_value: Positive
    value: Count
    bound: Count
    gap: Annotated[float, Field(ge=0)]
    proof: Proof
    handed_on: Count
    certificates: tuple[Certificate, ...] = ()
    """By prices, the bound is the greatest that one of these proves; empty: the whole model's."""
    seconds: float = 0.0


class LockedConflict(Value):
    """A locked trip that cannot be kept, and the law and clause or object in its way."""

    leg: Id
    slot: Count
    trips: Positive
    law: str
    where: str


class CalmCost(Value):
    """Exposure that a plant of a re-plan could save alone, beside the others, if moving departures
    and ends of windows cost nothing; what one saves another may need, so these do not add up."""

    plant: Id
    exposure: Count
    windows: Literal["near", "held"] = "near"
    """Whether ends of its windows could move by a little when it was asked, or none could, for want
    of work: then it may be more."""


class Plan(Value):
    """The answer to an instance."""

    format: Literal["cuofeng-plan"] = "cuofeng-plan"
    version: Literal[1] = 1
    instance_digest: str
    status: PlanStatus
    decisions: Decisions | None = None
    stages: tuple[StageResult, ...] = ()
    conflicts: tuple[LockedConflict, ...] = ()
    calm_cost: tuple[CalmCost, ...] = ()
    """Of a re-plan, of every plant that was asked, what keeping to the plan in force cost."""
    solver: str = ""
    """Name and versions of what made it."""
    seed: Count = 0
    counted_work: float | None = None
    """Deterministic work allowed, None where only a clock bounded the search."""
    started_from: str | None = None
    """Digest of the plan that the search was given to start from."""
    reproducible: bool = False
    """True when no clock could have changed the decisions."""
    seconds: float = 0.0

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of the canonical form of instance digest and decisions."""
        body = {
            "instance_digest": self.instance_digest,
            "decisions": None if self.decisions is None else self.decisions.model_dump(mode="json"),
        }
        return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def read_plan(text: str | bytes) -> Plan:
    """Read a plan from JSON. Raises pydantic.ValidationError naming every fault."""
    return Plan.model_validate_json(text)
