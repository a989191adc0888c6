"""The decisions of a plan with those of some plants put in place of theirs."""

from __future__ import annotations

from collections.abc import Sequence

from solver.alone import decisions_about
from solver.check import CheckReport, check
from solver.checks.cycles import World
from solver.instance import Instance
from solver.plan import Decisions, Plan


def spliced(
    instance: Instance,
    plan: Plan,
    plants: Sequence[str],
    theirs: Decisions,
    world: World | None = None,
) -> tuple[Plan, CheckReport]:
    """A plan with `theirs` put in place of what it decides about some plants, and what the checker,
    which passes it, says of it. `world` is the instance's, where it is at hand."""
    assert plan.decisions is not None, "a plan without decisions has none to replace"
    whole = Plan(
        instance_digest=instance.digest,
        status="feasible",
        decisions=splice(instance, plan.decisions, plants, theirs),
        solver=plan.solver,
    )
    report = check(instance, whole, world)
    if not report.ok:
        raise AssertionError(f"the plan put together breaks laws: {report.violations[:3]}")
    return whole, report


def splice(
    instance: Instance, decisions: Decisions, plants: Sequence[str], theirs: Decisions
) -> Decisions:
    """All that is decided about other plants, and `theirs`, sorted by their keys."""
    others = [plant for plant in instance.plants if plant.id not in plants]
    kept = decisions_about(decisions, others)
    return Decisions(
        windows=tuple(
            sorted((*kept.windows, *theirs.windows), key=lambda w: (w.gate, w.first_slot))
        ),
        departures=tuple(
            sorted((*kept.departures, *theirs.departures), key=lambda d: (d.leg, d.slot))
        ),
        releases=tuple(sorted((*kept.releases, *theirs.releases), key=lambda r: (r.leg, r.slot))),
        rates=tuple(sorted((*kept.rates, *theirs.rates), key=lambda r: r.process)),
        refusals=tuple(
            sorted((*kept.refusals, *theirs.refusals), key=lambda r: (r.stock, r.interval, r.what))
        ),
        safe_trips=tuple(
            sorted((*kept.safe_trips, *theirs.safe_trips), key=lambda s: (s.stream, s.day))
        ),
    )
