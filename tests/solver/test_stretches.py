"""Tests that stretches free all windows in turn, and that what is found so is no worse."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from fixtures.generator import generate
from solver.compact import build_block
from solver.derive import Derived
from solver.engine import Limits
from solver.floors import Askings
from solver.instance import Instance
from solver.linear import Rows
from solver.prices import Prices, priced_task
from solver.run import Run, SolveParams
from solver.stretches import hold_but, stretches
from solver.tasks import run_task
from tests.solver.test_search import is_lawful, standing_of
from tests.solver.wild import wild_instance


@pytest.mark.parametrize(("hours", "slot_minutes"), [(24, 30), (48, 60), (6, 30)])
def test_the_stretches_of_a_plant_cover_every_window(hours: int, slot_minutes: int) -> None:
    derived = Derived(generate(3, hours, slot_minutes, seed=1))
    for plant in derived.plants.values():
        block = build_block(derived, plant)
        covered = {
            (gate, slot)
            for gate, first, end in stretches(block)
            for slot in range(first, min(end, derived.grid.n_slots))
        }
        assert covered >= set(block.open)


def test_windows_outside_a_stretch_move_by_a_slot_at_most() -> None:
    derived = Derived(generate(3, 48, 60, seed=1))
    block = build_block(derived, next(iter(derived.plants.values())))
    values = run_task(priced_task(block, "output_shortfall", Prices(), {}, Limits())).values
    gate, first, end = stretches(block)[0]
    rows = Rows()
    rows.absorb(block.rows)
    hold_but(block, rows, values, (gate, first, end))
    for (name, slot), variable in block.open.items():
        near = {
            values[block.open[name, s]]
            for s in range(slot - 1, slot + 2)
            if (name, s) in block.open
        }
        is_free = (name == gate and first <= slot < end) or len(near) == 2
        held = (values[variable], values[variable])
        kept = (block.rows.lower[variable], block.rows.upper[variable])
        assert (rows.lower[variable], rows.upper[variable]) == (kept if is_free else held)


def running(instance: Instance, units: float) -> Run:
    params = SolveParams(time_limit_s=None, deterministic_limit=units)
    return Run(Derived(instance), params, None, lambda: False, None, None)


def test_answers_that_are_not_proved_get_better_and_claim_no_more() -> None:
    """With next to no work a first asking proves little: a walk from what is known betters it and
    leaves what is proved as it was."""
    instance = generate(12, 48, 30, seed=7)
    standing = standing_of(instance)
    blocks = list(standing.blocks.values())
    stage, run = "output_shortfall", running(instance, 3.0)
    askings = Askings(run, blocks)
    first, _ = askings._first(stage, 0.0, standing.values, Prices())
    walked = askings._walked(first, 0.0, standing.values)
    open_ones = [b.plant.id for b in blocks if not first.is_proved(b.plant.id)]
    worth = {b.plant.id: b.stages[stage].value for b in blocks}
    bettered = 0
    for plant in open_ones:
        answer, known = walked.answers[plant], standing.values[plant]
        now = worth[plant](answer.values)
        assert answer.verdict != "optimal"
        assert now <= worth[plant](known)
        if first.answers[plant].values:
            assert now <= worth[plant](first.answers[plant].values)
        bettered += now < worth[plant](known)
    assert bettered >= 2
    assert walked.least == first.least
    assert run.counted < 3.0


def test_free_answers_do_not_depend_on_the_processes() -> None:
    """Two at a time or one after the other: the same answers, as much proved."""
    instance = generate(6, 48, 30, seed=7)
    standing = standing_of(instance)
    blocks, found = list(standing.blocks.values()), []
    with ThreadPoolExecutor(2) as pool:
        for executor in (None, pool):
            run = running(instance, 2.0)
            run.executor = executor
            found.append(Askings(run, blocks).free("output_shortfall", 0.0, standing.values))
    one, two = found
    assert {p: a.values for p, a in one.answers.items()} == {
        p: a.values for p, a in two.answers.items()
    }
    assert one.least == two.least


def test_a_stretch_of_a_wild_plant_keeps_its_laws() -> None:
    moved = 0
    for seed in range(8):
        instance = wild_instance(Random(seed), n_plants=1, sane=True)
        standing = standing_of(instance)
        (block,) = standing.blocks.values()
        for stretch in stretches(block):
            values = standing.values[block.plant.id]
            task = priced_task(block, "exposure", Prices(), {}, Limits(counted_work=0.05), values)
            hold_but(block, task.rows, values, stretch)
            found = run_task(task).values
            assert found, "what stands is an answer"
            moved += any(found[v] != values[v] for v in block.open.values())
            standing.put(block.plant.id, found)
        assert is_lawful(instance, standing)
    assert moved
