"""Values of all variables from those that are known, by the rows alone: no engine is asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from solver.linear import Row, Rows


def complete(rows: Rows, known: Mapping[int, int]) -> list[int] | None:
    """What is known, what follows from it, and the rest as small as the rows still let it be; None
    where that keeps not every row."""
    ranges = _Ranges(rows)
    if not ranges.fix(known):
        return None
    for variable, low in enumerate(ranges.low):
        if ranges.high[variable] > low and not ranges.fix({variable: ranges.low[variable]}):
            return None
    return ranges.low if rows.allow(ranges.low) else None


class _Ranges:
    """The values that each variable can still have, narrowed row by row."""

    def __init__(self, rows: Rows) -> None:
        self.low, self.high = list(rows.lower), list(rows.upper)
        self._rows = rows.rows
        self._rows_of: list[list[int]] = [[] for _ in self.low]
        for number, row in enumerate(self._rows):
            for _, variable in row.terms:
                self._rows_of[variable].append(number)

    def fix(self, values: Mapping[int, int]) -> bool:
        """Set variables, and narrow all others; False where a range becomes empty."""
        for variable, value in values.items():
            if not self.low[variable] <= value <= self.high[variable]:
                return False
            self.low[variable] = self.high[variable] = value
        waiting = deque(dict.fromkeys(n for v in values for n in self._rows_of[v]))
        queued = set(waiting)
        while waiting:
            number = waiting.popleft()
            queued.discard(number)
            narrowed = self._narrow(self._rows[number])
            if narrowed is None:
                return False
            for other in dict.fromkeys(n for v in narrowed for n in self._rows_of[v]):
                if other != number and other not in queued:
                    queued.add(other)
                    waiting.append(other)
        return True

    def _narrow(self, row: Row) -> list[int] | None:
        """The variables whose range a row narrows; None if it leaves one of them nothing."""
        ends = [sorted((c * self.low[v], c * self.high[v])) for c, v in row.terms]
        below = None if row.low is None else row.low - sum(high for _, high in ends)
        above = None if row.high is None else row.high - sum(low for low, _ in ends)
        if (above is not None and above < 0) or (below is not None and below > 0):
            return None
        narrowed = []
        for (coefficient, variable), (low, high) in zip(row.terms, ends, strict=True):
            least = low if below is None else max(low, high + below)
            most = high if above is None else min(high, low + above)
            if coefficient < 0:
                least, most = -most, -least
            size = abs(coefficient)
            new = -(-least // size), most // size
            if new != (self.low[variable], self.high[variable]):
                self.low[variable], self.high[variable] = new
                narrowed.append(variable)
            if new[0] > new[1]:
                return None
        return narrowed
