"""The cells of a CSV file or of a workbook's sheets as text, row by row, nothing yet understood.

CSV comes in UTF-8, UTF-16 or GB 18030 (which holds GBK), with commas, or tabs as Excel's "Unicode
text" has them.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import Both, fault

BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm")
BROKEN_WORKBOOK = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, NotImplementedError,
    RuntimeError, LookupError, TypeError, ValueError, AttributeError, OSError, EOFError,
)  # fmt: skip
"""What openpyxl is seen to raise for files that are damaged, locked or no workbook."""


class Sheet(NamedTuple):
    """The filled rows of a file or a sheet with the numbers that a spreadsheet gives them."""

    file: str
    name: str | None
    """None in a CSV file, where every row should have as many cells as the header."""
    rows: Sequence[tuple[int, list[str]]]

    def fault(
        self,
        text_id: str,
        row: int | None = None,
        column: str | None = None,
        value: str = "",
        **words: str | int | Both,
    ) -> IntakeFault:
        return replace(fault(self.file, row, column, value, text_id, **words), sheet=self.name)


def read_csv(path: Path) -> Sheet:
    """Raises IntakeError for a file that is absent, of no known encoding or broken."""
    try:
        text = _decoded(path.read_bytes())
    except FileNotFoundError as error:
        raise _refused(path, "file_absent") from error
    except UnicodeError as error:
        raise _refused(path, "file_unreadable") from error
    head = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if "\t" in head and "," not in head else ","
    )
    try:
        return Sheet(path.name, None, [(n, row) for n, row in enumerate(reader, 1) if _filled(row)])
    except csv.Error as error:
        raise _refused(path, "file_broken") from error


def _decoded(body: bytes) -> str:
    if body.startswith(BYTE_ORDER_MARKS):
        return body.decode("utf-16")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("gb18030")
    if "\0" in text:
        raise UnicodeError("a text holds no zero bytes")
    return text


def read_workbook(path: Path, most_bytes: int) -> list[Sheet]:
    """Every sheet. Raises IntakeError for a file that is no workbook, or one that unpacks to more
    than ``most_bytes``."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > most_bytes:
                raise IntakeError([too_large(path, most_bytes)])
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            return [Sheet(path.name, s.title, list(_rows(s))) for s in book.worksheets]
        finally:
            book.close()
    except BROKEN_WORKBOOK as error:
        raise _refused(path, "workbook_broken") from error


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.values, 1):
        row = [_text(cell) for cell in cells]
        if _filled(row):
            yield number, row


def _text(cell: object) -> str:
    """A cell's value as it would be typed; whole numbers lose the point that Excel may add."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def _filled(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)


def too_large(path: Path, most_bytes: int) -> IntakeFault:
    return fault(path.name, None, None, "", "file_too_large", most=most_bytes // 2**20)


def _refused(path: Path, text_id: str) -> IntakeError:
    return IntakeError([fault(path.name, None, None, "", text_id)])
