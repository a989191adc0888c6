"""One method on one instance, in a process of its own whose memory is watched: rows of a table."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import psutil

from benchmarks.methods import Outcome, carry_out
from benchmarks.tiers import Method, Tier
from scheduler.executors import executor_of
from solver.check import find_violations, stage_values
from solver.instance import Instance, StageName
from solver.plan import Plan
from solver.solve import Progress
from solver.worth import bounds_alone

WATCH_S = 0.2
NEAR_PERCENT = (5.0, 2.0, 1.0, 0.5)
"""Gaps whose first moment is told."""


@dataclass
class Seen:
    """What came of a run: seconds, memory of all its processes, and every better value told."""

    seconds: float = 0.0
    peak_mib: int = 0
    progress: list[Progress] = field(default_factory=list)
    outcome: Outcome | None = None
    died: int | None = None


def measure(method: Method, tier: Tier, instance: Instance, seed: int, workers: int) -> Seen:
    """Run a method to its end. One that dies of its memory or a crash leaves no outcome."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    arguments = (there, method, instance, tier.seconds, workers, seed)
    child = spawn.Process(target=_run, args=arguments)
    child.start()
    there.close()
    seen = Seen()
    while True:
        seen.peak_mib = max(seen.peak_mib, _memory_mib(child.pid))
        try:
            if here.poll(WATCH_S):
                told = here.recv()
                if isinstance(told, Progress):
                    seen.progress.append(told)
                else:
                    seen.seconds, seen.outcome = told
        except EOFError:
            break
    child.join()
    seen.died = child.exitcode or None
    return seen


def _memory_mib(pid: int | None) -> int:
    """Proportional memory of a process and of all that it has begun."""
    total = 0
    try:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            total += process.memory_full_info().pss
    except psutil.Error:
        return 0
    return total // 2**20


def _run(
    pipe: Connection, method: Method, instance: Instance, seconds: float, workers: int, seed: int
) -> None:
    began = time.monotonic()

    def tell(progress: Progress) -> None:
        at = time.monotonic() - began
        pipe.send(Progress(progress.stage, progress.value, progress.bound, at))

    outcome = carry_out(method, instance, seconds, workers, seed, tell)
    pipe.send((time.monotonic() - began, outcome))


def rows_of(
    instance: Instance, seen: Seen, units: Mapping[StageName, int], alone: Mapping[StageName, int]
) -> list[dict[str, object]]:
    """One row a stage: what it is worth by the checker, how well proved and how soon."""
    outcome = seen.outcome
    if outcome is None:
        return [{"stage": "", "status": f"died ({seen.died})", **_run_columns(seen)}]
    values, status = dict(outcome.values), "no lawful plan"
    if outcome.decisions is not None:
        values = {s.name: s.value for s in stage_values(instance, outcome.decisions)}
        plan = outcome.plan or Plan(
            instance_digest=instance.digest, status="feasible", decisions=outcome.decisions
        )
        n_violations = len(find_violations(instance, plan))
        status = f"{n_violations} violations" if n_violations else plan.status
    rows: list[dict[str, object]] = []
    for stage, value in values.items():
        bound = outcome.bounds.get(stage)
        row: dict[str, object] = {"stage": stage, "status": status, "value": value}
        row |= _run_columns(seen)
        if bound is not None:
            row |= {"bound": bound, "gap": _gap(value, bound, units[stage])}
            row["net_gap"] = _net_gap(value, bound, alone.get(stage), units[stage])
            row["stage_s"] = round(outcome.stage_seconds.get(stage, 0.0), 2)
            told = [p for p in seen.progress if p.stage == stage]
            for percent in NEAR_PERCENT:
                row[f"to_{percent:g}_percent_s"] = _reached(told, bound, units[stage], percent)
        rows.append(row)
    return rows or [{"stage": "", "status": status, **_run_columns(seen)}]


def _run_columns(seen: Seen) -> dict[str, object]:
    first = seen.progress[0].seconds if seen.progress else seen.seconds
    return {
        "seconds": round(seen.seconds, 2),
        "first_plan_s": round(first, 2),
        "peak_mib": seen.peak_mib,
    }


def _gap(value: int, bound: int, unit: int) -> float:
    return round((value - bound) / max(value, unit), 6)


def _net_gap(value: int, bound: int, alone: int | None, unit: int) -> float | str:
    """The gap beside what plants alone on the roads would leave open."""
    if alone is None:
        return ""
    return round((value - bound) / max(value - alone, unit), 6)


def _reached(told: Sequence[Progress], bound: int, unit: int, percent: float) -> float | str:
    """Seconds to the first value within a gap of the bound that was proved in the end."""
    for progress in told:
        if 100 * (progress.value - bound) <= percent * max(progress.value, unit):
            return round(progress.seconds, 2)
    return ""


def alone_of(instance: Instance, plan: Plan, workers: int) -> dict[StageName, int]:
    """Bounds at zero prices of roads, for the net gap; not part of any time that is told."""
    with executor_of(workers) as executor:
        return bounds_alone(instance, plan, executor)
