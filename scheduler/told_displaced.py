"""What one more trip displaces, in words: whom it moves, who loses trips, what it costs."""

from __future__ import annotations

from scheduler.domain.why import TripDisplaces, TripsShifted
from scheduler.texts import Language, said
from scheduler.told_window import NameOf, listed, plant_name, told_value


def displaced_in_words(found: TripDisplaces, lang: Language, name_of: NameOf = str) -> str:
    stream = name_of(found.stream)
    tried = listed((plant_name(p, lang) for p in found.others), lang)
    if found.kind in ("cannot", "undecided"):
        form = f"why.more.{found.kind}" + ("_with" if tried else "")
        return said(form, lang, stream=stream, **({"plants": tried} if tried else {}))
    parts = [_shift(row, lang, name_of) for row in found.shifts]
    parts += [
        said(
            "why.more.stage",
            lang,
            stage=said(f"stage.{row.stage}", lang),
            before=told_value(row.stage, row.before, lang),
            after=told_value(row.stage, row.after, lang),
        )
        for row in found.stages
        if row.after != row.before
    ]
    if not parts:
        parts = [said("why.more.nothing", lang)]
    if not found.least:
        parts.append(said("why.more.not_least", lang))
    what = ("；" if lang == "zh-CN" else "; ").join(parts)
    return said(f"why.more.{found.kind}", lang, stream=stream, what=what)


def _shift(row: TripsShifted, lang: Language, name_of: NameOf) -> str:
    """One stream of another plant."""
    numbers = (("lost", row.lost), ("added", row.added), ("moved", row.moved))
    how = [said(f"why.more.{name}", lang, n=str(n)) for name, n in numbers if n]
    return said(
        "why.more.shift",
        lang,
        plant=plant_name(row.plant, lang),
        stream=name_of(row.stream),
        how=listed(how, lang),
    )
