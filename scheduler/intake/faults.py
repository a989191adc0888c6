"""Faults told in both languages: the sentences stand in the catalogue of texts."""

from scheduler.errors import IntakeFault
from scheduler.texts import said


def fault(
    file: str,
    row: int | None,
    column: str | None,
    value: str,
    text_id: str,
    **parameters: str | int,
) -> IntakeFault:
    """A fault whose message is the text `fault.<text_id>` and whose remedy is its `.remedy`.

    Parameters are those of the message; the remedy takes the same ones or none.
    """
    message, remedy = f"fault.{text_id}", f"fault.{text_id}.remedy"
    return IntakeFault(
        file=file,
        row=row,
        column=column,
        value=value,
        message=said(message, "en", **parameters),
        remedy=said(remedy, "en"),
        message_zh=said(message, "zh-CN", **parameters),
        remedy_zh=said(remedy, "zh-CN"),
    )
