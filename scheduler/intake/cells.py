"""How people write figures, words and dates in a spreadsheet, turned into what a row type reads.

What is not recognised stays as it was written, so that the fault shows it.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime

from dateutil import parser
from openpyxl.utils.datetime import from_excel

from scheduler.clock import SHANGHAI
from scheduler.domain.row import Column
from scheduler.intake.columns import words

GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
EXCEL_DAY = re.compile(r"\d{5}(\.\d+)?")
YEAR_FIRST = re.compile(r"\d{4}\D")


class ChineseDates(parser.parserinfo):
    """2026年1月5日 8时30分 is read like 2026-1-5 8:30."""

    def __init__(self) -> None:
        self.JUMP = [*self.JUMP, "年", "月", "日", "号"]
        self.HMS = [("h", "时", "点"), ("m", "minute", "分"), ("s", "second", "秒")]
        super().__init__(yearfirst=True)


DATES = ChineseDates()


def reader_of(column: Column) -> Callable[[str], str]:
    """What reads the cells of a column, once surrounding blanks are gone."""
    readers: dict[str, Callable[[str], str]] = {
        "text": str,
        "integer": _number,
        "number": _number,
        "date": lambda cell: _date(plain(cell)),
        "instant": lambda cell: _instant(plain(cell)),
        "boolean": _chooser(("true", "false")),
        "choice": _chooser(column.choices),
    }
    return readers.get(column.type, plain)


def plain(cell: str) -> str:
    """Without full-width forms: １２，５ is 12,5."""
    return cell if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()


def _number(cell: str) -> str:
    figure = plain(cell).replace("\u2212", "-")
    return figure.replace(",", "") if GROUPED.fullmatch(figure) else figure


def _chooser(choices: tuple[str, ...]) -> Callable[[str], str]:
    known = {choice.lower(): choice for choice in choices}
    known |= {
        word.lower(): choice for choice in choices if choice in words() for word in words()[choice]
    }

    def choose(cell: str) -> str:
        given = plain(cell)
        return known.get(given.lower(), given)

    return choose


def _date(cell: str) -> str:
    moment = _moment(cell)
    if moment is None or (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        return cell
    return moment.date().isoformat()


def _instant(cell: str) -> str:
    moment = _moment(cell)
    return cell if moment is None else moment.isoformat()


def _moment(cell: str) -> datetime | None:
    """The moment that a cell names; one without an offset is Shanghai's."""
    try:
        moment = _parsed(cell)
    except (ValueError, OverflowError):
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _parsed(cell: str) -> datetime | None:
    if EXCEL_DAY.fullmatch(cell):
        moment = from_excel(float(cell))
        return moment if isinstance(moment, datetime) else None
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        midnight = datetime(1, 1, 1, tzinfo=SHANGHAI)
        return parser.parse(cell, DATES, default=midnight) if YEAR_FIRST.match(cell) else None
