"""A second solver for what the first has proved: no whole point of some rows is worth less.

HiGHS, which branches in floating point and shares no code with CP-SAT, or CP-SAT without its
presolve, where wrong answers have come from. Either is asked for a point worth less: none is a
proof, one that holds in whole numbers refutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ortools.math_opt.python import mathopt

from solver.engine import Limits, minimise
from solver.linear import Expression, Row, Rows
from solver.relax import proto_of

Solver = Literal["highs", "cp-sat without presolve"]
Finding = Literal["proved", "refuted", "undecided"]


@dataclass(frozen=True)
class Opinion:
    """What the second solver says; `value` is what it found below, where it refutes."""

    finding: Finding
    value: int | None = None


def is_least(
    rows: Rows, objective: Expression, least: int, seconds: float, solver: Solver
) -> Opinion:
    """Whether no whole point of the rows is worth less than `least`."""
    if objective.constant + _least_by_bounds(rows, objective) >= least:
        return Opinion("proved")
    below = Rows()
    below.absorb(rows)
    try:
        below.row(objective.terms, None, least - 1 - objective.constant, "stage", "worth less")
    except ValueError:
        return Opinion("proved")
    ask = _by_highs if solver == "highs" else _by_cp_sat
    return ask(below, objective, seconds)


def _least_by_bounds(rows: Rows, objective: Expression) -> int:
    return sum(c * (rows.lower[v] if c > 0 else rows.upper[v]) for c, v in objective.terms)


def _by_cp_sat(rows: Rows, objective: Expression, seconds: float) -> Opinion:
    answer = minimise(rows, Expression(), Limits(seconds=seconds, presolve=False))
    if answer.verdict == "infeasible":
        return Opinion("proved")
    if answer.values:
        return Opinion("refuted", objective.value(answer.values))
    return Opinion("undecided")


def _by_highs(rows: Rows, objective: Expression, seconds: float) -> Opinion:
    """HiGHS reckons in binary64: what it finds counts only if it holds in whole numbers."""
    largest = max((abs(c) for c, _ in objective.terms), default=1)
    model = mathopt.Model.from_model_proto(proto_of(rows, objective, largest, integers=True))
    limits = mathopt.SolveParameters(time_limit=timedelta(seconds=seconds), random_seed=0)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits)
    if result.termination.reason is mathopt.TerminationReason.INFEASIBLE:
        return Opinion("proved")
    if result.has_primal_feasible_solution():
        values = [round(value) for value in result.variable_values(list(model.variables()))]
        if all(_holds(row, values) for row in rows.rows):
            return Opinion("refuted", objective.value(values))
    return Opinion("undecided")


def _holds(row: Row, values: list[int]) -> bool:
    total = sum(c * values[v] for c, v in row.terms)
    return (row.low is None or total >= row.low) and (row.high is None or total <= row.high)
