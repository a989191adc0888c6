"""Tests that plants asked alone keep within what they may cost of earlier stages."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from solver import floors
from solver.block import Block
from solver.compact import build_block
from solver.conflicts import locked_conflicts
from solver.derive import Derived
from solver.engine import Limits
from solver.floors import HARD_SHARE, Askings
from solver.prices import Alone, Caps, Prices, prove
from solver.run import Run, SolveParams
from tests.solver.wild import wild_instance

LIMITS = Limits(counted_work=0.1)
PARAMS = SolveParams(time_limit_s=None, deterministic_limit=10.0)


def test_answers_that_cost_too_much_of_safety_are_found_again_within_it() -> None:
    """Asked for output alone, some plants spend safety on it; the others keep their answers."""
    n_again = n_kept = 0
    for seed in range(24):
        derived = Derived(wild_instance(Random(seed), n_plants=3, sane=True))
        if locked_conflicts(derived):
            continue
        blocks = [build_block(derived, plant) for plant in derived.plants.values()]
        safe = prove(blocks, "safety_shortfall", Prices(), LIMITS, None).answers
        known = {plant: answer.values for plant, answer in safe.items()}
        most = {b.plant.id: b.stages["safety_shortfall"].value(known[b.plant.id]) for b in blocks}
        caps: dict[str, Caps] = {plant: {"safety_shortfall": n} for plant, n in most.items()}
        alone = prove(blocks, "output_shortfall", Prices(), LIMITS, None)
        run = Run(derived, PARAMS, None, lambda: False, None, None)
        found = Askings(run, blocks).within(alone, caps, known)
        for block in blocks:
            plant, safety = block.plant.id, block.stages["safety_shortfall"].value
            answer, output = alone.answers[plant].values, block.stages["output_shortfall"].value
            assert safety(found[plant]) <= most[plant]
            assert output(found[plant]) <= output(known[plant])
            if safety(answer) <= most[plant]:
                assert found[plant] == answer
                n_kept += 1
            else:
                n_again += output(found[plant]) < output(known[plant])
    assert n_again and n_kept


def test_what_is_not_proved_is_asked_with_a_share_of_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of it is for where nothing but a proof is missing."""
    derived = Derived(wild_instance(Random(3), n_plants=3, sane=True))
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    known = prove(blocks, "output_shortfall", Prices(), LIMITS, None)
    open_yet = {p: replace(answer, verdict="feasible") for p, answer in known.answers.items()}
    given: list[float | None] = []

    def spied(blocks: Sequence[Block], *rest: object) -> Alone:
        limits = next(one for one in rest if isinstance(one, Limits))
        given.append(limits.counted_work)
        return known

    monkeypatch.setattr(floors, "prove", spied)
    for share in (HARD_SHARE, 1.0):
        run = Run(derived, PARAMS, None, lambda: False, None, None)
        Askings(run, blocks).again(replace(known, answers=open_yet), 0.0, share=share)
    part, whole = given
    assert part is not None and whole is not None
    assert part == pytest.approx(HARD_SHARE * whole)
