"""What ids and clauses are called where a line is told: roads by their names, clauses by the
English that measures and closures carry beside the Chinese, which is the text that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from sqlmodel import Session

from scheduler.domain.conditions import RoadConditions
from scheduler.domain.measure import MeasureSet
from scheduler.domain.network import Network
from scheduler.store import bodies
from scheduler.store import datasets as repository
from scheduler.texts import Language


def english_of(measures: MeasureSet) -> dict[str, str]:
    """The English of each clause that has one."""
    return {rule.clause: rule.clause_en for rule in measures.rules if rule.clause_en}


def english_clauses(session: Session) -> Mapping[str, str]:
    """By the newest measures and road conditions loaded; nothing where there are none."""
    measures = repository.newest(session, "measures")
    roads = repository.newest(session, "conditions")
    of_measures = english_in(bodies.body(session, measures.digest)) if measures else {}
    return {**of_measures, **(_orders(bodies.body(session, roads.digest)) if roads else {})}


@lru_cache(maxsize=8)
def english_in(body: bytes) -> Mapping[str, str]:
    """By stored measures."""
    return english_of(MeasureSet.model_validate_json(body))


@lru_cache(maxsize=4)
def _orders(body: bytes) -> Mapping[str, str]:
    """The English of each order that closes a road, where it has one."""
    closures = RoadConditions.model_validate_json(body).closures
    return {row.clause: row.clause_en for row in closures if row.clause_en}


def names_in(session: Session, lang: Language) -> Callable[[str], str]:
    """Says a clause, and a road by its name with its id behind, in a language; anything else as it
    stands."""
    known = dict(english_clauses(session)) if lang == "en" else {}
    found = repository.newest(session, "network")
    if found is not None:
        known |= _roads(bodies.body(session, found.digest), lang)
    return lambda text: known.get(text, text)


@lru_cache(maxsize=4)
def _roads(body: bytes, lang: Language) -> Mapping[str, str]:
    """By a stored network; a road without an English name keeps the Chinese one."""
    network = Network.model_validate_json(body)
    named = {
        link.link_id: (lang == "en" and link.name_en) or link.name or "" for link in network.links
    }
    return {id: f"{name} [{id}]" for id, name in named.items() if name}
