"""Stored bounds proved again by a second solver: the sum of each certificate, and what it adds up.

A certificate is refused if it names what is not there, if its sum over all plants, prices and
residuals, reckoned anew in whole numbers, is not the bound that the plan claims, or if a plant can
cost less than it says. Up to `MOST_ASKED` enterprises every plant is asked. Above that a sample is,
drawn by the plan's digest, beside all plants whose least value their variables' bounds show: what
could still be forged is the least value of a plant not asked, and nothing else. A stage without a
certificate was proved by the whole model, and is again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from solver.certificate import bound_of, caps_of_plant, is_free
from solver.compact import assemble, build_block, residual_mpcu
from solver.derive import Derived
from solver.instance import Count, Instance, StageName, Value
from solver.least import Effort, Finding, Opinion, Solver, is_least, is_least_by_bounds
from solver.linear import Expression, Rows
from solver.plan import Certificate, Plan, StageResult

MOST_ASKED = 20
"""Enterprises of which every plant is asked; above that at least as many plants as this."""

ASKED_PERCENT = 10
"""Plants that are asked above that, if these are more."""


class Reproof(Value):
    """What became of a stage's bound; `faults` say why it is refused or undecided."""

    stage: StageName
    bound: Count
    finding: Finding
    plants: Count
    asked: Count
    """Plants whose least value was proved again; 0 where the whole model's was, or the bound is 0,
    which needs no proof: no value can be below it."""
    faults: tuple[str, ...] = ()


def prove_again(
    instance: Instance,
    plan: Plan,
    solver: Solver,
    effort: Effort | None = None,
    tell: Callable[[Reproof], None] | None = None,
    *,
    every_plant: bool = False,
) -> tuple[Reproof, ...]:
    """Every claimed stage in order, with `effort` for each problem that the second solver is asked;
    `every_plant` leaves none to a sample."""
    prover = _Prover(instance, plan, solver, effort or Effort(), every_plant)
    found = []
    for stage in plan.stages:
        found.append(prover.prove(stage))
        if tell is not None:
            tell(found[-1])
    return tuple(found)


class _Prover:
    def __init__(
        self, instance: Instance, plan: Plan, solver: Solver, effort: Effort, every_plant: bool
    ) -> None:
        self.derived = Derived(instance)
        self.blocks = {p.id: build_block(self.derived, p) for p in self.derived.plants.values()}
        self.plan, self.solver, self.effort = plan, solver, effort
        self.every_plant = every_plant

    def prove(self, stage: StageResult) -> Reproof:
        if not stage.certificates:
            return self._whole(stage) if stage.bound else self._told(stage, "proved")
        earlier = self._earlier(stage)
        faults = [fault for c in stage.certificates for fault in self._faults(stage, c, earlier)]
        if not faults:
            faults += self._wrong_sum(stage, earlier)
        if faults:
            return self._told(stage, "refuted", faults=faults)
        return self._plants(stage, earlier) if stage.bound else self._told(stage, "proved")

    def _told(
        self, stage: StageResult, finding: Finding, asked: int = 0, faults: list[str] | None = None
    ) -> Reproof:
        return Reproof(
            stage=stage.name,
            bound=stage.bound,
            finding=finding,
            plants=len(self.blocks),
            asked=asked,
            faults=tuple(faults or ()),
        )

    def _earlier(self, stage: StageResult) -> dict[StageName, StageResult]:
        before = self.plan.stages[: self.plan.stages.index(stage)]
        return {result.name: result for result in before}

    def _faults(
        self, stage: StageResult, certificate: Certificate, earlier: Mapping[StageName, StageResult]
    ) -> Iterator[str]:
        """Names of what is not there, or not there yet."""
        for price in certificate.prices:
            places = self.derived.links if price.what == "link" else self.derived.zones
            known = price.id in places and price.slot < self.derived.grid.n_slots
            if not known or self._residual(price.what, price.id, price.slot) is None:
                yield f"{price.what} {price.id} in slot {price.slot} is priced and limits nothing"
        named = [one.plant for one in certificate.least]
        for plant in sorted(set(named) - self.blocks.keys()):
            yield f"plant {plant} is not in the instance"
        if len(set(named)) < len(named):
            yield "a plant stands twice"
        stages = {one.stage for one in certificate.multipliers} | set(certificate.capped_by)
        for name in sorted(stages - earlier.keys()):
            yield f"{name} is no earlier stage of {stage.name}"
        for name in certificate.capped_by:
            if name in earlier and not any(map(is_free, earlier[name].certificates)):
                yield f"{name} has no certificate at zero prices to cap plants by"
        cells = [(price.what, price.id, price.slot) for price in certificate.prices]
        if len(set(cells)) < len(cells):
            yield "a price stands twice"

    def _residual(self, what: str, name: str, slot: int) -> int | None:
        if what == "link":
            return self.derived.link_residual_mpcu(name, slot)
        return self.derived.zone_residual_mpcu(name, slot)

    def _wrong_sum(
        self, stage: StageResult, earlier: Mapping[StageName, StageResult]
    ) -> Iterator[str]:
        budgets = {name: result.handed_on for name, result in earlier.items()}
        residual = partial(residual_mpcu, self.derived)
        proved = max(bound_of(c, list(self.blocks), residual, budgets) for c in stage.certificates)
        # What caps later stages is a sum of this stage too: it may not pass the value either.
        if proved != stage.bound:
            yield f"the certificate adds up to {proved}, the plan claims {stage.bound}"

    def _plants(self, stage: StageResult, earlier: Mapping[StageName, StageResult]) -> Reproof:
        """Each plant's least value by the second solver: all plants, or a sample of them."""
        sample, shown, faults = self._sample(stage), set(self.blocks), list[str]()
        findings: set[Finding] = set()
        for certificate in stage.certificates:
            for one in certificate.least:
                try:
                    rows, objective = self._question(stage, certificate, one.plant, earlier)
                except ValueError:
                    findings.add("refuted")
                    faults.append(f"plant {one.plant} cannot keep to what it is capped by")
                    continue
                if is_least_by_bounds(rows, objective, one.least):
                    continue
                if one.plant not in sample:
                    shown.discard(one.plant)
                    continue
                opinion = is_least(rows, objective, one.least, self.effort, self.solver)
                findings.add(opinion.finding)
                faults += _fault(f"plant {one.plant}", one.least, opinion)
        return self._told(stage, _worst(findings), len(shown), faults)

    def _sample(self, stage: StageResult) -> set[str]:
        names = sorted(self.blocks)
        enterprises = {block.plant.enterprise for block in self.blocks.values()}
        if self.every_plant or len(enterprises) <= MOST_ASKED:
            return set(names)
        chance = random.Random(f"{self.plan.digest} {stage.name}")
        n = max(MOST_ASKED, len(names) * ASKED_PERCENT // 100)
        return set(chance.sample(names, min(n, len(names))))

    def _question(
        self,
        stage: StageResult,
        certificate: Certificate,
        plant: str,
        earlier: Mapping[StageName, StageResult],
    ) -> tuple[Rows, Expression]:
        """A plant's rows, and what the certificate says the least of."""
        rows, block = Rows(), self.blocks[plant]
        rows.absorb(block.rows)
        for name, most in caps_of_plant(certificate, block.plant.id, earlier).items():
            part = block.stages[name]
            rows.row(part.terms, None, most - part.constant, "stage", name)
        objective = Expression()
        _include(objective, block.stages[stage.name], certificate.scale)
        for multiplier in certificate.multipliers:
            _include(objective, block.stages[multiplier.stage], multiplier.factor)
        for price in certificate.prices:
            use = block.uses.get((price.what, price.id, price.slot), [])
            _include(objective, Expression(list(use)), price.price)
        return rows, objective

    def _whole(self, stage: StageResult) -> Reproof:
        """The bound by the whole model, within what earlier stages hand on."""
        model = assemble(self.derived, list(self.blocks.values()))
        for name, result in self._earlier(stage).items():
            part = model.stages[name]
            model.rows.row(part.terms, None, result.handed_on - part.constant, "stage", name)
        opinion = is_least(
            model.rows, model.stages[stage.name], stage.bound, self.effort, self.solver
        )
        faults = _fault("the whole model", stage.bound, opinion)
        return self._told(stage, opinion.finding, faults=faults)


def _include(total: Expression, part: Expression, factor: int) -> None:
    total.extend(Expression([(factor * c, v) for c, v in part.terms], factor * part.constant))


def _fault(who: str, least: int, opinion: Opinion) -> list[str]:
    if opinion.finding == "refuted":
        return [f"{who} can cost {opinion.value}, less than the {least} claimed"]
    if opinion.finding == "undecided":
        return [f"{who}: no proof of {least} in the work allowed"]
    return []


def _worst(findings: set[Finding]) -> Finding:
    return next((f for f in ("refuted", "undecided") if f in findings), "proved")
