"""A request and its answer in words, line by line, in either language."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.clock import local
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.request import (
    DECIDED_AT_ONCE,
    EmergencyAsked,
    GiveBackAsked,
    GiveBackTripsAsked,
    Grant,
    MoreTripsAsked,
    RequestAnswer,
    RequestCase,
    RequestStep,
    State,
    WindowAsked,
)
from scheduler.domain.why_not import PlannedAnew, Span
from scheduler.texts import Language, said
from scheduler.told_window import (
    NameOf,
    listed,
    plant_name,
    span,
    told_nearest,
    told_reason,
    told_value,
    told_windows,
)

WAITING: tuple[State, ...] = ("answered", "awaits_agreement")
OVER: tuple[State, ...] = ("refused", "declined", "withdrawn")


def told(case: RequestCase, lang: Language, name_of: NameOf = str) -> Iterator[str]:
    """What is asked and how it stands, the answer, and the steps."""
    yield said(
        "request.head",
        lang,
        number=case.request.number,
        plant=plant_name(case.plant, lang),
        asked=asked_of(case, lang, name_of),
        state=said(f"request.state.{case.state}", lang),
    )
    yield from told_answer(case, lang, name_of)
    for step in case.steps:
        yield told_step(step, lang, name_of)
    if case.published_in is not None:
        yield said("request.published_in", lang, publication=case.published_in)


def asked_of(case: RequestCase, lang: Language, name_of: NameOf = str) -> str:
    """What is asked, in one line."""
    body = case.request.filing.asked
    if isinstance(body, MoreTripsAsked | EmergencyAsked | GiveBackTripsAsked):
        return _asked_trips(body, lang, name_of)
    gate, when = name_of(body.gate), span((body.from_instant, body.to_instant))
    if isinstance(body, WindowAsked):
        if body.instead_from is None or body.instead_to is None:
            return said("request.asked.window", lang, gate=gate, span=when)
        instead = span((body.instead_from, body.instead_to))
        return said("request.asked.window_instead", lang, gate=gate, span=when, instead=instead)
    if isinstance(body, GiveBackAsked):
        return said("request.asked.give_back", lang, gate=gate, span=when)
    return said(
        "request.asked.swap",
        lang,
        gate=gate,
        span=when,
        other=plant_name(case.counterpart, lang) if case.counterpart else body.with_plant,
        their_gate=name_of(body.with_gate),
        theirs=span((body.their_from, body.their_to)),
    )


def _asked_trips(
    body: MoreTripsAsked | EmergencyAsked | GiveBackTripsAsked, lang: Language, name_of: NameOf
) -> str:
    told: dict[str, str | int] = {
        "span": span((body.from_instant, body.to_instant)),
        "trips": body.trips,
        "stream": name_of(body.stream),
    }
    text = f"request.asked.{body.kind}"
    if isinstance(body, EmergencyAsked):
        told["document"] = body.document
    elif isinstance(body, GiveBackTripsAsked) and body.gate is not None:
        text, told["gate"] = f"{text}_at", name_of(body.gate)
    return said(text, lang, **told)


def told_answer(case: RequestCase, lang: Language, name_of: NameOf = str) -> Iterator[str]:
    answer = case.answer
    yield _verdict(case, lang)
    if answer.beside:
        numbers = listed(map(str, answer.beside), lang)
        yield said("request.beside", lang, publication=answer.publication, numbers=numbers)
    else:
        yield said("request.against", lang, publication=answer.publication)
    yield from _stages(answer, lang)
    if answer.reasons:
        yield said("whynot.reasons" if answer.irreducible else "whynot.reasons_open", lang)
    for reason in answer.reasons:
        yield "· " + told_reason(reason, lang, name_of)
    for row in answer.moved:
        if row.before != row.after:
            yield _moved(row, lang, name_of)
    if answer.grant is not None and case.state not in OVER:
        text = "request.would_grant" if case.state in WAITING else "request.grants"
        yield said(text, lang, what=granted(answer.grant, lang, name_of))
    if answer.nearest:
        yield told_nearest(answer.nearest, lang)


def _moved(row: PlannedAnew, lang: Language, name_of: NameOf) -> str:
    """What of a plant's windows is not as it was."""
    gone = tuple(window for window in row.before if window not in row.after)
    new = tuple(window for window in row.after if window not in row.before)
    return said(
        "request.moved",
        lang,
        plant=plant_name(row.plant, lang),
        gone=told_windows(gone, lang, name_of),
        new=told_windows(new, lang, name_of),
    )


def granted(grant: Grant, lang: Language, name_of: NameOf = str) -> str:
    """What a grant binds later plans to, in one line."""
    parts = [
        said(text, lang, gate=name_of(gate), spans=listed(map(span, spans), lang))
        for text, windows in (("request.open", grant.open), ("request.shut", grant.shut))
        for gate, spans in _by_gate(windows).items()
    ]
    departing = (("request.depart", grant.trips), ("request.left", grant.left))
    for text, rows in departing:
        told = [f"{local(row.starts_at):%m-%d %H:%M} ×{row.trips}" for row in rows]
        if told:
            parts.append(said(text, lang, rows=listed(told, lang)))
    return ("；" if lang == "zh-CN" else "; ").join(parts)


def _by_gate(windows: tuple[GateWindow, ...]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for row in windows:
        found.setdefault(row.gate, []).append((row.opens_at, row.closes_at))
    return found


def _verdict(case: RequestCase, lang: Language) -> str:
    answer = case.answer
    if answer.kind != "fits_if":
        return said(f"request.kind.{answer.kind}", lang)
    own = {case.plant.id, case.counterpart.id if case.counterpart else ""}
    others = (plant_name(row.plant, lang) for row in answer.moved if row.plant.id not in own)
    return said("request.kind.fits_if", lang, plants=listed(others, lang))


def _stages(answer: RequestAnswer, lang: Language) -> Iterator[str]:
    if answer.stages and not answer.worse:
        yield said("request.no_worse", lang)
    for row in answer.stages:
        if row.stage in answer.worse:
            yield said(
                "request.worse",
                lang,
                stage=said(f"stage.{row.stage}", lang),
                before=told_value(row.stage, row.before, lang),
                after=told_value(row.stage, row.after, lang),
            )


def told_step(step: RequestStep, lang: Language, by_of: NameOf = str) -> str:
    """Who did what, when; `by_of` says who a key is."""
    by = by_of(step.by)
    if by in (DECIDED_AT_ONCE, "solver"):
        by = said(f"request.by.{by}", lang)
    at = f"{local(step.known_at):%m-%d %H:%M}"
    action = said(f"request.step.{step.action}", lang)
    if step.told:
        return said("request.step_told", lang, at=at, action=action, by=by, told=step.told)
    return said("request.step", lang, at=at, action=action, by=by)
