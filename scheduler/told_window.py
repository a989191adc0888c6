"""The answer to "why not this window?" in words, line by line, in either language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from scheduler.clock import local
from scheduler.domain.why_not import BarredBy, GateSpan, Named, PlannedAnew, Span, WhyNot
from scheduler.texts import Language, said
from solver.instance import StageName
from solver.stages import SHORTFALL_UNITS

NameOf = Callable[[str], str]
"""What people call a link, zone, gate, vehicle class or stock, and what a clause says to them."""

MOST_SPANS = 3


def told(answer: WhyNot, lang: Language, name_of: NameOf = str) -> Iterator[str]:
    """The verdict, then what it rests on."""
    yield _verdict(answer, lang, name_of)
    if answer.proof is not None:
        proof = answer.proof
        stage = said(f"stage.{proof.stage}", lang)
        bound, most = f"{proof.bound:,}", f"{proof.handed_on:,}"
        yield said(f"whynot.proof.{proof.by}", lang, stage=stage, bound=bound, most=most)
    for form, groups in (
        ("whynot.tried", answer.neighbourhoods),
        ("whynot.open", answer.open_neighbourhoods),
    ):
        for group in groups:
            yield said(form, lang, plants=listed((plant_name(p, lang) for p in group), lang))
    if answer.clocked:
        yield said("whynot.clocked", lang)
    if answer.reasons:
        yield said("whynot.reasons" if answer.irreducible else "whynot.reasons_open", lang)
    for reason in answer.reasons:
        yield "· " + told_reason(reason, lang, name_of)
    for row in answer.moved:
        yield told_moved(row, lang, name_of)
    if answer.is_no:
        yield told_nearest(answer.nearest, lang)


def _verdict(answer: WhyNot, lang: Language, name_of: NameOf) -> str:
    where = said(
        "whynot.window",
        lang,
        plant=plant_name(answer.plant, lang),
        gate=name_of(answer.asked.gate),
        span=span((answer.asked.opens_at, answer.asked.closes_at)),
    )
    if answer.instead_of is not None:
        where = said("whynot.instead_of", lang, window=where, span=span(answer.instead_of))
    if answer.kind == "fits_if":
        others = (plant_name(row.plant, lang) for row in answer.moved if row.plant != answer.plant)
        verdict = said("whynot.kind.fits_if", lang, plants=listed(others, lang))
    else:
        verdict = said(f"whynot.kind.{answer.kind}", lang)
    return said("whynot.verdict", lang, window=where, verdict=verdict)


def told_reason(reason: BarredBy, lang: Language, name_of: NameOf) -> str:
    if reason.law == "stage":
        return said("whynot.stage", lang, stage=said(f"stage.{reason.where}", lang))
    if reason.law == "decisions":
        return said("whynot.no_truck", lang)
    clause = name_of(reason.clause) if reason.clause else ""
    what = " ".join(filter(None, (clause, said_part(reason.part, lang))))
    where = name_of(reason.where)
    told = f"{said(f'law.{reason.law}', lang)}: {what or where}"
    if what and not reason.clause:
        told += f" ({where})"
    spans = [span(row) for row in reason.spans[:MOST_SPANS]]
    told += f" ({', '.join(spans)})" if spans else ""
    if reason.sharers:
        names = listed((plant_name(p, lang) for p in reason.sharers), lang)
        told = said("whynot.sharers", lang, what=told, plants=names)
    return told


def said_part(part: str, lang: Language) -> str:
    """The field of a law that is meant, in words; nothing where the law has one."""
    return said(f"part.{part}", lang) if part else ""


def told_moved(row: PlannedAnew, lang: Language, name_of: NameOf) -> str:
    return said(
        "whynot.moved",
        lang,
        plant=plant_name(row.plant, lang),
        before=told_windows(row.before, lang, name_of),
        after=told_windows(row.after, lang, name_of),
    )


def told_windows(windows: tuple[GateSpan, ...], lang: Language, name_of: NameOf) -> str:
    """Windows in a row, with their gates where these are several."""
    several = len({window.gate for window in windows}) > 1
    rows = (
        (f"{name_of(w.gate)} " if several else "") + span((w.opens_at, w.closes_at))
        for w in windows
    )
    return listed(rows, lang) or said("whynot.no_window", lang)


def told_nearest(nearest: tuple[Span, ...], lang: Language) -> str:
    if not nearest:
        return said("whynot.none_near", lang)
    return said("whynot.nearest", lang, spans=listed(map(span, nearest), lang))


def plant_name(plant: Named, lang: Language) -> str:
    return plant.name_zh if lang == "zh-CN" else plant.name_en


def listed(rows: Iterable[str], lang: Language) -> str:
    return ("、" if lang == "zh-CN" else ", ").join(rows)


def told_value(stage: StageName, value: int, lang: Language) -> str:
    """A shortfall in minutes or trips, any other stage in its own unit."""
    unit = SHORTFALL_UNITS.get(stage)
    if unit is None:
        return f"{value:,}"
    return said(f"request.amount.{stage}", lang, n=f"{value / unit:,.1f}")


def span(of: Span) -> str:
    """Month, day and hours, the day of the end only where it is another one."""
    first, end = local(of[0]), local(of[1])
    same_day = first.date() == end.date()
    return f"{first:%m-%d %H:%M} - {end:{'%H:%M' if same_day else '%m-%d %H:%M'}}"
