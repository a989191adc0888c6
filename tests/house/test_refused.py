"""Tests that the source holds none of the habits that the project refuses on sight."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("solver", "scheduler", "api", "fixtures", "benchmarks", "tests")
HOMELESS = {"utils.py", "util.py", "helpers.py", "misc.py", "common.py"}
REFUSED_COMMENTS = {
    "a banner: let the module's order speak": re.compile(r"#+\s*([-=#*~_])\1{2,}|#{4,}"),
    "a numbered step: name a function": re.compile(r"#\s*step\s*\d", re.IGNORECASE),
    "work left undone: do it or drop it": re.compile(r"#.*\b(TODO|FIXME|XXX)\b"),
}
ANY_BY_NAME = re.compile(r"\b(dict|Dict|Mapping|MutableMapping)\[str, (typing\.)?Any\]")
REPORTING = {"critical", "debug", "echo", "error", "exception", "info", "log", "print", "warning"}


def refused_comments(source: str) -> Iterator[tuple[int, str]]:
    if not any(pattern.search(source) for pattern in REFUSED_COMMENTS.values()):
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            for why, pattern in REFUSED_COMMENTS.items():
                if pattern.match(token.string):
                    yield token.start[0], why


def _only_reports(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass | ast.Continue):
        return True
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    called = statement.value.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in REPORTING


def swallowed_errors(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            if broad and all(map(_only_reports, node.body)):
                yield node.lineno, "any error swallowed: catch the one you can answer"


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    yield from ((argument.arg, argument.annotation) for argument in every if argument.annotation)
    if node.returns:
        yield "return", node.returns


def loose_signatures(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for name, annotation in _annotations(node):
                if ANY_BY_NAME.search(text := ast.unparse(annotation)):
                    yield node.lineno, f"{name}: {text}: name the fields in a frozen type"


def loose_statuses(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            types = re.split(r"\W+", ast.unparse(node.annotation))
            if name.split(".")[-1] == "status" and "str" in types:
                yield node.lineno, "status: str: use an enumeration or Literal"


EVERYWHERE = (refused_comments, swallowed_errors, loose_statuses)


def refused(source: str, *, in_tests: bool = False) -> list[tuple[int, str]]:
    """Tests hand the builders of values their keywords loosely; between layers nothing is loose."""
    rules = EVERYWHERE if in_tests else (*EVERYWHERE, loose_signatures)
    return sorted(row for rule in rules for row in rule(source))


def modules() -> list[Path]:
    """Every module but the tests' shared fixtures, whose types are the test tools' own."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if path.name != "conftest.py")


def test_no_module_holds_what_is_refused() -> None:
    rows = [
        f"{path.relative_to(ROOT)}:{line}: {why}"
        for path in modules()
        for line, why in refused(path.read_text(), in_tests=path.is_relative_to(ROOT / "tests"))
    ]
    assert not rows, "\n".join(rows)


def test_every_module_has_a_name_that_says_what_it_holds() -> None:
    assert [path for path in modules() if path.name in HOMELESS] == []


BAD = {
    "rule": "# ---------\nx = 1\n",
    "titled rule": "# === Laws ===\nx = 1\n",
    "hashes": "##########\n",
    "step": "# Step 2: solve\n",
    "left undone": "x = 1  # TO" + "DO later\n",
    "logged": "try:\n    f()\nexcept Exception as error:\n    log.exception(error)\n",
    "passed": "try:\n    f()\nexcept:\n    pass\n",
    "argument": "def f(row: dict[str, Any]) -> None: ...\n",
    "result": "async def f() -> list[dict[str, Any]]: ...\n",
    "keyword": "def f(*, row: Mapping[str, Any]) -> None: ...\n",
    "status field": "class Plan:\n    status: str\n",
    "status argument": "def f(status: str | None) -> None: ...\n",
}
GOOD = {
    "plain comment": "# Rounded up, since a use may not be understated.\nx = 1 - 2\n",
    "rule in a text": "x = '# ------'\n",
    "answered": "try:\n    f()\nexcept Exception:\n    roll_back()\n    raise\n",
    "recorded": "try:\n    f()\nexcept Exception as error:\n    job.fail(error)\n",
    "narrow": "try:\n    f()\nexcept KeyError:\n    pass\n",
    "known fields": "def f(row: dict[str, int]) -> dict[str, str]: ...\n",
    "status": "class Plan:\n    status: PlanStatus\n",
    "status literal": "class Row:\n    status: Literal['read', 'assumed']\n",
    "http": "class Problem:\n    status: int\n",
}


@pytest.mark.parametrize("source", BAD.values(), ids=BAD.keys())
def test_each_habit_is_seen(source: str) -> None:
    assert len(refused(source)) == 1


def test_only_loose_keywords_are_left_to_tests() -> None:
    assert {name for name, source in BAD.items() if not refused(source, in_tests=True)} == {
        "argument",
        "result",
        "keyword",
    }


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD.keys())
def test_what_is_sound_passes(source: str) -> None:
    assert refused(source) == []
