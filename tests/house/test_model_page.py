"""Tests that docs/model.md names functions, tests and files that are there, for every law."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import get_args

from solver.checks.verdict import Law
from solver.instance import STAGE_NAMES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/model.md"
REFERENCE = re.compile(r"`([\w/]+\.py)::([\w.]+)`")
FILE = re.compile(r"`((?:solver|scheduler|api|tests|fixtures)/[\w/]*(?:\.py)?)(?:::[\w.]+)?`")
UNBREAKABLE = ("end_stock", "must_run")
"""Laws that no plan can breach: a stage charges what is missing."""


@cache
def defined_in(path: str) -> frozenset[str]:
    """Functions and classes of a module; methods as Class.method."""
    names = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{x.name}" for x in node.body if isinstance(x, ast.FunctionDef)}
    return frozenset(names)


def missing(page: str) -> list[str]:
    """What a page names and the repository does not have."""
    files = [name for name in FILE.findall(page) if not (ROOT / name).exists()]
    return files + [
        f"{path}::{name}"
        for path, name in REFERENCE.findall(page)
        if (ROOT / path).exists() and name not in defined_in(path)
    ]


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells of the table under "Where it stands", by law or stage."""
    part = page.partition("## Where it stands")[2].partition("\n## ")[0]
    cells = [row.strip("|").split("|") for row in part.splitlines() if row.startswith("| `")]
    return {first.strip().strip("`"): [cell.strip() for cell in rest] for first, *rest in cells}


def test_what_the_page_names_is_there() -> None:
    assert missing(PAGE.read_text()) == []


def test_every_law_and_stage_has_its_row_with_function_checker_and_test() -> None:
    rows = rows_of(PAGE.read_text())
    assert set(rows) == {*get_args(Law), *UNBREAKABLE, *STAGE_NAMES}
    for name, (unit, model, checker, tests) in rows.items():
        assert unit, name
        assert all(path.startswith("solver/") for path, _ in REFERENCE.findall(model)), name
        assert all("check" in path for path, _ in REFERENCE.findall(checker)), name
        assert all(test.startswith("test_") for _, test in REFERENCE.findall(tests)), name
        assert all(REFERENCE.search(cell) for cell in (model, checker, tests)), name


def test_every_law_and_stage_has_its_meaning_on_the_page() -> None:
    page = PAGE.read_text()
    laws = {*get_args(Law), *UNBREAKABLE} - {"instance", "stage"}
    assert {law for law in laws if f"\n### {law}\n" not in page} == set()
    assert {stage for stage in STAGE_NAMES if f"\n| {stage} |" not in page} == set()


def test_a_name_that_is_not_there_is_seen() -> None:
    page = "`solver/check.py::check`, `solver/check.py::judge`, `solver/laws.py`, `solver/laws/`"
    assert missing(page) == ["solver/laws.py", "solver/check.py::judge"]
