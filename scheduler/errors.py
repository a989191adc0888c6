"""What the application refuses, said so that the sender can put it right."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal


class CuofengError(Exception):
    """What the application declines, and what to do about it; the edge gives it a status."""

    title: ClassVar[str] = "The request was declined"

    def __init__(
        self, message: str, remedy: str = "", message_zh: str = "", remedy_zh: str = ""
    ) -> None:
        super().__init__(f"{message}. {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy
        self.message_zh = message_zh
        self.remedy_zh = remedy_zh

    @property
    def in_chinese(self) -> str:
        """The same in Chinese; empty where it is told to developers alone."""
        return f"{self.message_zh}。{self.remedy_zh}" if self.remedy_zh else self.message_zh


class NotFoundError(CuofengError):
    title = "Not found"


class ConflictError(CuofengError):
    """What was asked is at odds with what stands already."""

    title = "At odds with what stands"


class BadInputError(CuofengError):
    """`field` is the one that is wrong, where it is one of a form."""

    title = "Bad input"
    field: str = ""


class UnknownKeyError(CuofengError):
    title = "No valid key"


class NotAllowedError(CuofengError):
    title = "Not allowed for this key"


class NoPlanError(CuofengError):
    """The solver ended without a lawful plan."""

    title = "No plan"


@dataclass(frozen=True, slots=True)
class IntakeFault:
    """One thing wrong in a file that was handed in.

    ``row`` is the line as a spreadsheet numbers it; ``row`` and ``column`` are None where the fault
    is the whole file's or the whole row's, ``sheet`` where the file is no workbook.
    """

    file: str
    row: int | None
    column: str | None
    value: str
    message: str
    remedy: str
    message_zh: str
    remedy_zh: str
    sheet: str | None = None

    def __str__(self) -> str:
        return self.said("en")

    def said(self, language: Literal["zh-CN", "en"]) -> str:
        """The fault as a line in a language."""
        if language == "en":
            sheet = "" if self.sheet is None else f", sheet {self.sheet}"
            row = "" if self.row is None else f", row {self.row}"
            column = "" if self.column is None else f", column {self.column}"
            value = f" ({self.value!r})" if self.value else ""
            return f"{self.file}{sheet}{row}{column}{value}: {self.message}. {self.remedy}"
        sheet = "" if self.sheet is None else f" {self.sheet} 表"
        row = "" if self.row is None else f" 第 {self.row} 行"
        column = "" if self.column is None else f" {self.column} 列"
        value = f"（{self.value}）" if self.value else ""
        return f"{self.file}{sheet}{row}{column}{value}：{self.message_zh}。{self.remedy_zh}"


class IntakeError(CuofengError):
    """Nothing was taken in: holds every fault that was found, in file and row order."""

    def __init__(self, faults: Iterable[IntakeFault]) -> None:
        self.faults = tuple(faults)
        if not self.faults:
            raise ValueError("an IntakeError needs at least one fault")
        super().__init__("\n".join(str(fault) for fault in self.faults))
