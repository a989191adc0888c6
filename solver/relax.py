"""The linear relaxation: what shared capacity is worth.

Rows are the same as CP-SAT's. The relaxation is solved in floating point by a first-order method
that ends after so many rounds, so the same rows give the same prices whatever the clock says.
Nothing of it is told as proved; `solver/prices.py` proves bounds from its prices in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.pdlp import solvers_pb2

from solver.linear import Expression, Rows

CLOSE = 1e-4
"""Relative error of value and rows at which the method ends before its last round."""


@dataclass(frozen=True)
class Relaxation:
    """Nearly an optimum of the relaxation: its value and the duals of the rows, `[n_rows]`, in
    units of the objective per unit of the right-hand side (never positive for an upper side)."""

    value: float
    duals: npt.NDArray[np.float64]


def relax(rows: Rows, objective: Expression, rounds: int) -> Relaxation | None:
    """Minimise over the linear relaxation; None if no dual solution came of it."""
    largest = max((abs(c) for c, _ in objective.terms), default=1)
    model = mathopt.Model.from_model_proto(proto_of(rows, objective, largest))
    options = solvers_pb2.PrimalDualHybridGradientParams()
    options.num_threads = 1
    options.termination_criteria.iteration_limit = rounds
    options.termination_criteria.simple_optimality_criteria.eps_optimal_relative = CLOSE
    options.termination_criteria.simple_optimality_criteria.eps_optimal_absolute = CLOSE
    parameters = mathopt.SolveParameters(pdlp=options)
    result = mathopt.solve(model, mathopt.SolverType.PDLP, params=parameters)
    if not result.solutions:
        return None
    dual = result.solutions[0].dual_solution
    if dual is None or dual.objective_value is None:
        return None
    duals = np.zeros(len(rows.rows))
    for constraint, price in dual.dual_values.items():
        duals[constraint.id] = price * largest
    return Relaxation(dual.objective_value * largest, duals)


def proto_of(
    rows: Rows, objective: Expression, scale: int, *, integers: bool = False
) -> model_pb2.ModelProto:
    """Rows as another engine reads them, the objective divided by `scale`."""
    proto = model_pb2.ModelProto()
    n = len(rows.lower)
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend(rows.lower)
    proto.variables.upper_bounds.extend(rows.upper)
    proto.variables.integers.extend([integers] * n)
    costs: dict[int, int] = {}
    for coefficient, variable in objective.terms:
        costs[variable] = costs.get(variable, 0) + coefficient
    priced = sorted(v for v, c in costs.items() if c)
    proto.objective.offset = objective.constant / scale
    proto.objective.linear_coefficients.ids.extend(priced)
    proto.objective.linear_coefficients.values.extend(costs[v] / scale for v in priced)
    proto.linear_constraints.ids.extend(range(len(rows.rows)))
    infinity = float("inf")
    proto.linear_constraints.lower_bounds.extend(
        -infinity if row.low is None else row.low for row in rows.rows
    )
    proto.linear_constraints.upper_bounds.extend(
        infinity if row.high is None else row.high for row in rows.rows
    )
    matrix = proto.linear_constraint_matrix
    for number, row in enumerate(rows.rows):
        terms = sorted((v, c) for c, v in row.terms)
        matrix.row_ids.extend([number] * len(terms))
        matrix.column_ids.extend(v for v, _ in terms)
        matrix.coefficients.extend(float(c) for _, c in terms)
    return proto
