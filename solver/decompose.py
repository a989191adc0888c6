"""Large instances: bounds plant by plant, plants and groups of plants solved again.

Roads couple the plants. What each link and zone is worth at each hour comes from the relaxation,
before the first stage and again before exposure, when it is known what plants may cost of output.
By these prices every plant alone says what it would do on free roads and what it must cost at
least; what a plant costs beyond that is its regret. Plants are asked again, those with the greatest
regret first, in what the others leave; what is still wrong is mended in groups.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from solver import stages
from solver.block import Block
from solver.certificate import certificate_of
from solver.compact import binding_resources
from solver.engine import Answer
from solver.floors import HARD_SHARE, Askings
from solver.instance import StageName
from solver.negotiate import Negotiation
from solver.plan import Certificate, Decisions
from solver.prices import SCALE, Alone, Prices, caps_of, output_weight
from solver.road_prices import Earlier, priced_beside, road_relaxations
from solver.run import Run, limits_left, stage_ends
from solver.search import Guide, adopt, groups, improve
from solver.standing import Standing
from solver.start import Start, begin_search
from solver.sweeps import Sweeps
from solver.talks import exposure_talks, output_talks
from solver.together import Together

OUTPUT_FIRST = 10
"""How many times its weight in the bound of exposure output counts while it is swept."""

MOST_IDLE_ROUNDS = 3
"""Rounds with any windows that clear little, after which whoever is in an overload yields."""

REST_SHARE = 0.25
"""Part of a stage's share that negotiation leaves to those who must yield, to proofs and groups."""

MOST_IDLE_SIZES = 5
"""Sizes of groups, all that there are, that may gain nothing before the rest of a share is left to
later stages."""

ENTER_SHARE = 0.7
"""Part of what is left of a stage that the first moves of a negotiation may use."""

YIELD_SHARE = 0.5
"""Part of what is left of a stage that those who must yield may use at once."""

NEGOTIATED_WORK = 0.05
"""Counted work a plant that wishes for more below which there is no time to negotiate: sweeps gain
more with less."""

IDEAL_WORK = 0.2
"""Counted work a plant from which on exposure is negotiated from what plants would do by prices."""

HOPELESS_SHARE = 0.5
"""Part of what is left of a stage after which this is given up if much is still overloaded."""

HOPELESS_GRAINS = 3
"""Grains a plant that are much then."""

MOST_YIELD_SHARE = 1 / 8
"""Part of all plants that may be in an overload at the end of it: if more had to yield, these would
crowd out others, and all would end where they began."""

REGRET_SWEPT_PERCENT = 98
"""Part of all regret that a sweep goes after: the rest is spread over many plants."""


def decompose(
    run: Run, blocks: list[Block], start: Start | None, fitted: Callable[[], Decisions]
) -> list[tuple[Block, list[int]]]:
    """Begin with the start that is given, or what was `fitted`; then, stage by stage, a bound,
    guided sweeps, and groups."""
    sought = None if start else begin_search(run, blocks, fitted(), run.executor)
    residuals = binding_resources(blocks)
    priced = priced_beside(run, road_relaxations(run.derived, blocks, residuals))
    standing = Standing(blocks, residuals, run.most_at_once)
    begun = sought() if sought else start or {}
    for plant, values in begun.items():
        standing.put(plant, values)
    search = _Search(run, blocks, standing, priced, begun)
    for stage, end in stage_ends(run.left()).items():
        if stage in stages.stage_names(run.derived):
            search.stage_through(stage, end)
    run.restate({result.name: standing.worth(result.name) for result in run.results})
    return [(block, standing.values[block.plant.id]) for block in blocks]


class _Search:
    """What one solve by decomposition knows, and the stage that it is at."""

    def __init__(
        self,
        run: Run,
        blocks: list[Block],
        standing: Standing,
        priced: Callable[[], Prices],
        start: Start,
    ) -> None:
        self.run, self.blocks, self.standing, self._priced = run, blocks, standing, priced
        self._start, self._askings = start, Askings(run, blocks)
        self._ideal: Alone | None = None
        self.stage: StageName = "safety_shortfall"
        self.end = self.bound = 0.0

    def stage_through(self, stage: StageName, end: float) -> None:
        """Bound the stage, seek it until its share is used or its bound reached, and close it."""
        began = self.run.seconds()
        self.stage, self.end, self.bound = stage, end, 0
        if self.run.given_is_better(stage, self.value()):
            self.standing.take(self._start)
        reached, before = self.value(), dict(self.standing.values)
        if self.value() > 0:
            if stage == "exposure":
                self._price_again()
                self.bound = self.ideal().bound(self.standing.left, self.run.budgets)
                certificates = (certificate_of(self.ideal(), self._capping()),)
            else:
                certificates = (self._prove_floors(),)
            self._tell()
        else:
            certificates = (self._floors_at_zero(),)
        if stage == "output_shortfall" and not self._is_over():
            self._spread_output()
        if stage == "exposure" and not self._is_over():
            self._spread_exposure()
        if stage != "exposure" and not self._is_over():
            certificates = (self._prove_more(),)
        if not self._is_over():
            self._groups()
        if self.value() > reached:
            # Sweeps weigh stages against each other.
            self.standing.take(before)
        spent = self.run.seconds() - began
        self.run.close(stage, self.value(), int(self.bound), "prices", spent, certificates)

    def _spread_output(self) -> None:
        """All plants at once: negotiated where there is work for it; then groups within their
        windows, and those walk whose least loss is not proved. Where it bettered nothing all walk,
        and are swept."""
        sweeps = self._sweeps()
        if not self._is_better_by(self._negotiate_output, self._for_wishing()):
            sweeps.walk()
            sweeps.anyhow()
            return
        again = True
        while again and not self._all_content():
            self._together()
            again = self._is_better_by(self._negotiate_output, self._for_wishing())
        if self._is_over() or self._all_content():
            return
        agreed, values = self.value(), dict(self.standing.values)
        hard = [p for p in self.standing.blocks if not self._alone.is_proved(p)]
        sweeps.walk(hard)
        if self.value() > agreed:
            self.standing.take(values)

    def _spread_exposure(self) -> None:
        """All plants at once: negotiated from what they would do by prices where there is much work
        for it, or swept; then groups within their windows, and all walk."""
        sweeps = self._sweeps()
        if not self._is_better_by(self._negotiate_exposure, IDEAL_WORK * len(self.blocks)):
            sweeps.near()
        self._together()
        replace(sweeps, guide=Guide({"exposure": SCALE}, {})).walk()
        self._together()

    def _is_better_by(self, negotiate: Callable[[], None], work: float) -> bool:
        """Whether the stage was bettered by negotiation; not where so much work is not left."""
        before = self.value()
        if self.run.work_left(self.end) >= work:
            negotiate()
        return self.value() < before

    def value(self) -> int:
        return self.standing.worth(self.stage)

    def ideal(self) -> Alone:
        """Every plant alone by the roads' prices and within its caps, proved once; what fits of it
        is adopted."""
        if self._ideal is None:
            known = self.standing.values
            self._ideal = self._askings.priced(self.stage, self.end, known, self._priced())
            self._adopt(self._ideal, self._guide())
        return self._ideal

    def _price_again(self) -> None:
        """Roads once more, by what is now known that plants may cost of earlier stages."""
        run, standing = self.run, self.standing
        caps = {plant: caps_of(plant, run.budgets, run.floors) for plant in standing.blocks}
        earlier = Earlier(caps, run.budgets, standing.costs(run.budgets))
        relaxations = road_relaxations(run.derived, self.blocks, standing.left, earlier)
        self._priced = priced_beside(run, relaxations)

    def _capping(self) -> list[StageName]:
        """Earlier stages whose floors cap what a plant may cost of them."""
        return [name for name in self.run.budgets if name in self.run.floors]

    def _prove_floors(self) -> Certificate:
        """The bound at zero prices."""
        self._alone = self._askings.free(self.stage, self.end, self.standing.values)
        return self._floors_proved()

    def _prove_more(self) -> Certificate:
        """What no asking proved yet is asked once more, with what the search has left: with all of
        it where every plant has what it wants most, and only its proof is missing."""
        share = 1.0 if self._all_content() else HARD_SHARE
        self._alone = self._askings.again(self._alone, self.end, share=share)
        return self._floors_proved()

    def _all_content(self) -> bool:
        """Whether no plant costs more than the best that was found for it alone."""
        best = sum(answer.value or 0 for answer in self._alone.answers.values())
        return self.value() * SCALE <= best

    def _for_wishing(self) -> float:
        """Counted work below which those have no time to negotiate that cost more than the best
        that was found for them alone."""
        costs = {plant: self.standing.worth(self.stage, [plant]) for plant in self.standing.blocks}
        best = {plant: answer.value or 0 for plant, answer in self._alone.answers.items()}
        return NEGOTIATED_WORK * sum(costs[plant] * SCALE > best[plant] for plant in costs)

    def _floors_proved(self) -> Certificate:
        """What is proved at zero prices; the plants' own answers are adopted where they fit."""
        self._adopt(self._alone, Guide({self.stage: 1}, {}))
        self.run.floors[self.stage] = self._alone.floors
        self.bound = self._alone.bound(self.standing.left, self.run.budgets)
        return certificate_of(self._alone, self._capping())

    def _floors_at_zero(self) -> Certificate:
        """No stage is below 0: where that is reached, no plant may cost more later."""
        alone = Alone(self.stage, Prices(), dict.fromkeys(sorted(self.standing.blocks), 0), {})
        self.run.floors[self.stage] = alone.floors
        return certificate_of(alone)

    def _adopt(self, alone: Alone, guide: Guide) -> None:
        """Take what fits of the plants' own answers."""
        for plant, answer in alone.answers.items():
            values = answer.values
            if values:
                adopt(self.standing, plant, values, guide, self.run.budgets)

    def _guide(self) -> Guide:
        """Exposure by the roads' prices, and output by its multiplier; output far before exposure
        while it is the stage that is sought: roads are left to others by whoever drives less."""
        if self.stage == "output_shortfall":
            weight = OUTPUT_FIRST * output_weight(self.run.derived)
            return Guide({"output_shortfall": weight, "exposure": SCALE}, {})
        prices = self._priced()
        return Guide({**prices.stages, "exposure": SCALE}, prices.resources)

    def _negotiate_output(self) -> None:
        """From every plant's own least loss: first all keep it and move, then those lose output for
        whom it weighs least. Not from losses that are nearer to what stands than to the bound."""
        run, earlier = self.run, self.standing.costs(self.run.budgets)
        wishes = Standing(self.blocks, self.standing.left, self.run.most_at_once)
        wished = self._askings.within(self._alone, earlier, self.standing.values)
        for plant, values in wished.items():
            wishes.put(plant, values)
        if wishes.worth(self.stage) >= self.value():
            return
        talks = output_talks(run, wishes, earlier, self._priced())
        until = self._until_left(REST_SHARE)
        afford = partial(self._askings.afforded, self.end, ENTER_SHARE)
        going = talks.enter(run.executor, until, self.standing.values, afford)
        going = going and talks.settle(run.executor, until)
        talks.caps = earlier
        if going:
            talks.clear(run.executor, until, MOST_IDLE_ROUNDS)
        talks.least_overloaded()
        self._agree(talks)

    def _negotiate_exposure(self) -> None:
        """From what every plant would do by the roads' prices, out of overloads; given up where
        much is overloaded when half of the work is used, or many would have to yield."""
        known, executor = self.standing.values, self.run.executor
        wished = {p: answer.values or known[p] for p, answer in self.ideal().answers.items()}
        talks = exposure_talks(self.run, self.standing, wished, self._priced())
        talks.clear(executor, self._until_left(HOPELESS_SHARE), MOST_IDLE_ROUNDS)
        if talks.grains_over > HOPELESS_GRAINS * len(self.blocks):
            return
        talks.clear(executor, self._until_left(REST_SHARE), MOST_IDLE_ROUNDS)
        talks.least_overloaded()
        if len(talks.in_overload()) <= MOST_YIELD_SHARE * len(self.blocks):
            self._agree(talks)

    def _agree(self, talks: Negotiation) -> None:
        """Take what was negotiated, once nobody is left in an overload, if it is better."""
        found = talks.standing
        afford = partial(self._askings.afforded, self.end, YIELD_SHARE)
        talks.yield_rest(self.run.executor, self._until(self.end), self.standing.values, afford)
        if found.worth(self.stage) < self.value():
            for plant, values in found.values.items():
                self.standing.put(plant, values)
            self._tell()

    def _until_left(self, share: float) -> Callable[[Sequence[Answer]], bool]:
        """To stop when so much is left of what is left of the stage."""
        return self._until(self.end + share * (self.run.left() - self.end))

    def _until(self, end: float) -> Callable[[Sequence[Answer]], bool]:
        def stop(answers: Sequence[Answer]) -> bool:
            self.run.note(list(answers))
            return self.run.is_over(end)

        return stop

    def _sweeps(self) -> Sweeps:
        guide = self._guide()
        return Sweeps(
            self.standing,
            self.stage,
            guide,
            self.run.budgets,
            partial(limits_left, self.run),
            self.run.executor,
            self._stop,
            self._is_over,
            partial(self._regretting, guide),
        )

    def _regretting(self, guide: Guide) -> list[str]:
        """The fewest plants that make up nearly all of what is paid beyond the least proved of
        each, the greatest first."""
        regret = {plant: self._regret(guide, plant) for plant in self.standing.blocks}
        wanted, seen = sum(regret.values()) * REGRET_SWEPT_PERCENT // 100, 0
        chosen: list[str] = []
        for plant in sorted(regret, key=lambda plant: (-regret[plant], plant)):
            if seen >= wanted:
                break
            chosen.append(plant)
            seen += regret[plant]
        return chosen

    def _regret(self, guide: Guide, plant: str) -> int:
        if self.stage == "exposure":
            cost = guide.objective(self.standing.blocks[plant]).value(self.standing.values[plant])
            return cost - (self.ideal().least[plant] or 0)
        floors = self.run.floors.get(self.stage, {})
        return self.standing.worth(self.stage, [plant]) - floors.get(plant, 0)

    def _together(self) -> None:
        """Groups within their windows, around those that pay most beyond their least."""
        run, guide = self.run, self._guide()
        Together(
            self.standing,
            self.stage,
            dict(run.budgets),
            partial(limits_left, run),
            run.executor,
            self._stop,
            self._is_over,
            lambda: {plant: self._regret(guide, plant) for plant in self.standing.blocks},
            random.Random(f"{run.params.seed} {self.stage} together"),
        ).until_idle()

    def _groups(self) -> None:
        """Plants above their floors alone, then groups around them, until the share is used or, but
        of safety and in the last stage, it helps no more."""
        run, floors = self.run, self.run.floors.get(self.stage, {})
        chance = random.Random(f"{run.params.seed} {self.stage}")
        to_the_end = self.stage in ("safety_shortfall", "windows")
        most_idle = None if to_the_end else MOST_IDLE_SIZES
        improve(
            self.standing,
            self.stage,
            dict(run.budgets),
            floors,
            partial(limits_left, run),
            groups(self.standing, self.stage, floors, chance, most_idle),
            run.executor,
            self._stop,
        )

    def _is_over(self) -> bool:
        return self.value() <= self.bound or self.run.is_over(self.end)

    def _tell(self) -> None:
        self.run.tell(self.stage, self.value(), int(self.bound))

    def _stop(self, answers: Sequence[Answer]) -> bool:
        self.run.note(list(answers))
        self._tell()
        return self._is_over()
