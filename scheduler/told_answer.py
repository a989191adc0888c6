"""What holds for a plant at an instant, in words, line by line, in either language."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.clock import local
from scheduler.domain.answer import Answer
from scheduler.domain.gate_window import GateWindow
from scheduler.texts import Language, said
from scheduler.told_window import NameOf


def told(answer: Answer, lang: Language, name_of: NameOf = str) -> Iterator[str]:
    """What holds and until when, then its clause and the windows that are published."""
    yield _head(answer, lang)
    if answer.lifted_at is not None:
        at = f"{local(answer.lifted_at):%Y-%m-%d %H:%M}"
        yield said("alert.lifted", lang, at=at, document=answer.clause)
    elif answer.clause:
        yield name_of(answer.clause)
    for window in answer.windows:
        yield said(
            "answer.window",
            lang,
            gate=window.gate,
            opens=f"{local(window.opens_at):%m-%d %H:%M}",
            closes=f"{local(window.closes_at):%m-%d %H:%M}",
            trips=_trips(answer, window),
        )


def _head(answer: Answer, lang: Language) -> str:
    card, change = answer.card, answer.next_change
    standing = said(f"answer.{answer.standing}", lang)
    if answer.level is not None:
        level = said(f"level.{answer.level}", lang)
        standing = said("answer.level", lang, standing=standing, level=level)
    if change is not None:
        until = f"{local(change):%m-%d %H:%M}"
        standing = said("answer.until", lang, standing=standing, at=until)
    name = card.name_zh if lang == "zh-CN" else card.name_en
    return said("answer.plant", lang, plant=name, standing=standing)


def _trips(answer: Answer, window: GateWindow) -> int:
    """Those that first pass in the window."""
    return sum(
        row.trips
        for row in answer.trips
        if window.opens_at <= row.first_passage_at < window.closes_at
    )
