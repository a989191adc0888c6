"""Tests that the index follows HJ 633 of both editions: every breakpoint, class and rounding."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from scheduler.air.days import HOUR, HOURS_A_DAY, days_between
from scheduler.air.index import AirIndex, air_index, iaqi
from scheduler.air.tables import standard_of, standards
from scheduler.clock import SHANGHAI
from scheduler.domain.air import HourlyValue, Pollutant
from scheduler.errors import BadInputError

OLD, NEW = standards()["HJ633-2012"], standards()["HJ633-2026"]
MONTH = Path(__file__).parents[2] / "fixtures/liaoning/air/shenyang_hours.csv"

COLUMNS: list[tuple[Pollutant, int]] = [
    ("so2", 24), ("so2", 1), ("no2", 24), ("no2", 1), ("co", 24), ("co", 1), ("o3", 8), ("o3", 1),
    ("pm10", 24), ("pm25", 24),
]  # fmt: skip
TABLE_3 = """
    0    0    0    0    0  0   0    0    0   0   0
   50   50  150   40  100  2   5  100  160  50  35
  100  150  500   80  200  4  10  160  200 120  60
  150  475  650  180  700 14  35  215  300 250 115
  200  800  800  280 1200 24  60  265  400 350 150
  300 1600    -  565 2340 36  90  800  800 420 250
  400 2100    -  750 3090 48 120    - 1000 500 350
  500 2620    -  940 3840 60 150    - 1200 600 500
"""
"""HJ 633-2026 table 3 as printed, typed a second time."""
OF_2012 = {("pm10", 24): 150, ("pm25", 24): 75}
"""Where table 1 of 2012 differs: the row of index 100."""


def printed(edition: str) -> dict[tuple[Pollutant, int], list[tuple[int, int]]]:
    """Each column of the printed table as (index, concentration), without the empty cells."""
    table: dict[tuple[Pollutant, int], list[tuple[int, int]]] = {c: [] for c in COLUMNS}
    for line in TABLE_3.strip().splitlines():
        index, *cells = line.split()
        for column, cell in zip(COLUMNS, cells, strict=True):
            if cell != "-":
                old = edition == "HJ633-2012" and index == "100"
                table[column].append(
                    (int(index), OF_2012.get(column, int(cell)) if old else int(cell))
                )
    return table


def smallest_index(points: list[tuple[int, int]], concentration: Fraction) -> int:
    """The other way round: the smallest whole index whose concentration is not below the given."""
    for (i, c), (j, d) in pairwise(points):
        for index in range(i, j + 1):
            if c + Fraction(index - i, j - i) * (d - c) >= concentration:
                return index
    raise AssertionError("above the table")


def edges() -> Iterator[tuple[str, Pollutant, int, int, int]]:
    for edition in standards():
        for (pollutant, hours), points in printed(edition).items():
            for index, concentration in points:
                yield edition, pollutant, hours, index, concentration


@pytest.mark.parametrize(("edition", "pollutant", "hours", "index", "concentration"), edges())
def test_every_breakpoint_one_below_and_one_above(
    edition: str, pollutant: Pollutant, hours: int, index: int, concentration: int
) -> None:
    standard, points = standards()[edition], printed(edition)[pollutant, hours]
    step = Fraction(1, 10) if pollutant == "co" else Fraction(1)
    lowest = standard.rule.lowest
    assert iaqi(standard, pollutant, hours, concentration) == max(lowest, index)
    if concentration > 0:
        below = smallest_index(points, concentration - step)
        assert below <= index
        assert iaqi(standard, pollutant, hours, concentration - step) == max(lowest, below)
    if (index, concentration) != points[-1]:
        above = smallest_index(points, concentration + step)
        assert above > index
        assert iaqi(standard, pollutant, hours, concentration + step) == above


def test_the_tables_hold_the_printed_points_and_no_others() -> None:
    for edition, standard in standards().items():
        held: dict[tuple[Pollutant, int], list[tuple[int, int]]] = {}
        for point in standard.breakpoints:
            held.setdefault((point.pollutant, point.hours), []).append(
                (point.iaqi, point.concentration)
            )
        assert held == printed(edition)


@pytest.mark.parametrize(
    ("pollutant", "hours", "last", "old", "new"),
    [
        ("so2", 1, 800, None, 200), ("o3", 8, 800, None, 300),
        ("so2", 24, 2620, 500, 500), ("no2", 24, 940, 500, 500), ("no2", 1, 3840, 500, 500),
        ("co", 24, 60, 500, 500), ("co", 1, 150, 500, 500), ("o3", 1, 1200, 500, 500),
        ("pm10", 24, 600, 500, 500), ("pm25", 24, 500, 500, 500),
    ],
)  # fmt: skip
def test_above_the_last_row(
    pollutant: Pollutant, hours: int, last: int, old: int | None, new: int
) -> None:
    """The notes of SO2 of 1 h and O3 of 8 h: 2012 asks for another mean, 2026 states an index."""
    assert iaqi(OLD, pollutant, hours, last + 1) == old
    assert iaqi(NEW, pollutant, hours, last + 1) == new


def of(standard_id: str, report: str = "daily", **given: int) -> AirIndex:
    """The index of concentrations named like `pm25_24`."""
    values = {
        (name.rpartition("_")[0], int(name.rpartition("_")[2])): Fraction(value)
        for name, value in given.items()
    }
    return air_index(standards()[standard_id], report, values)  # type: ignore[arg-type]


def test_ozone_above_800_is_told_by_its_highest_hour_in_2012() -> None:
    told = of("HJ633-2012", o3_8=801, o3_1=900)
    assert (told.aqi, told.primary) == (350, ("o3",))
    assert of("HJ633-2012", o3_8=801).aqi is None
    assert of("HJ633-2026", o3_8=801, o3_1=900).aqi == 300


def test_sulphur_dioxide_above_800_is_told_by_its_day_in_2012() -> None:
    assert of("HJ633-2012", "real_time", so2_1=801).aqi is None
    assert of("HJ633-2012", so2_24=801).aqi == 201
    assert of("HJ633-2026", "real_time", so2_1=801).aqi == 200


def test_ties_are_primary_together_and_none_is_up_to_50() -> None:
    assert of("HJ633-2026", pm10_24=250, pm25_24=115, no2_24=180).primary == ("no2", "pm10", "pm25")
    assert of("HJ633-2026", pm10_24=250, pm25_24=116).primary == ("pm25",)
    assert of("HJ633-2026", pm10_24=50, pm25_24=35).primary == ()
    assert of("HJ633-2026", pm10_24=51, pm25_24=35).primary == ("pm10",)
    assert of("HJ633-2012", o3_8=160, o3_1=200).primary == ("o3",)


def test_the_real_time_report_takes_fine_dust_of_the_hour_since_2026() -> None:
    assert of("HJ633-2026", "real_time", pm25_1=150).aqi == 200
    assert of("HJ633-2012", "real_time", pm25_1=150).aqi is None
    assert of("HJ633-2012", "real_time", pm25_1=150, pm25_24=115).aqi == 150


ALL_2026 = {"so2_24": 0, "no2_24": 0, "co_24": 0, "pm10_24": 0, "o3_8": 0}


def test_an_index_of_fewer_items_is_stated_only_above_100_and_never_in_2012() -> None:
    assert (of("HJ633-2026", pm25_24=60).aqi, of("HJ633-2026", pm25_24=60).stated) == (100, None)
    assert of("HJ633-2026", pm25_24=61).stated == 101
    assert of("HJ633-2026", pm25_24=60, **ALL_2026).stated == 100
    assert of("HJ633-2012", pm25_24=200).stated is None
    assert of("HJ633-2012", pm25_24=200, o3_1=0, **ALL_2026).stated == 250


def test_the_classes_leave_no_index_out_and_have_the_standards_colours() -> None:
    for standard in standards().values():
        covered = [i for c in standard.classes for i in range(c.lowest, c.highest + 1)]
        assert covered == list(range(standard.rule.lowest, 501))
        first = [standard.class_of(i) for i in (50, 51, 101, 151, 201, 301)]
        assert [(held.name_zh, held.rgb) for held in first] == [
            ("优", "0 228 0"), ("良", "255 255 0"), ("轻度污染", "255 126 0"),
            ("中度污染", "255 0 0"), ("重度污染", "153 0 76"), ("严重污染", "126 0 35"),
        ]  # fmt: skip
        assert standard.class_of(300).cmyk == "10 100 40 30"


def test_the_date_of_the_data_says_which_edition_counts() -> None:
    assert standard_of(date(2015, 11, 6)) is OLD
    assert standard_of(date(2025, 12, 31)) is OLD
    assert standard_of(date(2026, 2, 28)) is OLD
    assert standard_of(date(2026, 3, 1)) is NEW
    with pytest.raises(BadInputError, match="before 2012-02-29"):
        standard_of(date(2012, 2, 28))


def hourly(first: datetime, values: list[Decimal]) -> list[HourlyValue]:
    return [
        HourlyValue.model_validate(
            {"local_time": first + n * HOUR, "station": "a", "pm25_ug_m3": value}
        )
        for n, value in enumerate(values)
    ]


def test_a_day_that_begins_before_the_change_is_computed_by_the_old_edition() -> None:
    """60 ug/m3 is index 82 until 28 February 2026 and 100 from 1 March on, at any hour."""
    first = datetime(2026, 2, 28, tzinfo=SHANGHAI)
    days = list(days_between(hourly(first, [Decimal(60)] * 48), first, first + 48 * HOUR))
    assert [day.aqi for day in days] == [82] * 24 + [100]


def test_the_hours_of_november_2015() -> None:
    """Every day of 1-20 November 2015 from any hour, against the table the other way round."""
    with MONTH.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20 * 24
    means = [round(Decimal(int(r["pm25_sum_ug_m3"])) / int(r["stations"]), 3) for r in rows]
    first = datetime.fromisoformat(rows[0]["local_time"])
    days = list(days_between(hourly(first, means), first, first + 480 * HOUR))
    assert len(days) == 480 - 23
    points = printed("HJ633-2012")["pm25", 24]
    for n, day in enumerate(days):
        mean = sum(map(Fraction, means[n : n + 24]), Fraction(0)) / 24
        assert day.first == first + timedelta(hours=n)
        assert day.aqi == (500 if mean > 500 else smallest_index(points, mean))
        assert day.index.standard is OLD
    assert [day.aqi for day in days[::HOURS_A_DAY]] == [
        132, 224, 210, 117, 116, 219, 397, 500, 384, 227,
        167, 212, 180, 127, 135, 123, 131, 149, 122, 87,
    ]  # fmt: skip


def test_ozone_of_a_day_is_the_highest_mean_of_8_hours() -> None:
    first = datetime(2026, 7, 1, tzinfo=SHANGHAI)
    rows = [
        HourlyValue.model_validate(
            {
                "local_time": first + n * HOUR,
                "station": "a",
                "o3_ug_m3": 266 if 10 <= n < 18 else 40,
            }
        )
        for n in range(24)
    ]
    assert [d.aqi for d in days_between(rows, first, first + 24 * HOUR)] == [201]
    held = [r for r in rows if r.local_time not in (first + 10 * HOUR, first + 11 * HOUR)]
    assert [d.aqi for d in days_between(held, first, first + 24 * HOUR)] == [201]


@pytest.mark.parametrize(("n_hours", "aqi"), [(6, 201), (5, None)])
def test_a_mean_of_8_hours_rests_on_six(n_hours: int, aqi: int | None) -> None:
    """266 ug/m3 is index 201; a day whose hours are fewer in each run of eight has no index."""
    first = datetime(2026, 7, 1, tzinfo=SHANGHAI)
    rows = [
        HourlyValue.model_validate(
            {"local_time": first + n * HOUR, "station": "a", "o3_ug_m3": 266}
        )
        for n in range(10, 10 + n_hours)
    ]
    days = list(days_between(rows, first, first + 24 * HOUR))
    assert [d.aqi for d in days] == ([] if aqi is None else [aqi])


@pytest.mark.parametrize(
    ("pollutant", "concentration", "old", "new"),
    [
        ("pm25", 50, 69, 80), ("pm25", 60, 82, 100), ("pm25", 75, 100, 114),
        ("pm25", 100, 132, 137), ("pm25", 115, 150, 150), ("pm25", 151, 201, 201),
        ("pm10", 120, 85, 100), ("pm10", 150, 100, 112),
    ],
)  # fmt: skip
def test_only_the_middle_of_the_scale_moved_in_2026(
    pollutant: str, concentration: int, old: int, new: int
) -> None:
    """The figures of both editions' tables, worked out by hand."""
    assert iaqi(OLD, pollutant, 24, concentration) == old  # type: ignore[arg-type]
    assert iaqi(NEW, pollutant, 24, concentration) == new  # type: ignore[arg-type]


def test_the_index_is_rounded_up_and_the_new_edition_rounds_concentrations_first() -> None:
    """115.5 is even 116 by GB/T 8170, 114.5 is 114; the old edition takes them as they are."""
    assert iaqi(NEW, "pm25", 24, Fraction(231, 2)) == 152
    assert iaqi(NEW, "pm25", 24, Fraction(229, 2)) == 150
    assert iaqi(OLD, "pm25", 24, Fraction(229, 2)) == 150
    assert iaqi(OLD, "pm25", 24, Fraction(231, 2)) == 151
    assert iaqi(NEW, "co", 24, Fraction(205, 100)) == 50
    assert iaqi(NEW, "co", 24, Fraction(206, 100)) == 53


def test_the_ends_of_the_scale() -> None:
    assert (iaqi(OLD, "pm25", 24, 0), iaqi(NEW, "pm25", 24, 0)) == (0, 1)
    assert (iaqi(NEW, "pm25", 24, 500), iaqi(NEW, "pm25", 24, 501)) == (500, 500)
    assert (iaqi(NEW, "so2", 1, 800), iaqi(NEW, "so2", 1, 801)) == (200, 200)
    assert (iaqi(NEW, "o3", 8, 801), iaqi(OLD, "o3", 8, 801)) == (300, None)
    assert iaqi(OLD, "so2", 1, 801) is None
    with pytest.raises(ValueError, match="below 0"):
        iaqi(NEW, "pm25", 24, -1)
    with pytest.raises(ValueError, match="no pm25 of 1 h"):
        iaqi(NEW, "pm25", 1, 10)
