"""The fairness account in words, line by line, with a bar of characters for each share."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.clock import local
from scheduler.domain.fairness import GROUPINGS, By, Fairness, Kept
from scheduler.texts import Language, catalogue, said
from scheduler.told_window import plant_name

BAR = 20
"""Characters of a whole bar."""


def told(account: Fairness, lang: Language) -> Iterator[str]:
    yield said(
        "fairness.head",
        lang,
        alert=account.alert,
        since=f"{local(account.since):%Y-%m-%d %H:%M}",
        until=f"{local(account.until):%Y-%m-%d %H:%M}",
        n=len(account.publications),
    )
    for by in GROUPINGS:
        yield said(f"fairness.by.{by}", lang)
        for group in account.of(by):
            name = group_name(by, group.group, lang)
            yield _line(said("fairness.group", lang, group=name, n=group.n_plants), group, lang)
    yield said("fairness.plants", lang)
    for row in account.plants:
        yield _line(plant_name(row.plant, lang), row, lang)


def group_name(by: By, group: str, lang: Language) -> str:
    """A sector, grade or size in words; what needs none, such as grade B, as it stands."""
    text = f"fairness.{by}.{group}"
    return said(text, lang) if text in catalogue() else group


def _line(name: str, row: Kept, lang: Language) -> str:
    percent = row.kept_percent
    if percent is None:
        return f"  {'':{BAR}} {said('fairness.nothing', lang)} {name}"
    bar = "█" * round(BAR * percent / 100)
    return f"  {bar:{BAR}} {percent:5.1f} % {name}"
