"""What a registry's tables hold, for those who fill them in: a workbook and a page of columns."""

import io
from pathlib import Path

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from scheduler.domain.row import Column, columns_of
from scheduler.errors import ConflictError
from scheduler.intake.columns import choices, header_zh, text_of, wanted, word_zh
from scheduler.intake.registry_forms import REGISTRY_TABLES, TableForm
from scheduler.texts import Language, said

REQUIRED = "*"
"""Ends the header of a column that must be filled in."""
SHEET_WIDTH = 18


def write_template(path: Path, language: Language) -> None:
    """Write the empty workbook. Raises ConflictError where a file stands there already."""
    if path.exists():
        raise ConflictError(f"{path} exists", "Name a new file.")
    path.write_bytes(template(language))


def template(language: Language) -> bytes:
    """A workbook with an empty sheet for each table and one that explains the columns."""
    book = openpyxl.Workbook()
    notes = book.active
    assert isinstance(notes, Worksheet), "a new workbook has a sheet"
    notes.title = said("table.columns", language)
    notes.append([said(f"column.{name}", language) for name in ("table", *_NOTED)])
    for name, form in REGISTRY_TABLES.items():
        title = said(f"table.{name}", language)
        sheet = book.create_sheet(title)
        columns = columns_of(form.row_type)
        sheet.append([_header(form, column, language) for column in columns])
        for row in (_noted(form, column, language) for column in columns):
            notes.append([title, *row])
        _dress(sheet)
    _dress(notes)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


_NOTED = ("name", "type", "unit", "required", "default", "meaning")


def _header(form: TableForm, column: Column, language: Language) -> str:
    name = header_zh(form.row_type, column.name) if language == "zh-CN" else column.name
    return name + REQUIRED if column.required else name


def _noted(form: TableForm, column: Column, language: Language) -> list[str]:
    """Name, type, unit, whether required, default and meaning of a column."""
    is_zh = language == "zh-CN"
    text = text_of(form.row_type, column.name)
    unit = text.unit if text else ""
    meaning = wanted(form.row_type, column.name)
    told = meaning.zh if is_zh else meaning.en
    if column.choices:
        values = choices(form.row_type, column.name)
        told = f"{told}: {values.zh if is_zh else values.en}"
    return [
        header_zh(form.row_type, column.name) if is_zh else column.name,
        said(f"column.type.{column.type}", language),
        word_zh(unit) if is_zh else unit,
        said("column.yes" if column.required else "column.no", language),
        column.default or "",
        told,
    ]


def _dress(sheet: Worksheet) -> None:
    for number, cell in enumerate(sheet[1], 1):
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = SHEET_WIDTH
    sheet.freeze_panes = "A2"


def column_page() -> str:
    """The published columns as Markdown (docs/registry_columns.md)."""
    lines = [
        "# Tables of a registry",
        "",
        "One CSV or XLSX file for each table in a folder, or one workbook with a sheet for each,",
        "under the English or the Chinese name; headers in either language. `cuofeng registry",
        "template` writes an empty workbook, `GET /v1/registry/template` sends one. This page is",
        "printed by `cuofeng registry columns`.",
    ]
    for name, form in REGISTRY_TABLES.items():
        may = " (may be absent)" if form.may_be_absent else ""
        lines += ["", f"## {name} {said(f'table.{name}', 'zh-CN')}{may}", ""]
        lines.append("| column | 列 | type | unit | required | default | meaning |")
        lines.append("|---|---|---|---|---|---|---|")
        for column in columns_of(form.row_type):
            english, *rest = _noted(form, column, "en")
            chinese = header_zh(form.row_type, column.name)
            kind, unit, required, default, meaning = rest
            cells = (f"`{english}`", chinese, kind, unit, required, default, meaning)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
