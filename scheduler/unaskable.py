"""What is wrong with a question about a plan, or with a request, in both languages."""

from __future__ import annotations

from typing import TypeVar

from scheduler.errors import BadInputError, CuofengError
from scheduler.texts import said

Kind = TypeVar("Kind", bound=CuofengError)


def cannot_ask(
    fault: str, remedy: str | None = None, *, field: str = "", **values: str | int
) -> BadInputError:
    """By the ids of the fault, after `ask.`, and of the remedy; all values are the fault's but
    `known`, which is the remedy's. `field` is the one of a filing that is meant."""
    error = declined(BadInputError, fault, remedy, **values)
    error.field = field
    return error


def declined(kind: type[Kind], fault: str, remedy: str | None = None, **values: str | int) -> Kind:
    """The same for an error of any kind."""
    known = {"known": values.pop("known")} if "known" in values else {}
    return kind(
        said(f"ask.{fault}", "en", **values),
        said(f"ask.{remedy}", "en", **known) if remedy else "",
        said(f"ask.{fault}", "zh-CN", **values),
        said(f"ask.{remedy}", "zh-CN", **known) if remedy else "",
    )
