"""How far an import is, told step by step to whoever waits for it."""

from collections.abc import Callable
from typing import NamedTuple


class Step(NamedTuple):
    """The text is `import.<step>`, ``n`` what it is about to work on."""

    step: str
    file: str
    n: int


Tell = Callable[[Step], None]


def tell_nobody(step: Step) -> None:
    """For an import that nobody waits for."""
