"""Which grants bind a plan: those of its alert, and of alerts before it in the episode, that stand
at an instant and reach beyond it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlmodel import Session

from scheduler import alerts, episodes, plans
from scheduler.domain.publication import PlanRequest
from scheduler.domain.request import Grant, Grants, Request, RequestAnswer, RequestStep
from scheduler.store import bodies
from scheduler.store import publications as published
from scheduler.store import requests as repository

OVER = ("withdrawn", "refused", "declined")


def standing(session: Session, alert: str, after: datetime) -> Grants:
    """What was granted of an alert or of those that it goes on from, not withdrawn, and is not over
    at an instant. Trucks called in stay known: they may be on the road still."""
    found, own = [], _of_episode(session, alert)
    for request in (one for one in repository.every(session) if one.filing.alert in own):
        grant = grant_of(session, request, repository.steps(session, request.number))
        if grant is not None and (grant.run is not None or grant.until > after):
            found.append(grant)
    return Grants(grants=tuple(found))


def _of_episode(session: Session, alert: str) -> set[str]:
    found = alerts.get_alert(session, alert)
    since = alerts.episode_since(session, found)
    earlier = [] if since is None else episodes.alerts_of(session, found, since)
    return {alert, *(one.id for one in earlier)}


def grant_of(session: Session, request: Request, steps: list[RequestStep]) -> Grant | None:
    """What a request was granted; None while it is not, or not any more."""
    if any(step.action in OVER for step in steps):
        return None
    granted = next((step for step in steps if step.action == "granted"), None)
    if granted is None or granted.answer is None:
        return None
    return read_answer(bodies.body(session, granted.answer)).grant


@lru_cache(maxsize=256)
def read_answer(body: bytes) -> RequestAnswer:
    return RequestAnswer.model_validate_json(body)


def of_plan(session: Session, request: PlanRequest) -> Grants:
    """What a plan is bound by."""
    if request.granted is None:
        return Grants()
    return _read_grants(bodies.body(session, request.granted))


@lru_cache(maxsize=64)
def _read_grants(body: bytes) -> Grants:
    return Grants.model_validate_json(body)


def keep(session: Session, alert: str, after: datetime) -> str | None:
    """Store what binds a plan from an instant on; its digest, None where nothing does."""
    found = standing(session, alert, after)
    return bodies.keep_value(session, "grants", found) if found.grants else None


def published_in(session: Session, request: Request) -> str | None:
    """The first publication that a request is part of."""
    for publication in published.every(session, request.filing.alert):
        asked = plans.get_request(session, plans.get_record(session, publication.plan))
        if request.number in of_plan(session, asked).requests:
            return publication.name
    return None
