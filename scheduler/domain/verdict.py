"""What a replay finds."""

from enum import StrEnum

from solver.instance import Value


class Outcome(StrEnum):
    HOLDS = "holds"
    DIFFERS = "holds, re-solve differs"
    BROKEN = "broken"


class Verdict(Value):
    """The outcome, and what led to it: broken records by name, differing versions, or what was
    found in order."""

    publication: str
    outcome: Outcome
    told: tuple[str, ...]
