"""The air quality index of HJ 633: linear between breakpoints, always rounded up.

The edition of 2026 rounds concentrations first, by GB/T 8170 (half to even).
"""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise

from scheduler.domain.air import Pollutant, Standard

HIGHEST = 500


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
    if points[-1].iaqi == HIGHEST:
        return HIGHEST
    return standard.rule.so2_1h_beyond if pollutant == "so2" else standard.rule.o3_8h_beyond


def half_even(value: Fraction) -> Decimal:
    """A mean to one decimal, for people."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(
        Decimal("0.1"), ROUND_HALF_EVEN
    )
