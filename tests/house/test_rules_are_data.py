"""Tests that no rule is left in code: its figures and whom it is for stand in tables with a source.

A figure in the code that reads rules is a unit or stands in `FIGURES` with its reason; no code
names a certain level, sector, grade, city, fuel, stage, kind of trips, rule set or standard, but
where `WORDS` says why. An entry that nothing needs any more is a fault as well.
"""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from scheduler.air.tables import rule_sets, standards
from scheduler.domain import enterprise, measure
from scheduler.domain.air import Pollutant
from scheduler.domain.alert import Level

ROOT = Path(__file__).parents[2]
READ_RULES = (
    "scheduler/air", "scheduler/cap", "scheduler/domain", "scheduler/prepare",
    "scheduler/advising.py", "scheduler/rules.py", "scheduler/preparation.py",
    "scheduler/windows.py", "solver/laws", "solver/checks", "solver/derive.py", "solver/stages.py",
)  # fmt: skip
UNITS = {-1, 0, 1, 2, 10, 24, 36, 60, 100, 1000, 1440, 3600, 1_000_000}
"""Units of time, per cent and mille, and km/h in m/s (36 / 10)."""

FIGURES: dict[tuple[str, int | float], str] = {
    ("scheduler/air/days.py", 8): "the averaging time of the ozone column, as report_items.csv",
    ("scheduler/domain/air.py", 500): "the scale of the index, refused beyond",
    ("scheduler/domain/air.py", 100_000): "a concentration beyond is no measurement",
    ("scheduler/domain/air.py", 720): "averaging times are at most a month",
    ("scheduler/domain/air.py", 3): "decimals kept of a concentration",
    ("scheduler/domain/air.py", 8): "the averaging time of the ozone column",
    ("scheduler/domain/alert.py", 200): "characters of a text",
    ("scheduler/domain/enterprise.py", 53): "whole numbers that every JSON reader keeps",
    ("scheduler/domain/enterprise.py", 23): "the last hour of a day",
    ("scheduler/domain/enterprise.py", 90): "degrees",
    ("scheduler/domain/enterprise.py", 180): "degrees",
    ("scheduler/domain/network.py", 50_000_000): "capacity beyond is no road's",
    ("scheduler/domain/network.py", 200): "km/h beyond are no road's",
    ("scheduler/domain/observed.py", 500): "the scale of the index, refused beyond",
    ("scheduler/domain/observed.py", 4): "decimals of a share in JSON",
    ("scheduler/domain/observed.py", 366): "days of a year",
    ("scheduler/domain/observed.py", 2013): "the first year of PM2.5 records",
    ("scheduler/domain/observed.py", 2100): "a year beyond is a slip",
    ("scheduler/advising.py", 12): "characters of a digest in an id",
    ("scheduler/cap/xml.py", 3): "the schema lies three folders up, or faults told",
    ("scheduler/domain/conditions.py", 23): "the last hour of a day",
    ("scheduler/domain/network_report.py", 5): "examples shown of what was dropped",
    ("scheduler/domain/schedule.py", 15): "lengths of slots",
    ("scheduler/domain/schedule.py", 30): "lengths of slots",
    ("scheduler/preparation.py", 15): "lengths of slots",
    ("scheduler/preparation.py", 30): "lengths of slots, and the usual one",
    ("scheduler/preparation.py", 240): "minutes of a stock interval: shifts are 8 or 12 hours",
    ("solver/checks/stages.py", 9): "powers of ten in a unit",
    ("solver/checks/trips.py", 6_000_000): "per mille times minutes times per cent",
    ("solver/laws/caps.py", 6_000_000): "per mille times minutes times per cent",
}

WORDS: dict[tuple[str, str], str] = {
    ("scheduler/air/index.py", "co"): "HJ 633 rounds CO by its own column of standards.csv",
    ("scheduler/air/index.py", "so2"): "its own column of standards.csv for SO2 and O3",
    ("scheduler/air/days.py", "o3"): "the day's value of ozone is a highest mean",
    ("scheduler/air/advice.py", "pm25"): "shown beside the index",
    ("scheduler/domain/measure.py", "electric"): "an electric truck has no stage to be older than",
    ("scheduler/domain/filing.py", "ordinary"): "trips that no exemption is for",
    ("scheduler/domain/request.py", "emergency"): "the kind of a request, not of trips",
    ("scheduler/cli/request.py", "emergency"): "the kind of a request, not of trips",
    ("api/console/request_form.py", "emergency"): "the kind of a request, not of trips",
    ("solver/granted.py", "emergency"): "a run's trips are such; rules say what frees them",
    ("scheduler/prepare/supply.py", "safe_production"): "measures have a column for these alone",
    **{
        (f"scheduler/{module}.py", pollutant): "says which column holds it"
        for module in ("domain/air", "intake/observations")
        for pollutant in get_args(Pollutant)
    },
    **{("scheduler/domain/alert.py", level.value): "the levels' own list" for level in Level},
}


def _cities() -> set[str]:
    path = ROOT / "fixtures/liaoning/registry/cities.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["city_id"] for row in csv.DictReader(file)}


VOCABULARY = (
    _cities()
    | {level.value for level in Level}
    | {*rule_sets(), *standards()}
    | {*get_args(Pollutant), *get_args(enterprise.Sector), *get_args(enterprise.Grade)}
    | {*get_args(enterprise.Fuel), *get_args(enterprise.EmissionStage)}
    | {*get_args(enterprise.Size), *get_args(measure.BarredStage), *measure.KINDS}
)
LEVELS = {f"Level.{level.name}" for level in Level}


def figures(tree: ast.AST) -> Iterator[tuple[int, int | float]]:
    for node in ast.walk(tree):
        is_figure = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if is_figure and node.value not in UNITS:
            yield node.lineno, node.value


def words(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words of rules anywhere but in a `Literal`, which lists what a column may hold, and levels
    asked for by name."""
    listed = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Literal")
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in listed:
            if isinstance(node.value, str) and node.value in VOCABULARY:
                yield node.lineno, node.value
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in LEVELS:
            yield node.lineno, node.attr.lower()


def modules(*places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def test_every_figure_of_a_rule_stands_in_a_table() -> None:
    seen, rows = set(), []
    for path in modules(*READ_RULES):
        name = str(path.relative_to(ROOT))
        for line, figure in figures(ast.parse(path.read_text())):
            seen.add((name, figure))
            if (name, figure) not in FIGURES:
                rows.append(f"{name}:{line}: {figure}: put it into a table with its source")
    assert not rows, "\n".join(rows)
    assert FIGURES.keys() - seen == set(), "no longer needed"


def test_no_code_asks_for_a_certain_level_plant_or_truck() -> None:
    seen, rows = set(), []
    for path in modules("scheduler", "solver", "api"):
        name = str(path.relative_to(ROOT))
        for line, word in words(ast.parse(path.read_text())):
            seen.add((name, word))
            if (name, word) not in WORDS:
                rows.append(f"{name}:{line}: {word}: make it a column of a rule")
    assert not rows, "\n".join(rows)
    assert WORDS.keys() - seen == set(), "no longer needed"


@pytest.mark.parametrize(
    "source",
    [
        "if level == 'red': stop()",
        "if grade in ('A', 'leading'): free()",
        "x = level is Level.ORANGE",
        "match sector:\n    case 'cement': stop()",
        "if 'shenyang' != city: pass",
        "bar = rule | {'exempt_kinds': ('emergency',)}",
        "def advise(rules: str = 'CN-2024-6'): pass",
        "CUTS = {'B': 20, 'C': 50}",
    ],
)
def test_a_rule_in_code_is_seen(source: str) -> None:
    assert list(words(ast.parse(source)))


def test_a_list_of_what_a_column_may_hold_is_no_rule() -> None:
    assert list(words(ast.parse("Grade = Literal['A', 'leading', 'B']"))) == []


def test_a_threshold_in_code_is_seen_and_a_unit_passes() -> None:
    assert list(figures(ast.parse("if aqi > 150: warn()"))) == [(1, 150)]
    assert list(figures(ast.parse("minutes = hours * 60 + 0.5"))) == [(1, 0.5)]
    assert list(figures(ast.parse("share = percent / 100"))) == []
