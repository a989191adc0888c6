"""The linear relaxation: what shared capacity is worth.

Rows are the same as CP-SAT's. The relaxation is solved in floating point by a first-order method
that ends after so many rounds, so the same rows give the same prices whatever the clock says.
Nothing of it is told as proved; `solver/prices.py` proves bounds from its prices in integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt
from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2
from ortools.math_opt.core.python import solver
from ortools.math_opt.python import mathopt
from ortools.pdlp import solvers_pb2

from solver.linear import Expression, Rows

CLOSE = 1e-4
"""Relative error of value and rows at which the method ends before its last round."""

HANDED_AT_ONCE = 1_000_000
"""Terms that are Python numbers at once on their way to the method: a province has many more."""


@dataclass(frozen=True)
class Relaxation:
    """Nearly an optimum of the relaxation: its value and the duals of the rows, `[n_rows]`, in
    units of the objective per unit of the right-hand side (never positive for an upper side)."""

    value: float
    duals: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Program:
    """Rows and an expression to minimise in arrays: they take a tenth of the time to hand to
    another process. The rows' terms follow each other, `lengths` of them a row."""

    lower: list[int]
    upper: list[int]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    coefficients: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    objective: Expression


def program_of(
    lower: list[int], upper: list[int], parts: Sequence[tuple[Rows, int]], objective: Expression
) -> Program:
    """The rows of all parts over variables with these bounds; a part's own are found so many
    places later."""
    rows = [row for part, _ in parts for row in part.rows]
    lengths = np.fromiter((len(row.terms) for row in rows), np.int32, len(rows))
    pairs = chain.from_iterable(chain.from_iterable(row.terms for row in rows))
    flat = np.fromiter(pairs, np.int64, 2 * int(lengths.sum())).reshape(-1, 2)
    shifts = np.repeat([shift for _, shift in parts], [len(part.rows) for part, _ in parts])
    infinity = float("inf")
    return Program(
        lower,
        upper,
        np.array([-infinity if row.low is None else row.low for row in rows]),
        np.array([infinity if row.high is None else row.high for row in rows]),
        lengths,
        (flat[:, 1] + np.repeat(shifts, lengths)).astype(np.int32),
        flat[:, 0].copy(),
        objective,
    )


def relax(program: Program, rounds: int) -> Relaxation | None:
    """Minimise over the linear relaxation; None if no dual solution came of it."""
    largest = max((abs(c) for c, _ in program.objective.terms), default=1)
    program, weights = _levelled(program)
    options = solvers_pb2.PrimalDualHybridGradientParams()
    options.num_threads = 1
    options.termination_criteria.iteration_limit = rounds
    options.termination_criteria.simple_optimality_criteria.eps_optimal_relative = CLOSE
    options.termination_criteria.simple_optimality_criteria.eps_optimal_absolute = CLOSE
    # What `mathopt.solve` calls: its own copies of model and result take as long as the method.
    result = solver.solve(
        proto_of(program, largest),
        mathopt.SolverType.PDLP.value,
        parameters_pb2.SolverInitializerProto(),
        mathopt.SolveParameters(pdlp=options).to_proto(),
        model_parameters_pb2.ModelSolveParametersProto(),
        None,
        callback_pb2.CallbackRegistrationProto(),
        None,
        None,
    )
    if not result.solutions:
        return None
    dual = result.solutions[0].dual_solution
    if not dual.HasField("objective_value"):
        return None
    duals = np.zeros(len(program.lengths))
    duals[list(dual.dual_values.ids)] = list(dual.dual_values.values)
    return Relaxation(dual.objective_value * largest, duals * largest / weights)


def _levelled(program: Program) -> tuple[Program, npt.NDArray[np.float64]]:
    """Every row divided by its largest coefficient, and these: errors count in relation to all
    right-hand sides together, and rows in kilograms would hide those in trucks."""
    weights = np.ones(len(program.lengths))
    some = program.lengths > 0
    firsts = (np.cumsum(program.lengths) - program.lengths)[some]
    if len(firsts):
        weights[some] = np.maximum.reduceat(np.abs(program.coefficients), firsts)
    levelled = replace(
        program,
        low=program.low / weights,
        high=program.high / weights,
        coefficients=program.coefficients / np.repeat(weights, program.lengths),
    )
    return levelled, weights


def proto_of(program: Program, scale: int, *, integers: bool = False) -> model_pb2.ModelProto:
    """A program as another engine reads it, the objective divided by `scale`."""
    proto = model_pb2.ModelProto()
    n, objective = len(program.lower), program.objective.merged()
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend(program.lower)
    proto.variables.upper_bounds.extend(program.upper)
    proto.variables.integers.extend([integers] * n)
    costs = sorted((v, c / scale) for c, v in objective.terms)
    proto.objective.offset = objective.constant / scale
    proto.objective.linear_coefficients.ids.extend(v for v, _ in costs)
    proto.objective.linear_coefficients.values.extend(cost for _, cost in costs)
    proto.linear_constraints.ids.extend(range(len(program.lengths)))
    proto.linear_constraints.lower_bounds.extend(program.low.tolist())
    proto.linear_constraints.upper_bounds.extend(program.high.tolist())
    numbers = np.repeat(np.arange(len(program.lengths), dtype=np.int32), program.lengths)
    order = np.lexsort((program.columns, numbers))
    matrix = proto.linear_constraint_matrix
    for first in range(0, len(order), HANDED_AT_ONCE):
        some = slice(first, first + HANDED_AT_ONCE)
        matrix.row_ids.extend(numbers[some].tolist())
        matrix.column_ids.extend(program.columns[order[some]].tolist())
        matrix.coefficients.extend(program.coefficients[order[some]].astype(np.float64).tolist())
    return proto
