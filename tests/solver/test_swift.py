"""Tests that what makes questions quick changes no answer."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from solver.block import Block
from solver.compact import assemble, binding_resources, build_block, less
from solver.conflicts import locked_conflicts
from solver.derive import Derived
from solver.engine import Answer, Limits, minimise
from solver.linear import Expression, Rows
from solver.prices import Prices, prove
from solver.standing import Standing
from tests.solver.wild import wild_instance

LIMITS = Limits(counted_work=5.0)


def plants() -> Iterator[tuple[list[Block], dict[str, Answer]]]:
    """Plants of some instances with their own answers."""
    for seed in range(16):
        derived = Derived(wild_instance(Random(seed), n_plants=3, sane=True))
        if not locked_conflicts(derived):
            blocks = [build_block(derived, plant) for plant in derived.plants.values()]
            yield blocks, dict(prove(blocks, "exposure", Prices(), LIMITS, None).answers)


def test_swift_answers_are_as_good() -> None:
    tried = 0
    for blocks, answers in plants():
        for block in blocks:
            known = dict(enumerate(answers[block.plant.id].values))
            for stage in ("output_shortfall", "exposure"):
                objective = block.stages[stage]
                plain = minimise(block.rows, objective, LIMITS, known)
                swift = minimise(block.rows, objective, replace(LIMITS, swift=True), known)
                assert plain.verdict == swift.verdict == "optimal"
                assert plain.value == swift.value
                tried += plain.value != objective.value(answers[block.plant.id].values)
    assert tried


def test_with_few_cuts_the_same_can_be_held() -> None:
    """The least of a stage is possible, and one unit less is not."""
    tried = 0
    for blocks, _ in plants():
        for block in blocks:
            for stage in ("safety_shortfall", "output_shortfall"):
                total = block.stages[stage]
                least = minimise(block.rows, total, LIMITS).value
                assert least is not None
                for most, verdict in ((least, "optimal"), (least - 1, "infeasible")):
                    rows = block.rows.copy()
                    if total.terms and most >= total.constant:
                        rows.row(total.terms, None, most - total.constant, "stage", stage)
                        limits = replace(LIMITS, brief=True, lean=True)
                        assert minimise(rows, Expression(), limits).verdict == verdict
                        tried += verdict == "infeasible"
    assert tried


def test_rows_of_what_is_shared_can_be_left_out() -> None:
    left_out = 0
    for blocks, _ in plants():
        model = assemble(blocks[0].derived, blocks)
        opened = set(list(model.shared.values())[::2])
        fewer = less(model, opened)
        gone = {number for number, resource in model.shared.items() if resource in opened}
        kept = [row for number, row in enumerate(model.rows.rows) if number not in gone]
        assert fewer.rows.rows == kept
        uses = {fewer.rows.rows[number].where: r for number, r in fewer.shared.items()}
        assert set(uses.values()) == set(model.shared.values()) - opened
        assert all(where == f"{what} {name}, slot {t}" for where, (what, name, t) in uses.items())
        assert len(model.rows.rows) == len(kept) + len(opened)
        left_out += len(opened)
    assert left_out


def test_trips_kept_out_of_closed_gates_are_none_that_a_plant_could_make() -> None:
    kept_out = 0
    for blocks, answers in plants():
        for block in blocks:
            least = []
            for keeps_out in (False, True):
                rows = Rows()
                rows.absorb(block.rows)
                values = answers[block.plant.id].values
                block.keep_windows(rows, values, 0)
                if keeps_out:
                    upper = list(rows.upper)
                    block.hold_near(rows, values, 0)
                    kept_out += rows.upper != upper
                least.append(minimise(rows, block.stages["output_shortfall"], LIMITS).value)
            assert least[0] is not None and least[0] == least[1]
    assert kept_out


def test_overloads_are_those_of_what_stands_whatever_stood_before() -> None:
    """Plants run as much as they can and then least, in turn. So with capacities that are full."""
    seen = 0
    for blocks, answers in plants():
        most = prove(blocks, "output_shortfall", Prices(), LIMITS, None).answers
        standing = Standing(blocks, binding_resources(blocks))
        smallest = min(use.pcu_mpcu for block in blocks for use in block.legs)
        for found in (answers, most, answers, most):
            for plant, answer in found.items():
                standing.put(plant, list(answer.values))
                beyond = {r: used - standing.left[r] for r, used in standing.used.items()}
                assert standing.overloads() == {r: more for r, more in beyond.items() if more > 0}
                free = {r: left - standing.used[r] for r, left in standing.left.items()}
                assert standing.scarce == {r for r, mpcu in free.items() if mpcu < smallest}
                seen += bool(standing.overloads())
    assert seen
