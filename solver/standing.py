"""A lawful plan as values of every plant's variables, and what it uses of shared capacity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from solver.block import Block
from solver.instance import StageName
from solver.shared import Resource


class Standing:
    """A lawful plan as values of every block, with what it uses and what it is worth."""

    def __init__(
        self,
        blocks: Sequence[Block],
        binding: Mapping[Resource, int],
        most_at_once: int | None = None,
    ) -> None:
        self.blocks = {block.plant.id: block for block in blocks}
        by_size = max(2, len(blocks) // 40)
        self.at_once = by_size if most_at_once is None else min(by_size, most_at_once)
        """Sub-problems under way at once: by the instance, not by how many processes there are,
        unless the clock ends the search anyway."""
        self.left = dict(binding)
        self.values: dict[str, list[int]] = {}
        self.used: Counter[Resource] = Counter()
        self._used_by: dict[str, Counter[Resource]] = {}
        self._over: dict[Resource, int] = {}
        pcu = (use.pcu_mpcu for block in blocks for use in block.legs)
        self._smallest = min(pcu, default=1)
        self.scarce = {r for r, mpcu in self.left.items() if mpcu < self._smallest}
        """Shared capacities on which not even the smallest class fits any more."""
        self._worth: dict[str, dict[StageName, int]] = {}

    def put(self, plant: str, values: list[int]) -> None:
        """Set a plant's values, whatever the shared capacities say."""
        block = self.blocks[plant]
        block.settle(values)
        before, now = self._used_by.get(plant, Counter()), self._use(block, values)
        self.values[plant] = values
        self._used_by[plant] = now
        self.used.subtract(before)
        self.used.update(now)
        for resource in before | now:
            left = self.left[resource] - self.used[resource]
            if left < 0:
                self._over[resource] = -left
            else:
                self._over.pop(resource, None)
            if left < self._smallest:
                self.scarce.add(resource)
            else:
                self.scarce.discard(resource)
        self._worth[plant] = {
            name: expression.value(values) for name, expression in block.stages.items()
        }

    def take(self, values: Mapping[str, list[int]]) -> None:
        """Set the values of many plants."""
        for plant, new in values.items():
            if self.values.get(plant) is not new:
                self.put(plant, new)

    def _use(self, block: Block, values: list[int]) -> Counter[Resource]:
        use = block.use_of(values)
        return Counter({resource: mpcu for resource, mpcu in use.items() if resource in self.left})

    def use_of(self, plant: str) -> Counter[Resource]:
        """mPCU that a plant takes of the capacities that plants could overrun."""
        return self._used_by[plant]

    def overloads(self) -> dict[Resource, int]:
        """mPCU beyond what is left, by shared capacity that is overloaded."""
        return dict(self._over)

    def brings_to(self, plant: str, resources: Collection[Resource]) -> bool:
        """Whether some of a plant's trips use any of these capacities."""
        used = self.use_of(plant)
        return any(resource in used for resource in resources)

    def worth(self, stage: StageName, plants: Sequence[str] | None = None) -> int:
        names = self._worth if plants is None else plants
        return sum(self._worth[name].get(stage, 0) for name in names)

    def costs(self, stages: Collection[StageName]) -> dict[str, dict[StageName, int]]:
        """What every plant costs of some stages."""
        return {
            plant: {name: self.worth(name, [plant]) for name in stages} for plant in self.blocks
        }

    def allows(self, changed: Mapping[str, list[int]], budgets: Mapping[StageName, int]) -> bool:
        """Whether shared capacities and earlier stages' budgets hold once the plants change."""
        for name, budget in budgets.items():
            elsewhere = self.worth(name) - self.worth(name, list(changed))
            ours = sum(self.blocks[p].stages[name].value(v) for p, v in changed.items())
            if elsewhere + ours > budget:
                return False
        delta: Counter[Resource] = Counter()
        for plant, values in changed.items():
            delta.update(self._use(self.blocks[plant], values))
            delta.subtract(self.use_of(plant))
        return all(
            more <= 0 or self.used[resource] + more <= self.left[resource]
            for resource, more in delta.items()
        )
