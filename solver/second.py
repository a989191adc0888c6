"""A second opinion: what CP-SAT calls infeasible is solved another way before a no is told.

HiGHS branches on the linear relaxation in floating point and shares no code with CP-SAT: where both
say no, no integer point keeps the rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from ortools.math_opt.python import mathopt

from solver.engine import Limits, minimise
from solver.linear import Expression, Rows
from solver.relax import proto_of

Opinion = Literal["infeasible", "feasible", "unknown"]

GUARD_S = 5.0
"""Seconds after which HiGHS, which counts no work, is given up."""

NODES = 2000


def surely_infeasible(rows: Rows, work: float, guard_s: float = GUARD_S) -> bool:
    """Whether rows that one solve called infeasible are so by a second way: CP-SAT without
    presolve or, where the work allowed does not decide, HiGHS."""
    again = minimise(rows, Expression(), Limits(counted_work=work, presolve=False))
    if again.verdict != "unknown":
        return again.verdict == "infeasible"
    return by_highs(rows, guard_s) == "infeasible"


def by_highs(rows: Rows, guard_s: float = GUARD_S) -> Opinion:
    """What HiGHS says of rows of integer variables."""
    model = mathopt.Model.from_model_proto(proto_of(rows, Expression(), 1, integers=True))
    limits = mathopt.SolveParameters(
        time_limit=timedelta(seconds=guard_s), node_limit=NODES, random_seed=0
    )
    reason = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits).termination.reason
    if reason is mathopt.TerminationReason.INFEASIBLE:
        return "infeasible"
    if reason in (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.FEASIBLE):
        return "feasible"
    return "unknown"
