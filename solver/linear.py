"""Integer linear rows, written once by the laws and read by every engine.

A `Rows` owns variables with bounds and rows with the law and place they stand for. Engines
(CP-SAT, LP solvers) translate it; nobody else knows their objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import gcd

Terms = list[tuple[int, int]]
"""(coefficient, variable) pairs."""


@dataclass(slots=True)
class Row:
    """low <= sum of terms <= high, either side None if free. Never changed once it is made: rows
    are shared by every model that needs them."""

    terms: tuple[tuple[int, int], ...]
    low: int | None
    high: int | None
    law: str
    where: str
    written: str | None = field(default=None, compare=False, repr=False)
    """What an engine has written of it, kept since most rows go into hundreds of models."""


@dataclass
class Expression:
    """A linear expression with a constant part."""

    terms: Terms = field(default_factory=list)
    constant: int = 0

    def add(self, coefficient: int, variable: int | None) -> None:
        if variable is not None and coefficient:
            self.terms.append((coefficient, variable))

    def extend(self, other: Expression) -> None:
        self.terms.extend(other.terms)
        self.constant += other.constant

    def merged(self) -> Expression:
        """The same with every variable once."""
        total = _merged(self.terms)
        return Expression([(c, v) for v, c in total.items() if c], self.constant)

    def value(self, values: list[int]) -> int:
        return self.constant + sum(c * values[v] for c, v in self.terms)


def _merged(terms: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The coefficient of every variable."""
    total: dict[int, int] = {}
    for coefficient, variable in terms:
        total[variable] = total.get(variable, 0) + coefficient
    return total


class Rows:
    """Variables and rows of a model or of one plant's part of it."""

    def __init__(self) -> None:
        self.lower: list[int] = []
        self.upper: list[int] = []
        self.rows: list[Row] = []

    def copy(self) -> Rows:
        other = Rows()
        other.absorb(self)
        return other

    def variable(self, lower: int, upper: int) -> int:
        """A new integer variable; Raises ValueError on an empty range."""
        if lower > upper:
            raise ValueError(f"a variable cannot lie in {lower}..{upper}")
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def row(
        self,
        terms: Iterable[tuple[int, int]],
        low: int | None,
        high: int | None,
        law: str,
        where: str,
    ) -> None:
        """Add a row, merged by variable and divided by the common divisor of its
        coefficients; the sides are rounded inwards, which loses no integer point. One that the
        variables' bounds keep by themselves is left out. Raises ValueError on one without variables
        that cannot hold."""
        kept = tuple(terms)
        coefficients = {c for c, _ in kept}
        if 0 in coefficients or len({v for _, v in kept}) < len(kept):
            kept = tuple((c, v) for v, c in _merged(kept).items() if c)
            coefficients = {c for c, _ in kept}
        divisor = gcd(*coefficients)
        if divisor > 1:
            low = None if low is None else -(-low // divisor)
            high = None if high is None else high // divisor
            kept = tuple([(c // divisor, v) for c, v in kept])
        if not kept and ((low or 0) > 0 or (high is not None and high < 0)):
            raise ValueError(f"{law} at {where} cannot hold: {low} <= 0 <= {high}")
        if (low is not None and self.least(kept) < low) or (
            high is not None and self.most(kept) > high
        ):
            self.rows.append(Row(kept, low, high, law, where))

    def share_terms(self) -> None:
        """Keep every term that rows repeat once: a province has tens of millions."""
        once: dict[tuple[int, int], tuple[int, int]] = {}
        for row in self.rows:
            row.terms = tuple([once.setdefault(term, term) for term in row.terms])

    def least(self, terms: Iterable[tuple[int, int]]) -> int:
        """No sum of the terms is below this, by the bounds of their variables."""
        lower, upper = self.lower, self.upper
        return sum([c * (lower if c > 0 else upper)[v] for c, v in terms])

    def most(self, terms: Iterable[tuple[int, int]]) -> int:
        """Nor is any above this."""
        lower, upper = self.lower, self.upper
        return sum([c * (upper if c > 0 else lower)[v] for c, v in terms])

    def allow(self, values: list[int]) -> bool:
        """Whether values of all variables lie in their bounds and satisfy every row."""
        bounds = zip(self.lower, values, self.upper, strict=True)
        return all(low <= value <= high for low, value, high in bounds) and all(
            (row.low is None or row.low <= total) and (row.high is None or total <= row.high)
            for row in self.rows
            for total in [sum(c * values[v] for c, v in row.terms)]
        )

    def absorb(self, other: Rows) -> int:
        """Append another's variables and rows; returns the shift of its variables."""
        shift = len(self.lower)
        self.lower.extend(other.lower)
        self.upper.extend(other.upper)
        if not shift:
            self.rows.extend(other.rows)
            return shift
        self.rows.extend(
            Row(tuple((c, v + shift) for c, v in row.terms), row.low, row.high, row.law, row.where)
            for row in other.rows
        )
        return shift
