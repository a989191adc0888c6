"""Why a plant falls short, and what would remove it, in words, line by line, in either language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from scheduler.clock import local
from scheduler.domain.schedule import Restriction
from scheduler.domain.why import Forced, Object, SolvedCause, SolvedRemedy, TripPrice, Why
from scheduler.texts import Language, catalogue, parameters, said
from scheduler.told_displaced import displaced_in_words
from scheduler.told_window import MOST_SPANS, NameOf, listed, plant_name, said_part, span

UTRIP = 1_000_000


def told_why(answer: Why, lang: Language, name_of: NameOf = str) -> Iterator[str]:
    """What is lost; the measures that hold; causes and remedies."""
    card = answer.card
    name = card.name_zh if lang == "zh-CN" else card.name_en
    percent = f"{answer.output.lost_percent:.1f}"
    yield said("why.plant", lang, plant=name, publication=answer.publication, percent=percent)
    for rule in answer.restrictions:
        yield _measure(rule, lang, name_of)
    for cause in answer.causes:
        yield cause_in_words(cause, lang, name_of)
    if not answer.causes:
        yield said("why.none" if answer.output.lost_utrip else "why.whole", lang)
    for forced in answer.forced:
        yield forced_in_words(forced, lang, name_of)
    for number, group in groupby(answer.remedies, lambda remedy: remedy.together):
        for rows in [tuple(group)] if number else ((remedy,) for remedy in group):
            yield remedy_in_words(rows, lang, name_of)
    for price in answer.trip_prices:
        yield price_in_words(price, lang, name_of)
    for found in answer.trip_displaces:
        yield displaced_in_words(found, lang, name_of)


def price_in_words(price: TripPrice, lang: Language, name_of: NameOf = str) -> str:
    """One more trip at its cheapest, and what the roads' prices say of it: an estimate."""
    names = listed((plant_name(p, lang) for p in price.displaced), lang)
    form = "why.price_displaces" if names else "why.price"
    values = {
        "stream": name_of(price.stream),
        "at": f"{local(price.departs_at):%m-%d %H:%M}",
        "own": f"{price.own:,}",
        "others": f"{price.others:,}",
    }
    return said(form, lang, **values, **({"plants": names} if names else {}))


def _measure(rule: Restriction, lang: Language, name_of: NameOf) -> str:
    when = span((rule.from_instant, rule.to_instant))
    return said(f"why.measure.{rule.what}", lang, clause=name_of(rule.clause), span=when)


def cause_in_words(cause: SolvedCause, lang: Language, name_of: NameOf = str) -> str:
    """A cause as people read it: the laws with their objects, and what relaxing them gave back."""
    relief = _amount(cause.relief, cause.unit, lang)
    if cause.objects[0].law == "search":
        return said("why.search", lang, relief=relief)
    named = named_objects(cause.objects, lang, name_of)
    proof = said("why.proved" if cause.proved else "why.found", lang)
    form = "why.together" if len(cause.objects) > 1 else "why.cause"
    return said(form, lang, objects=named, relief=relief, proof=proof)


def forced_in_words(forced: Forced, lang: Language, name_of: NameOf = str) -> str:
    """The laws that force a shortfall together."""
    form = "why.forced" if forced.irreducible else "why.forced_open"
    form = form if forced.objects else "why.forced_state"
    stage, named = said(f"stage.{forced.stage}", lang), named_objects(forced.objects, lang, name_of)
    return said(form, lang, stage=stage, **({"objects": named} if named else {}))


def named_objects(objects: Iterable[Object], lang: Language, name_of: NameOf) -> str:
    """Laws with their objects, in one line."""
    return ("；" if lang == "zh-CN" else "; ").join(_object(row, lang, name_of) for row in objects)


def remedy_in_words(rows: Sequence[SolvedRemedy], lang: Language, name_of: NameOf = str) -> str:
    """What would remove a shortfall: how much of what, several things together, and what then is
    left."""
    remedy = rows[0]
    more = (" + " if lang == "en" else "，并").join(_give(row, lang, name_of) for row in rows)
    unit = "trip" if remedy.stage == "output_shortfall" else ""
    relief = _amount(remedy.before - remedy.after, unit, lang)
    proof = said("why.least" if remedy.least else "why.enough", lang)
    left = "why.remedy.some" if remedy.after else "why.remedy.all"
    return said(left, lang, remedy=more, relief=relief, proof=proof)


def _give(remedy: SolvedRemedy, lang: Language, name_of: NameOf) -> str:
    values = {"n": _count(remedy), "where": name_of(remedy.where)}
    form = f"why.remedy.{_form(remedy)}"
    wanted = parameters(catalogue()[form][lang])
    if "part" in wanted:
        values["part"] = said_part(remedy.part, lang)
    if "spans" in wanted:
        values["spans"] = listed(map(span, remedy.spans), lang)
    return said(form, lang, **values)


def _form(remedy: SolvedRemedy) -> str:
    if remedy.law == "bar":
        return "bar"
    if remedy.spans:
        return "road"
    if remedy.unit == "measure":
        return remedy.law
    if remedy.part == "now_kg":
        return "in_hand"
    return remedy.unit


def _count(remedy: SolvedRemedy) -> str:
    if remedy.unit == "kg":
        return f"{-(-remedy.amount // 1000):,}"
    return f"{remedy.amount:,}"


def _amount(value: int, unit: str, lang: Language) -> str:
    if "trip" in unit:
        return said("why.trips", lang, n=f"{value / UTRIP:.2f}")
    return said("why.minutes", lang, n=f"{value:,}")


def _object(row: Object, lang: Language, name_of: NameOf) -> str:
    where = name_of(row.where)
    part = said_part(row.part, lang) if row.part == "now_kg" else ""
    clause = name_of(row.clause) if row.clause else ""
    what = " ".join(filter(None, (clause or where, clause and f"[{row.where}]", part)))
    spans = list(map(span, row.binds[:MOST_SPANS]))
    more = len(row.binds) - MOST_SPANS
    when = ", ".join(spans) + (f" (+{more})" if more > 0 else "")
    text = f"{said(f'law.{row.law}', lang)}: {what}" + (f" ({when})" if when else "")
    if row.sharers:
        names = listed((plant_name(p, lang) for p in row.sharers), lang)
        text = said("whynot.sharers", lang, what=text, plants=names)
    return text
