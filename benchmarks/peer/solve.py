"""Stage after stage to the proof, and the plan that comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.peer.laws import add_fleets, add_roads_and_gates, add_trip_caps
from benchmarks.peer.mip import Found, Limits
from benchmarks.peer.model import Model
from benchmarks.peer.stages import add_stages
from benchmarks.peer.stocks import add_stocks
from benchmarks.peer.windows import add_windows
from solver.instance import Instance, StageName
from solver.plan import (
    Decisions,
    Departure,
    Plan,
    Rates,
    Refusal,
    Release,
    SafeTrips,
    Window,
)


@dataclass(frozen=True)
class PeerStage:
    """What HiGHS says of one stage; `value` is None where it found no plan."""

    name: StageName
    value: int | None
    bound: int
    proved: bool
    seconds: float


def solve_by_highs(
    instance: Instance,
    limits: Limits | None = None,
    handed_on: Mapping[StageName, int] | None = None,
    tell: Callable[[PeerStage], None] | None = None,
) -> tuple[Plan, list[PeerStage]]:
    """The plan of the last stage that had one, and what HiGHS said of every stage.

    `handed_on` says what later stages may spend of a stage, in place of what its own value
    hands on: so the values and bounds of another plan can be judged.
    """
    model = _whole(instance)
    stages, told, values = add_stages(model), list[PeerStage](), None
    budgets: dict[StageName, int] = {}
    for name, worth in stages.items():
        began = time.monotonic()
        found = model.mip.minimise(worth, limits or Limits(), values)
        told.append(_told(name, found, time.monotonic() - began))
        if tell is not None:
            tell(told[-1])
        values = found.values or values
        if values is None:
            break
        budgets[name] = _budget(instance, name, worth.value(values), handed_on)
        model.mip.at_most(worth, budgets[name])
    if values is None:
        return _plan(instance, None), told
    return _plan(instance, _decisions(model, values)), told


def _whole(instance: Instance) -> Model:
    model = Model(instance)
    model.add_trips()
    add_windows(model)
    add_roads_and_gates(model)
    add_stocks(model)
    add_trip_caps(model)
    add_fleets(model)
    return model


def _told(name: StageName, found: Found, seconds: float) -> PeerStage:
    return PeerStage(name, found.value, found.bound, found.proved, seconds)


def _budget(
    instance: Instance,
    stage: StageName,
    value: int,
    handed_on: Mapping[StageName, int] | None,
) -> int:
    if handed_on is not None:
        return handed_on[stage]
    permyriad = next((t.permyriad for t in instance.tolerances if t.stage == stage), 0)
    return value * (10_000 + permyriad) // 10_000


def _plan(instance: Instance, decisions: Decisions | None) -> Plan:
    """The plan claims no stage: what it is worth the checker tells."""
    return Plan(
        instance_digest=instance.digest,
        status="none" if decisions is None else "feasible",
        decisions=decisions,
        solver=f"HiGHS by highspy {version('highspy')}",
    )


def _decisions(model: Model, values: Sequence[int]) -> Decisions:
    departed = dict(model.trips.locked)
    for key, column in model.own.items():
        departed[key] = departed.get(key, 0) + values[column]
    rates: dict[str, list[int]] = {}
    for (process, _), column in model.rate.items():
        rates.setdefault(process, []).append(values[column])
    return Decisions(
        windows=tuple(_windows(model, values)),
        departures=tuple(
            Departure(leg=leg, slot=slot, trips=n)
            for (leg, slot), n in sorted(departed.items())
            if n
        ),
        releases=tuple(
            Release(leg=leg, slot=slot, trips=values[column])
            for (leg, slot), column in sorted(model.released.items())
            if values[column]
        ),
        rates=tuple(Rates(process=name, rates=tuple(run)) for name, run in sorted(rates.items())),
        refusals=tuple(
            Refusal(stock=stock, interval=interval, what=what, kg=values[column])
            for (stock, interval, what), column in sorted(model.refused.items())
            if values[column]
        ),
        safe_trips=tuple(
            SafeTrips(stream=stream, day=day, trips=values[column])
            for (stream, day), column in sorted(model.safe.items())
            if values[column]
        ),
    )


def _windows(model: Model, values: Sequence[int]) -> list[Window]:
    windows: list[Window] = []
    for (gate, slot), column in sorted(model.open.items()):
        if not values[column]:
            continue
        if windows and (windows[-1].gate, windows[-1].end_slot) == (gate, slot):
            windows[-1] = windows[-1].model_copy(update={"end_slot": slot + 1})
        else:
            windows.append(Window(gate=gate, first_slot=slot, end_slot=slot + 1))
    return windows
