"""A second solver for what the first has proved: no whole point of some rows is worth less.

HiGHS, which branches in floating point and shares no code with CP-SAT, or CP-SAT without its
presolve, where wrong answers have come from. Either is asked for a point worth less: none is a
proof, one that holds in whole numbers refutes. The work allowed is counted, so that a busy machine
proves what an idle one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ortools.math_opt.python import mathopt

from solver.engine import Limits, minimise
from solver.linear import Expression, Row, Rows
from solver.relax import program_of, proto_of

Solver = Literal["highs", "cp-sat without presolve"]
Finding = Literal["proved", "refuted", "undecided"]


@dataclass(frozen=True)
class Effort:
    """What one question may use: nodes of HiGHS's search, or CP-SAT's counted work; seconds only
    guard."""

    nodes: int = 20_000
    counted_work: float = 20.0
    seconds: float | None = None


@dataclass(frozen=True)
class Opinion:
    """What the second solver says; `value` is what it found below, where it refutes."""

    finding: Finding
    value: int | None = None


def is_least(
    rows: Rows, objective: Expression, least: int, effort: Effort, solver: Solver
) -> Opinion:
    """Whether no whole point of the rows is worth less than `least`."""
    if is_least_by_bounds(rows, objective, least):
        return Opinion("proved")
    below = Rows()
    below.absorb(rows)
    try:
        below.row(objective.terms, None, least - 1 - objective.constant, "stage", "worth less")
    except ValueError:
        return Opinion("proved")
    ask = _by_highs if solver == "highs" else _by_cp_sat
    return ask(below, objective, effort)


def is_least_by_bounds(rows: Rows, objective: Expression, least: int) -> bool:
    """Whether the variables' own bounds say so already, in whole numbers and without a search."""
    merged = objective.merged()
    lowest = sum(c * (rows.lower[v] if c > 0 else rows.upper[v]) for c, v in merged.terms)
    return merged.constant + lowest >= least


def _by_cp_sat(rows: Rows, objective: Expression, effort: Effort) -> Opinion:
    limits = Limits(seconds=effort.seconds, counted_work=effort.counted_work, presolve=False)
    answer = minimise(rows, Expression(), limits)
    if answer.verdict == "infeasible":
        return Opinion("proved")
    if answer.values:
        return Opinion("refuted", objective.value(answer.values))
    return Opinion("undecided")


def _by_highs(rows: Rows, objective: Expression, effort: Effort) -> Opinion:
    """HiGHS reckons in binary64: what it finds counts only if it holds in whole numbers."""
    largest = max((abs(c) for c, _ in objective.terms), default=1)
    program = program_of(rows.lower, rows.upper, [(rows, 0)], objective)
    model = mathopt.Model.from_model_proto(proto_of(program, largest, integers=True))
    guard = None if effort.seconds is None else timedelta(seconds=effort.seconds)
    limits = mathopt.SolveParameters(time_limit=guard, node_limit=effort.nodes, random_seed=0)
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
