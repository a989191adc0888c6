"""Faults told in both languages: the sentences stand in the catalogue of texts."""

from collections.abc import Mapping
from typing import NamedTuple

from scheduler.errors import IntakeFault
from scheduler.texts import Language, catalogue, parameters, said


class Both(NamedTuple):
    """A word of a sentence that differs between the languages."""

    zh: str
    en: str


def fault(
    file: str,
    row: int | None,
    column: str | None,
    value: str,
    text_id: str,
    **words: str | int | Both,
) -> IntakeFault:
    """A fault whose message is the text `fault.<text_id>` and whose remedy is its `.remedy`.

    `words` are the parameters of both; each sentence takes those that it names.
    """
    message, remedy = f"fault.{text_id}", f"fault.{text_id}.remedy"
    return IntakeFault(
        file=file,
        row=row,
        column=column,
        value=value,
        message=_told(message, "en", words),
        remedy=_told(remedy, "en", words),
        message_zh=_told(message, "zh-CN", words),
        remedy_zh=_told(remedy, "zh-CN", words),
    )


def _told(text_id: str, language: Language, words: Mapping[str, str | int | Both]) -> str:
    named = parameters(catalogue()[text_id][language])
    return said(
        text_id,
        language,
        **{
            name: (word.en if language == "en" else word.zh) if isinstance(word, Both) else word
            for name, word in words.items()
            if name in named
        },
    )
