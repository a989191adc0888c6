"""Tests that coordinates of Chinese map services come back as WGS-84."""

from math import cos, hypot, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.intake.datums import Datum, Position, bd09_of_gcj02, gcj02_of_wgs84, to_wgs84

PUBLISHED = (
    (Position(31.1774276, 121.5272106), Position(31.17530398364597, 121.531541859215)),
    (Position(22.543847, 113.912316), Position(22.540796131694766, 113.9171764808363)),
    (Position(39.911954, 116.377817), Position(39.91334545536069, 116.38404722455657)),
)
"""WGS-84 and GCJ-02 of points in Shanghai, Shenzhen and Beijing, from eviltransform's own tests."""
METRES_A_DEGREE = 111_320


def metres(a: Position, b: Position) -> float:
    return METRES_A_DEGREE * hypot(a.lat - b.lat, (a.lon - b.lon) * cos(radians(a.lat)))


@pytest.mark.parametrize(("wgs84", "gcj02"), PUBLISHED)
def test_published_points(wgs84: Position, gcj02: Position) -> None:
    assert metres(gcj02_of_wgs84(wgs84), gcj02) < 0.01
    assert metres(to_wgs84("gcj02", gcj02), wgs84) < 0.01


def test_bd09_is_gcj02_moved_by_about_a_kilometre() -> None:
    """eviltransform's tests give this pair to some metres, which is what its inverse can do."""
    given, wgs84 = Position(29.199786, 120.019809), Position(29.196131605295484, 120.00877901149691)
    assert metres(to_wgs84("bd09", given), wgs84) < 15


@settings(max_examples=200, deadline=None, derandomize=True)
@given(lat=st.floats(38.5, 43.5), lon=st.floats(118.5, 126))
def test_there_and_back_over_all_liaoning(lat: float, lon: float) -> None:
    """To a few centimetres, although the datum itself moved the point by hundreds of metres."""
    here = Position(lat, lon)
    gcj02 = gcj02_of_wgs84(here)
    assert 100 < metres(here, gcj02) < 1000
    assert metres(to_wgs84("gcj02", gcj02), here) < 0.05
    assert metres(to_wgs84("bd09", bd09_of_gcj02(gcj02)), here) < 0.05


def test_wgs84_stays_as_it_is_given() -> None:
    assert to_wgs84("wgs84", Position(-33.9, 18.4)) == Position(-33.9, 18.4)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_outside_china_a_chinese_datum_is_refused(datum: Datum) -> None:
    with pytest.raises(ValueError, match="not defined"):
        to_wgs84(datum, Position(55.9, 121.6))
