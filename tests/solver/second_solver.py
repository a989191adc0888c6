"""Another solver (HiGHS by its own interface) on the questions that an answer rests on.

Rows come from the model with each reason enforced or left out; nothing of CP-SAT has a part in it.
"""

from collections.abc import Collection
from math import floor

import highspy
import numpy as np

from solver.compact import build_block
from solver.instance import Instance
from solver.linear import Expression, Rows
from solver.loosen import relaxed
from solver.plan import Plan
from solver.reasons import Item, Reason, items_of
from solver.trial import Cells, Most, Opened, Trial, joined
from solver.window_answer import WindowAnswer


def has_a_point(rows: Rows) -> bool:
    """Whether HiGHS finds an integer point of the rows; it must end in one answer or the other."""
    status = _solved(rows).getModelStatus()
    assert status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
    return bool(status == highspy.HighsModelStatus.kOptimal)


def least_value(rows: Rows, objective: Expression) -> int:
    """A lower bound of an expression over the rows, rounded down by what HiGHS may be off."""
    highs = _solved(rows, objective)
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = float(highs.getInfo().mip_dual_bound)
    return floor(bound - 1e-6 * abs(bound)) + objective.constant


def _solved(rows: Rows, objective: Expression | None = None) -> highspy.Highs:
    highs = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1}.items():
        highs.setOptionValue(name, value)
    n = len(rows.lower)
    highs.addVars(n, np.array(rows.lower, dtype=float), np.array(rows.upper, dtype=float))
    whole = np.full(n, highspy.HighsVarType.kInteger)
    highs.changeColsIntegrality(n, np.arange(n, dtype=np.int32), whole)
    for row in rows.rows:
        low = -highspy.kHighsInf if row.low is None else float(row.low)
        high = highspy.kHighsInf if row.high is None else float(row.high)
        columns = np.array([v for _, v in row.terms], dtype=np.int32)
        highs.addRow(low, high, len(columns), columns, np.array([float(c) for c, _ in row.terms]))
    for coefficient, variable in [] if objective is None else objective.terms:
        highs.changeColCost(variable, float(coefficient))
    highs.run()
    return highs


def trial_of(instance: Instance, plan: Plan, answer: WindowAnswer) -> tuple[Trial, Most]:
    """The trial that an answer's reasons speak of, and what stages may cost in it."""
    assert plan.decisions is not None
    proof = answer.proof
    by_laws = proof is not None and proof.by == "laws"
    free = answer.kind == "barred" or by_laws
    trial = Trial(instance, plan.decisions, answer.asked, roads_free=free)
    if answer.kind == "barred":
        return trial, {}
    return trial, dict(proof.allowed) if proof is not None and by_laws else trial.now


def fits_with(trial: Trial, most: Most, reasons: Collection[Reason]) -> bool:
    """Whether the window fits where these reasons alone are enforced, roads in their slots."""
    every = items_of(trial, most)
    enforced = [item for item in every if any(_same(item, reason) for reason in reasons)]
    assert len(enforced) == len(reasons)
    loose = [i.relaxation for i in every if i.relaxation is not None and i not in enforced]
    held = {item.where for item in enforced if item.relaxation is None}
    within = {stage: limit for stage, limit in most.items() if stage in held}
    opened = _opened(reasons, trial.own.grid.n_slots)
    derived = Opened(relaxed(trial.own, loose), trial.taken, opened)
    try:
        blocks = [build_block(derived, plant) for plant in derived.plants.values()]
        trial.hold(blocks, None)
    except ValueError:
        return False
    model = joined(derived, blocks, within)
    return model is not None and has_a_point(model.rows)


def _same(item: Item, reason: Reason) -> bool:
    return (item.law, item.where, item.part) == (reason.law, reason.where, reason.part)


def _opened(reasons: Collection[Reason], n_slots: int) -> Cells:
    opened = set()
    for reason in reasons:
        if reason.law in ("link_capacity", "zone_cap"):
            ((first, end),) = reason.slots
            what = "link" if reason.law == "link_capacity" else "zone"
            opened |= {(what, reason.where, t) for t in range(n_slots) if not first <= t < end}
    return frozenset(opened)


def refused_by_highs(instance: Instance, plan: Plan, answer: WindowAnswer) -> None:
    """The reasons bar the window, and with any one of them left out it fits."""
    trial, most = trial_of(instance, plan, answer)
    if answer.reasons[0].law == "decisions":
        assert not fits_with(trial, most, ())
        return
    assert not fits_with(trial, most, answer.reasons)
    for left_out in answer.reasons:
        kept = [reason for reason in answer.reasons if reason != left_out]
        assert fits_with(trial, most, kept), left_out
