"""What is wrong with a question about a plan, in both languages."""

from __future__ import annotations

from scheduler.errors import BadInputError
from scheduler.texts import said


def cannot_ask(fault: str, remedy: str | None = None, **values: str | int) -> BadInputError:
    """By the ids of the fault, after `ask.`, and of the remedy; all values are the fault's but
    `known`, which is the remedy's."""
    known = {"known": values.pop("known")} if "known" in values else {}
    return BadInputError(
        said(f"ask.{fault}", "en", **values),
        said(f"ask.{remedy}", "en", **known) if remedy else "",
        said(f"ask.{fault}", "zh-CN", **values),
        said(f"ask.{remedy}", "zh-CN", **known) if remedy else "",
    )
