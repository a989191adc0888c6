"""Coordinates of Chinese map services, GCJ-02 and BD-09, turned into WGS-84.

The forward formulas are those that eviltransform (github.com/googollee/eviltransform) published;
neither datum has an official one. They are turned round by fixed-point iteration, which closes
faster than the last decimal that anybody gives. No library for it is kept: those on the package
index are years old or drag a GIS along.
"""

from collections.abc import Callable
from math import atan2, cos, hypot, pi, radians, sin, sqrt
from typing import Literal, NamedTuple

Datum = Literal["wgs84", "gcj02", "bd09"]

AXIS_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
"""Krasovsky's ellipsoid of 1940, as in the published formula."""
BD09_PER_DEGREE = pi * 3000 / 180
CLOSE_DEGREES = 1e-10
MOST_ROUNDS = 50
DECIMALS = 7
"""Of a converted coordinate: a centimetre, well below what the formula can claim."""


class Position(NamedTuple):
    lat: float
    lon: float


def is_in_china(at: Position) -> bool:
    """Whether a point lies in the box in which the formulas are meant to hold."""
    return 0.8293 <= at.lat <= 55.8271 and 72.004 <= at.lon <= 137.8347


def to_wgs84(datum: Datum, given: Position) -> Position:
    """Raises ValueError for a point of GCJ-02 or BD-09 outside China."""
    if datum == "wgs84":
        return given
    if not is_in_china(given):
        raise ValueError(f"{datum} is not defined at {given}")
    gcj02 = given if datum == "gcj02" else _turned_round(bd09_of_gcj02, given)
    found = _turned_round(gcj02_of_wgs84, gcj02)
    return Position(round(found.lat, DECIMALS), round(found.lon, DECIMALS))


def gcj02_of_wgs84(at: Position) -> Position:
    x, y = at.lon - 105, at.lat - 35
    waves = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north_m += 2 / 3 * (waves + 20 * sin(pi * y) + 40 * sin(pi * y / 3))
    north_m += 2 / 3 * (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east_m += 2 / 3 * (waves + 20 * sin(pi * x) + 40 * sin(pi * x / 3))
    east_m += 2 / 3 * (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30))
    flat = 1 - ECCENTRICITY_SQUARED * sin(radians(at.lat)) ** 2
    along_meridian_m = AXIS_M * (1 - ECCENTRICITY_SQUARED) / (flat * sqrt(flat))
    along_parallel_m = AXIS_M / sqrt(flat) * cos(radians(at.lat))
    return Position(
        at.lat + north_m / radians(along_meridian_m), at.lon + east_m / radians(along_parallel_m)
    )


def bd09_of_gcj02(at: Position) -> Position:
    far = hypot(at.lat, at.lon) + 0.00002 * sin(at.lat * BD09_PER_DEGREE)
    turn = atan2(at.lat, at.lon) + 0.000003 * cos(at.lon * BD09_PER_DEGREE)
    return Position(far * sin(turn) + 0.006, far * cos(turn) + 0.0065)


def _turned_round(forward: Callable[[Position], Position], given: Position) -> Position:
    """The point that `forward` takes to the given one."""
    found = given
    for _ in range(MOST_ROUNDS):
        reached = forward(found)
        off = Position(given.lat - reached.lat, given.lon - reached.lon)
        found = Position(found.lat + off.lat, found.lon + off.lon)
        if max(map(abs, off)) < CLOSE_DEGREES:
            break
    return found
