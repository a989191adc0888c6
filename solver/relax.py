"""The linear relaxation: the prices of shared capacity and of earlier stages.

Rows are the same as CP-SAT's. The relaxation is solved in floating point, so nothing of it is
told as proved; `solver/prices.py` proves bounds from its prices in integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
from ortools.math_opt import model_pb2, parameters_pb2, result_pb2
from ortools.math_opt.core.python import solver as core_solver
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2
from pybind11_abseil.status import StatusCode, StatusNotOk

from solver.linear import Expression, Rows


@dataclass(frozen=True)
class Relaxation:
    """An optimum of the relaxation: its value and the duals of the rows, `[n_rows]`, in units of
    the objective per unit of the right-hand side (never positive for an upper side)."""

    value: float
    duals: npt.NDArray[np.float64]


def relax(rows: Rows, objective: Expression, seconds: float) -> Relaxation | None:
    """Minimise over the linear relaxation by interior point; None if no optimum was reached."""
    largest = max((abs(c) for c, _ in objective.terms), default=1)
    result = _solved(_proto(rows, objective, largest), max(0.1, seconds))
    if result is None or result.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
        return None
    optimum = result.solutions[0]
    if not optimum.HasField("dual_solution"):
        return None
    duals = np.zeros(len(rows.rows))
    told = optimum.dual_solution.dual_values
    duals[list(told.ids)] = [dual * largest for dual in told.values]
    return Relaxation(optimum.primal_solution.objective_value * largest, duals)


def _solved(model: model_pb2.ModelProto, limit_s: float) -> result_pb2.SolveResultProto | None:
    """What HiGHS says; None where it fails on the numbers.

    MathOpt tells an interior point that stalls ("HighsModelStatus was Unknown") as a C++ status
    INTERNAL, and `mathopt.solve` of OR-Tools 9.15 breaks with AttributeError on translating any
    such status; so the layer below it is asked, which raises the status itself. Every other status
    is a fault of the model we wrote and is raised.
    """
    options = highs_pb2.HighsOptionsProto()
    options.string_options["solver"] = "ipm"
    options.string_options["run_crossover"] = "off"
    options.double_options["time_limit"] = limit_s
    parameters = mathopt.SolveParameters(highs=options, time_limit=timedelta(seconds=limit_s))
    try:
        result: result_pb2.SolveResultProto = core_solver.solve(
            model,
            mathopt.SolverType.HIGHS.value,
            parameters_pb2.SolverInitializerProto(),
            parameters.to_proto(),
            mathopt.ModelSolveParameters().to_proto(),
            None,  # no log
            mathopt.CallbackRegistration().to_proto(),
            None,  # no callback
            None,  # no interrupter
        )
    except StatusNotOk as failure:
        if failure.code != int(StatusCode.INTERNAL):
            raise
        return None
    return result


def _proto(rows: Rows, objective: Expression, scale: int) -> model_pb2.ModelProto:
    proto = model_pb2.ModelProto()
    n = len(rows.lower)
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend(rows.lower)
    proto.variables.upper_bounds.extend(rows.upper)
    proto.variables.integers.extend([False] * n)
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
