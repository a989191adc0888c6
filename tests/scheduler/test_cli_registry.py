"""Tests `cuofeng registry`: columns, template, check, load, versions, differences."""

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from scheduler.cli import app
from scheduler.intake.registry_forms import REGISTRY_TABLES
from scheduler.intake.registry_template import column_page
from scheduler.texts import LANGUAGES, Language, said

ROOT = Path(__file__).parents[2]
LIAONING = ROOT / "fixtures/liaoning/registry"


@pytest.fixture
def url(tmp_path: Path, sqlite_tables: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'store.sqlite')}"


def cuofeng(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"CUOFENG_DATABASE_URL": url})


def test_the_published_columns_are_those_that_are_read() -> None:
    page = (ROOT / "docs/registry_columns.md").read_text(encoding="utf-8")
    assert page == column_page()
    assert cuofeng("sqlite://", "registry", "columns").stdout == page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_filled_in_is_a_registry(tmp_path: Path, language: Language, url: str) -> None:
    """Liaoning's rows, written under the template's headers, are read to the same registry."""
    path = tmp_path / "template.xlsx"
    made = cuofeng(url, "registry", "template", str(path), "--lang", language)
    assert made.exit_code == 0, made.output
    again = cuofeng(url, "registry", "template", str(path), "--lang", language)
    assert again.exit_code == 2
    _fill_in(path, language)
    first = cuofeng(url, "registry", "load", str(LIAONING), "--json")
    second = cuofeng(url, "registry", "load", str(path), "--json")
    assert json.loads(first.stdout)["is_new"], first.stderr
    assert second.exit_code == 0, second.stdout[:3000]
    assert json.loads(second.stdout) | {"is_new": True} == json.loads(first.stdout)


def _fill_in(path: Path, language: Language) -> None:
    import csv

    book = openpyxl.load_workbook(path)
    for name, form in REGISTRY_TABLES.items():
        if not (LIAONING / f"{name}.csv").exists():
            continue
        sheet = book[said(f"table.{name}", language)]
        with (LIAONING / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                sheet.append([row.get(column, "") for column in form.row_type.model_fields])
                for cell in sheet[sheet.max_row]:
                    cell.data_type = "s"  # a source may begin with "=", and is no formula
    book.save(path)


def test_versions_and_what_differs_between_them(tmp_path: Path, url: str) -> None:
    cuofeng(url, "registry", "load", str(LIAONING))
    folder = Path(shutil.copytree(LIAONING, tmp_path / "registry"))
    gates = (folder / "gates.csv").read_text(encoding="utf-8")
    line = next(row for row in gates.splitlines() if row.startswith("angang-anshan.gate-in,"))
    key = "angang-anshan.gate-in,angang-anshan,"
    changed = line.replace(key, key + "1")
    (folder / "gates.csv").write_text(gates.replace(line, changed), encoding="utf-8")
    loaded = json.loads(cuofeng(url, "registry", "load", str(folder), "--json").stdout)
    assert (loaded["version"], loaded["is_new"]) == (2, True)
    held = json.loads(cuofeng(url, "registry", "versions", "--json").stdout)
    assert [row["version"] for row in held] == [1, 2]
    assert held[0]["known_at"] <= held[1]["known_at"]
    (change,) = json.loads(cuofeng(url, "registry", "diff", "1", "2", "--json").stdout)
    lanes = line.split(",")[2]
    assert (change["table"], change["key"]) == ("gates", "angang-anshan.gate-in")
    assert (change["before"], change["after"]) == ({"lanes": lanes}, {"lanes": "1" + lanes})
    for language in LANGUAGES:
        shown = cuofeng(url, "registry", "diff", "1", "2", "--lang", language).stdout
        assert f"lanes: {lanes} -> 1{lanes}" in shown
        same = cuofeng(url, "registry", "diff", "2", "2", "--lang", language).stdout
        assert same.strip() == said("registry.no_change", language)
    absent = cuofeng(url, "registry", "diff", "1", "3")
    assert absent.exit_code == 2
    assert "version 3" in absent.stderr


def test_check_tells_faults_in_both_languages_and_stores_nothing(tmp_path: Path, url: str) -> None:
    folder = Path(shutil.copytree(LIAONING, tmp_path / "registry"))
    (folder / "goods.csv").unlink()
    for language in LANGUAGES:
        done = cuofeng(url, "registry", "check", str(folder), "--lang", language)
        assert done.exit_code == 2
        assert "goods.csv" in done.stderr
    good = cuofeng(url, "registry", "check", str(LIAONING), "--json")
    assert json.loads(good.stdout) == {"plants": 85, "faults": []}
    assert json.loads(cuofeng(url, "registry", "versions", "--json").stdout) == []
