"""The edge of the command line: errors become exit codes, values become JSON or lines.

Exit 0: good; 1: violations, no plan, a broken record; 2: bad input or usage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from scheduler.errors import IntakeError
    from scheduler.intake.step import Step, Tell
    from scheduler.store.database import Database

ValueT = TypeVar("ValueT", bound="BaseModel")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Lang = Annotated[Literal["zh-CN", "en"], typer.Option("--lang", help="The language of the report.")]
InFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
NetworkConfig = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="Units and conventions in the columns of GMNS's config.csv; they come first.",
    ),
]
BAD = 1
BAD_INPUT = 2


@contextmanager
def told_errors() -> Iterator[None]:
    """What the application declines is told in words, with the remedy, on stderr: in both languages
    where it concerns what enterprises ask."""
    from pydantic import ValidationError

    from scheduler.errors import CuofengError, NoPlanError

    try:
        yield
    except NoPlanError as error:
        fail(str(error), BAD)
    except CuofengError as error:
        fail("\n".join(filter(None, (error.in_chinese, str(error)))), BAD_INPUT)
    except ValidationError as error:
        fail("\n".join(faults_of(error)), BAD_INPUT)


def fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def faults_of(error: Exception) -> Iterator[str]:
    from pydantic import ValidationError

    assert isinstance(error, ValidationError)
    for row in error.errors():
        place = ".".join(map(str, row["loc"]))
        yield f"{place}: {row['msg']}" if place else row["msg"]


def read_file(path: Path, kind: type[ValueT]) -> ValueT:
    """A value from a JSON file; every fault is told with the file's name."""
    from pydantic import ValidationError

    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        told = "\n".join(f"{path}: {fault}" for fault in faults_of(error))
        fail(told, BAD_INPUT)


def print_json(value: object) -> None:
    from pydantic_core import to_json

    typer.echo(to_json(value, indent=1).decode())


def print_value(value: BaseModel) -> None:
    print_json(value.model_dump(mode="json"))


FAULTS_OF_A_KIND = 20
"""So many faults with the same message are told in words; JSON tells all."""


@contextmanager
def told_faults(lang: Lang, json: bool) -> Iterator[None]:
    """Every fault of what was handed in is told, as words on stderr or as JSON, and the command
    ends."""
    from dataclasses import asdict

    from scheduler.errors import IntakeError

    try:
        yield
    except IntakeError as error:
        if json:
            print_json({"faults": [asdict(fault) for fault in error.faults]})
        else:
            _tell_faults(error, lang)
        raise typer.Exit(BAD_INPUT) from error


def _tell_faults(error: IntakeError, lang: Lang) -> None:
    from scheduler.texts import said

    told = Counter[str]()
    for fault in error.faults:
        told[fault.message] += 1
        if told[fault.message] <= FAULTS_OF_A_KIND:
            typer.echo(fault.said(lang), err=True)
    for message, n in told.items():
        if n > FAULTS_OF_A_KIND:
            more = said("fault.more", lang, count=n - FAULTS_OF_A_KIND)
            typer.echo(f"{message}: {more}" if lang == "en" else more, err=True)
    typer.echo(said("fault.refused", lang, count=len(error.faults)), err=True)


def telling(lang: Lang) -> Tell:
    """Tells each step of an import on stderr."""
    from scheduler.texts import said

    def tell(step: Step) -> None:
        count = f" ({step.n:,})" if step.n else ""
        typer.echo(f"{said(f'import.{step.step}', lang)} {step.file}{count}", err=True)

    return tell


def instant(text: str) -> datetime:
    """An ISO 8601 instant; one without offset is Shanghai's."""
    from scheduler.clock import SHANGHAI

    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no ISO 8601 instant like 2015-11-06T16:20") from None
    return given if given.tzinfo else given.replace(tzinfo=SHANGHAI)


@contextmanager
def opened_database() -> Iterator[Database]:
    """The database of the settings, which must have its tables."""
    from scheduler.config import read_settings
    from scheduler.store.database import Database
    from scheduler.store.migrate import require_newest

    with told_errors():
        database = Database(read_settings().database_url)
        try:
            require_newest(database)
            yield database
        finally:
            database.close()
