"""Requests of enterprises: filed, answered at once, agreed to, decided, withdrawn.

An answer is solved with no transaction open; it is kept only if the publication and the grants it
rests on are still the newest, else it is solved again. So of two requests for the same room the
second is answered beside what the first was granted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from scheduler import alerts, asking, datasets, grants
from scheduler.asking import Base
from scheduler.domain.directory import PlantCard
from scheduler.domain.request import (
    DECIDED_AT_ONCE,
    OPEN_STATES,
    POSSIBLE_IN,
    Action,
    Filing,
    Request,
    RequestAnswer,
    RequestCase,
    State,
    SwapAsked,
    state_of,
)
from scheduler.domain.why_not import Named
from scheduler.errors import ConflictError, NotAllowedError, NotFoundError
from scheduler.store import bodies
from scheduler.store import requests as repository
from scheduler.store.database import Database
from scheduler.texts import Language, said
from scheduler.unaskable import cannot_ask, declined

MOST_TRIES = 4
"""Answers of one request, each of which another grant or publication made stale meanwhile."""
SOLVER = "solver"


def file(
    database: Database,
    filing: Filing,
    *,
    by: str,
    now: datetime,
    enterprise: str | None = None,
) -> RequestCase:
    """File and answer a request; one that harms nobody and asks nobody else is granted at once.
    `enterprise` is whose key files it, None for the bureau on a plant's behalf. The same request
    filed again while the first one stands gives that one back.

    Raises NotAllowedError for a plant of another enterprise, BadInputError for what cannot be
    asked, ConflictError where nothing can be answered now.
    """
    for _ in range(MOST_TRIES):
        with database.reading() as session:
            own, other = _sides(session, filing, enterprise)
            known = _known(session, filing)
            if known is not None:
                return known
            asked = asking.ask(session, filing, now)
        answer = asking.solve(asked)
        with database.writing() as session:
            number = len(repository.every(session)) + 1
            if asking.base_of(session, filing.alert) != asked.base or number != asked.number:
                continue
            request = repository.add(
                session,
                filing,
                enterprise=own,
                counterpart=other,
                by=by,
                known_at=now,
            )
            _keep_answer(session, request, answer, now)
            if other is None and answer.harms_nobody:
                _grant(session, request, answer, DECIDED_AT_ONCE, "", now)
            return _case(session, request)
    raise _too_busy()


def agree(
    database: Database, number: int, *, enterprise: str, by: str, now: datetime
) -> RequestCase:
    """The other side of a swap agrees; where it harms nobody the swap is granted at once."""

    def step(session: Session, case: RequestCase, answer: RequestAnswer) -> None:
        repository.add_step(session, number, "agreed", by=by, known_at=now)
        if answer.harms_nobody:
            _grant(session, case.request, answer, DECIDED_AT_ONCE, "", now)

    def check(case: RequestCase) -> None:
        _refuse_stranger(case, enterprise)
        _refuse_unless(case, "agreed")

    return _on_current_answer(database, number, now, check, step)


def decline(
    database: Database, number: int, *, enterprise: str, by: str, now: datetime
) -> RequestCase:
    """The other side of a swap does not agree."""
    with database.writing() as session:
        case = get(session, number)
        _refuse_stranger(case, enterprise)
        _refuse_unless(case, "declined")
        repository.add_step(session, number, "declined", by=by, known_at=now)
        return get(session, number)


def grant(database: Database, number: int, *, by: str, told: str, now: datetime) -> RequestCase:
    """The bureau grants what fits, whatever it costs; an answer that is stale is made anew first.
    Granting again changes nothing. Raises ConflictError where it does not fit."""

    def check(case: RequestCase) -> None:
        _refuse_unless(case, "granted")

    def step(session: Session, case: RequestCase, answer: RequestAnswer) -> None:
        if not answer.is_no:
            _grant(session, case.request, answer, by, told, now)

    with database.reading() as session:
        standing = get(session, number)
        if standing.state in ("granted", "published"):
            return standing
    done = _on_current_answer(database, number, now, check, step)
    if done.answer.is_no:
        publication = done.answer.publication
        raise declined(ConflictError, "unfit", "refuse_it", number=number, publication=publication)
    return done


def refuse(database: Database, number: int, *, by: str, told: str, now: datetime) -> RequestCase:
    """The bureau refuses, and says why."""
    if not told.strip():
        raise cannot_ask("unreasoned", "say_why", field="told")
    with database.writing() as session:
        _refuse_unless(get(session, number), "refused")
        repository.add_step(session, number, "refused", by=by, told=told, known_at=now)
        return get(session, number)


def withdraw(
    database: Database, number: int, *, by: str, now: datetime, enterprise: str | None = None
) -> RequestCase:
    """Who filed it takes it back, granted or not, until it is published."""
    with database.writing() as session:
        case = get(session, number)
        if enterprise not in (None, case.request.enterprise):
            raise _hidden(number)
        _refuse_unless(case, "withdrawn")
        repository.add_step(session, number, "withdrawn", by=by, known_at=now)
        return get(session, number)


def get(session: Session, number: int) -> RequestCase:
    request = repository.find(session, number)
    if request is None:
        raise _hidden(number)
    return _case(session, request)


def list_requests(
    session: Session, alert: str | None = None, state: State | None = None
) -> list[RequestCase]:
    """Every request, the newest first."""
    cases = [_case(session, request) for request in repository.every(session, alert)]
    return [case for case in reversed(cases) if state in (None, case.state)]


def of_enterprise(session: Session, enterprise: str) -> list[RequestCase]:
    """What an enterprise filed, and swaps that it is asked for, the newest first."""
    return [
        seen_by(case, enterprise)
        for case in list_requests(session)
        if enterprise in (case.request.enterprise, case.request.counterpart)
    ]


def one_of_enterprise(session: Session, number: int, enterprise: str) -> RequestCase:
    """Raises NotFoundError for a request of others, as for one that is not there."""
    case = get(session, number)
    if enterprise not in (case.request.enterprise, case.request.counterpart):
        raise _hidden(number)
    return seen_by(case, enterprise)


def seen_by(case: RequestCase, enterprise: str) -> RequestCase:
    """The other side of a swap sees whose window is offered for which of its own, whether it fits
    and what becomes of it: no reasons, no words, and of plants only the two that swap."""
    if enterprise == case.request.enterprise:
        return case
    filing = case.request.filing.model_copy(update={"reason": "-"})
    mine = case.counterpart.id if case.counterpart else ""
    answer = RequestAnswer(
        publication=case.answer.publication,
        beside=(),
        kind=case.answer.kind,
        moved=tuple(row for row in case.answer.moved if row.plant.id == mine),
    )
    return case.model_copy(
        update={
            "request": case.request.model_copy(update={"filing": filing}),
            "answer": answer,
            "steps": tuple(step.model_copy(update={"told": ""}) for step in case.steps),
        }
    )


def _sides(session: Session, filing: Filing, enterprise: str | None) -> tuple[str, str | None]:
    """The enterprise that asks and, of a swap, the other one. Who is not named in the directory
    and who is another's look the same to a key that may not ask."""
    alert = alerts.get_alert(session, filing.alert)
    if alert.is_lifted:
        raise declined(ConflictError, "lifted", "nothing_left", alert=alert.id)
    cards = {card.plant: card for card in datasets.newest_directory(session).plants}
    own = _card(cards, filing.plant)
    if enterprise is not None and (own is None or own.enterprise != enterprise):
        of = {"enterprise": enterprise, "plant": filing.plant}
        raise declined(NotAllowedError, "not_its_plant", **of)
    if own is None:
        raise declined(NotFoundError, "unknown_plant", plant=filing.plant)
    if not isinstance(filing.asked, SwapAsked):
        return own.enterprise, None
    other = _card(cards, filing.asked.with_plant)
    if other is None:
        raise declined(NotFoundError, "unknown_plant", plant=filing.asked.with_plant)
    if other.plant == own.plant:
        raise cannot_ask("same_plant", "other_plant", field="their_window")
    return own.enterprise, None if other.enterprise == own.enterprise else other.enterprise


def _card(cards: dict[str, PlantCard], plant: str) -> PlantCard | None:
    return cards.get(plant)


def _known(session: Session, filing: Filing) -> RequestCase | None:
    """The same request, filed before and standing still."""
    for request in repository.every(session, filing.alert):
        same = request.filing.model_copy(update={"reason": filing.reason}) == filing
        if same and (case := _case(session, request)).state in OPEN_STATES:
            return case
    return None


def _keep_answer(session: Session, request: Request, answer: RequestAnswer, now: datetime) -> None:
    repository.add_step(session, request.number, "answered", by=SOLVER, known_at=now, answer=answer)


def _grant(
    session: Session, request: Request, answer: RequestAnswer, by: str, told: str, now: datetime
) -> None:
    assert answer.grant is not None, "what fits can be granted"
    repository.add_step(
        session, request.number, "granted", by=by, told=told, known_at=now, answer=answer
    )


def _on_current_answer(
    database: Database,
    number: int,
    now: datetime,
    check: Callable[[RequestCase], None],
    step: Callable[[Session, RequestCase, RequestAnswer], None],
) -> RequestCase:
    """Take a step on an answer that rests on the newest publication and grants, made anew where
    they have changed since."""
    for _ in range(MOST_TRIES):
        with database.reading() as session:
            case = get(session, number)
            check(case)
            filing = case.request.filing
            base = asking.base_of(session, filing.alert)
            is_new = _rests_on(case.answer, base)
            asked = None if is_new else asking.ask(session, filing, now, number)
        answer = case.answer if asked is None else asking.solve(asked)
        with database.writing() as session:
            if asking.base_of(session, filing.alert) != base:
                continue
            case = get(session, number)
            check(case)
            if asked is not None:
                _keep_answer(session, case.request, answer, now)
            step(session, case, answer)
            return get(session, number)
    raise _too_busy()


def _rests_on(answer: RequestAnswer, base: Base) -> bool:
    return (answer.publication, answer.beside) == (base.publication.name, base.beside)


def _case(session: Session, request: Request) -> RequestCase:
    steps = tuple(repository.steps(session, request.number))
    digest = next(step.answer for step in reversed(steps) if step.answer is not None)
    asked = request.filing.asked
    published = grants.published_in(session, request)
    return RequestCase(
        request=request,
        plant=_named(session, request.filing.plant),
        counterpart=_named(session, asked.with_plant) if isinstance(asked, SwapAsked) else None,
        state=state_of(request, steps, published is not None),
        steps=steps,
        answer=grants.read_answer(bodies.body(session, digest)),
        published_in=published,
    )


def _named(session: Session, plant: str) -> Named:
    for card in datasets.newest_directory(session).plants:
        if card.plant == plant:
            return Named(id=plant, name_zh=card.name_zh, name_en=card.name_en)
    return Named(id=plant, name_zh=plant, name_en=plant)


def _refuse_stranger(case: RequestCase, enterprise: str) -> None:
    if case.request.counterpart != enterprise:
        raise _hidden(case.request.number)


def _refuse_unless(case: RequestCase, done: Action) -> None:
    if case.state not in POSSIBLE_IN[done]:
        raise ConflictError(*_at_odds(case, done, "en"), *_at_odds(case, done, "zh-CN"))


def _at_odds(case: RequestCase, done: Action, lang: Language) -> tuple[str, str]:
    state, step = said(f"request.state.{case.state}", lang), said(f"request.step.{done}", lang)
    told = said("ask.wrong_state", lang, number=case.request.number, state=state, done=step)
    return told, said("ask.its_steps", lang)


def _hidden(number: int) -> NotFoundError:
    return declined(NotFoundError, "no_request", "list_them", number=number)


def _too_busy() -> ConflictError:
    return declined(ConflictError, "overtaken", "once_more")
