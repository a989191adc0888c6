"""A second opinion: what CP-SAT calls infeasible is solved another way before a no is told.

HiGHS branches on the linear relaxation in floating point and shares no code with CP-SAT: where both
say no, no integer point keeps the rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, NamedTuple

from solver.engine import Limits, minimise
from solver.linear import Expression, Rows

Verdict = Literal["infeasible", "feasible", "unknown"]

NODES = 500
"""Nodes after which HiGHS ends: they are counted, so a repeat ends at the same one."""

GUARD_S = 10.0
"""Seconds after which HiGHS is given up all the same. A clock, so a repeat could differ."""


class Opinion(NamedTuple):
    """What the second way says; `clocked`: only the clock ended it; CP-SAT's counted work."""

    verdict: Verdict
    clocked: bool = False
    counted_work: float = 0.0


def second_opinion(
    rows: Rows,
    work: float,
    guard_s: float = GUARD_S,
    nodes: int = NODES,
    presolve: bool = False,
) -> Opinion:
    """Whether rows that one solve called infeasible are so by a second way: CP-SAT without
    presolve (with it where the first solve was without) or, where the work allowed does not decide,
    HiGHS, unless it may have no nodes."""
    again = minimise(rows, Expression(), Limits(counted_work=work, presolve=presolve))
    if again.verdict == "unknown" and nodes:
        return by_highs(rows, guard_s)._replace(counted_work=again.counted_work)
    verdict: Verdict = "unknown"
    if again.verdict != "unknown":
        verdict = "infeasible" if again.verdict == "infeasible" else "feasible"
    return Opinion(verdict, counted_work=again.counted_work)


def by_highs(rows: Rows, guard_s: float = GUARD_S) -> Opinion:
    """What HiGHS says of rows of integer variables."""
    from ortools.math_opt.python import mathopt  # most noes need no HiGHS, and no wait for it

    from solver.relax import program_of, proto_of

    program = program_of(rows.lower, rows.upper, [(rows, 0)], Expression())
    model = mathopt.Model.from_model_proto(proto_of(program, 1, integers=True))
    limits = mathopt.SolveParameters(
        time_limit=timedelta(seconds=guard_s), node_limit=NODES, random_seed=0
    )
    end = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits).termination
    if end.reason is mathopt.TerminationReason.INFEASIBLE:
        return Opinion("infeasible")
    if end.reason in (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.FEASIBLE):
        return Opinion("feasible")
    return Opinion("unknown", clocked=end.limit is mathopt.Limit.TIME)
