"""What forces the shortfall of a plan as a whole, in words, line by line, in either language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from scheduler.domain.whole import ForcedPlant, PricedPlace, WholeWhy
from scheduler.texts import Language, said
from scheduler.told_why import named_objects, remedy_in_words
from scheduler.told_window import MOST_SPANS, NameOf, listed, plant_name, span, told_value


def told_whole(answer: WholeWhy, lang: Language, name_of: NameOf = str) -> Iterator[str]:
    """How much is forced by what; then plant by plant the laws and what would remove them."""
    stage = said(f"stage.{answer.stage}", lang)
    amounts = {
        "all": answer.value,
        "plants": answer.by_plants,
        "roads": answer.by_roads,
        "rest": answer.unexplained,
    }
    told = {name: told_value(answer.stage, value, lang) for name, value in amounts.items()}
    shares = {f"{name}_percent": _percent(value, answer) for name, value in amounts.items()}
    shares.pop("all_percent")
    yield said("whole.stage", lang, publication=answer.publication, stage=stage, **told, **shares)
    if len(answer.plants) > 1:
        yield said("whole.together", lang, n=str(len(answer.plants)), plants=told["plants"])
    for one in answer.plants:
        if one.forced is not None:
            yield from _plant(answer, one, lang, name_of)
    rest = [one for one in answer.plants if one.forced is None]
    if rest:
        names = listed((plant_name(one.plant, lang) for one in rest[:MOST_SPANS]), lang)
        floor = told_value(answer.stage, sum(one.floor for one in rest), lang)
        yield said("whole.others", lang, n=str(len(rest)), plants=names, floor=floor)
    for road in answer.roads:
        yield _road(answer, road, lang, name_of)


def _percent(value: int, answer: WholeWhy) -> str:
    return f"{100 * value / answer.value:.1f}"


def _plant(answer: WholeWhy, one: ForcedPlant, lang: Language, name_of: NameOf) -> Iterator[str]:
    assert one.forced is not None, "only plants whose laws are known are told so"
    form = "whole.plant" if one.forced.irreducible else "whole.plant_open"
    form = form if one.forced.objects else "whole.plant_state"
    named = named_objects(one.forced.objects, lang, name_of)
    yield said(
        form,
        lang,
        plant=plant_name(one.plant, lang),
        floor=told_value(answer.stage, one.floor, lang),
        planned=told_value(answer.stage, one.planned, lang),
        **({"objects": named} if named else {}),
    )
    for number, group in groupby(one.remedies, lambda remedy: remedy.together):
        for rows in [tuple(group)] if number else ((remedy,) for remedy in group):
            yield "· " + remedy_in_words(rows, lang, name_of)
    if not one.remedies:
        yield "· " + said("whole.no_remedy", lang)


def _road(answer: WholeWhy, road: PricedPlace, lang: Language, name_of: NameOf) -> str:
    more = len(road.spans) - MOST_SPANS
    when = listed(map(span, road.spans[:MOST_SPANS]), lang) + (f" (+{more})" if more > 0 else "")
    worth = told_value(answer.stage, road.worth, lang)
    return said("whole.road", lang, where=name_of(road.id), spans=when, worth=worth)
