"""The air quality index of HJ 633: linear between breakpoints, always rounded up.

The edition of 2026 rounds concentrations first, by GB/T 8170 (half to even).
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from scheduler.domain.air import Pollutant, Report, Standard


class Item(NamedTuple):
    """A concentration of a report with its own index."""

    pollutant: Pollutant
    mean_hours: int
    concentration: Fraction
    iaqi: int


class AirIndex(NamedTuple):
    """The index of what was given: the highest of the items, and which pollutants have it."""

    standard: Standard
    aqi: int | None
    primary: tuple[Pollutant, ...]
    """Those with the highest index, together, in the standard's order, if it is high enough."""
    items: tuple[Item, ...]
    missing: tuple[tuple[Pollutant, int], ...]
    """Pollutant and hours of what the report states and was not given."""

    @property
    def stated(self) -> int | None:
        """The index that may be published; None, written NA, where too much is missing."""
        above = self.standard.rule.incomplete_above
        if not self.missing or self.aqi is None:
            return self.aqi
        return self.aqi if above is not None and self.aqi > above else None

    def iaqi_of(self, pollutant: Pollutant) -> int | None:
        """The highest index of a pollutant."""
        return max((i.iaqi for i in self.items if i.pollutant == pollutant), default=None)


def air_index(
    standard: Standard, report: Report, given: Mapping[tuple[Pollutant, int], Fraction]
) -> AirIndex:
    """The index of a report from the concentrations that there are, by pollutant and hours."""
    items, missing = [], []
    for item in standard.items:
        if item.report != report:
            continue
        column = item.pollutant, item.mean_hours
        if column not in given:
            missing.append(column)
        elif item.column_hours is not None:
            value = iaqi(standard, item.pollutant, item.column_hours, given[column])
            if value is not None:
                items.append(Item(*column, given[column], value))
    aqi = max((item.iaqi for item in items), default=None)
    above = standard.rule.primary_above
    primary = [i.pollutant for i in items if i.iaqi == aqi and i.iaqi > above]
    return AirIndex(standard, aqi, tuple(dict.fromkeys(primary)), tuple(items), tuple(missing))


def rounded(standard: Standard, pollutant: Pollutant, concentration: Fraction) -> Fraction:
    """The concentration as the standard takes it into the formula."""
    rule = standard.rule
    decimals = rule.co_decimals if pollutant == "co" else rule.concentration_decimals
    if decimals is None:
        return concentration
    scaled = concentration * 10**decimals
    # Python rounds an exact fraction half to even, which is GB/T 8170.
    return Fraction(round(scaled), 10**decimals)


def iaqi(
    standard: Standard, pollutant: Pollutant, hours: int, concentration: Fraction | Decimal | int
) -> int | None:
    """The individual index; None where the standard asks for another averaging time instead.

    Raises
    ------
    ValueError
        If the concentration is below 0 or the standard has no such column.
    """
    exact = Fraction(concentration)
    if exact < 0:
        raise ValueError(f"{pollutant} of {concentration} is below 0")
    points = [p for p in standard.breakpoints if (p.pollutant, p.hours) == (pollutant, hours)]
    if not points:
        raise ValueError(f"{standard.rule.standard} has no {pollutant} of {hours} h")
    taken = rounded(standard, pollutant, exact)
    for low, high in pairwise(points):
        if taken <= high.concentration:
            share = (taken - low.concentration) / (high.concentration - low.concentration)
            value = low.iaqi + share * (high.iaqi - low.iaqi)
            return max(standard.rule.lowest, -(-value.numerator // value.denominator))
    if points[-1].iaqi == standard.rule.highest:
        return standard.rule.highest
    return standard.rule.so2_1h_beyond if pollutant == "so2" else standard.rule.o3_8h_beyond


def half_even(value: Fraction) -> Decimal:
    """A mean to one decimal, for people."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(
        Decimal("0.1"), ROUND_HALF_EVEN
    )
