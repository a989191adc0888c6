"""What ids and clauses are called where a line is told: roads by their names, clauses by the
English that measures, closures and alerts carry beside the Chinese, which is what counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from sqlmodel import Session

from scheduler.domain.conditions import RoadConditions
from scheduler.domain.measure import MeasureSet
from scheduler.domain.network import Network
from scheduler.store import alerts, bodies
from scheduler.store import datasets as repository
from scheduler.texts import LANGUAGES, Language


def english_of(measures: MeasureSet) -> dict[str, str]:
    """The English of each clause that has one."""
    return {rule.clause: rule.clause_en for rule in measures.rules if rule.clause_en}


def english_clauses(session: Session) -> Mapping[str, str]:
    """By the newest measures and road conditions loaded, and by all that was declared; nothing
    where there are none."""
    found = repository.newest_each(session, "measures", "conditions")
    told = {kind: bodies.body(session, dataset.digest) for kind, dataset in found.items()}
    return {
        **(english_in(told["measures"]) if "measures" in told else {}),
        **(_orders(told["conditions"]) if "conditions" in told else {}),
        **_documents(session),
    }


def _documents(session: Session) -> dict[str, str]:
    """The English of each document that states an alert, where it has one."""
    statements = (r.statement for alert in alerts.every(session) for r in alert.revisions)
    return {s.document_number: s.document_number_en for s in statements if s.document_number_en}


@lru_cache(maxsize=8)
def english_in(body: bytes) -> Mapping[str, str]:
    """By stored measures."""
    return english_of(MeasureSet.model_validate_json(body))


@lru_cache(maxsize=4)
def _orders(body: bytes) -> Mapping[str, str]:
    """The English of each order that closes a road, where it has one."""
    closures = RoadConditions.model_validate_json(body).closures
    return {row.clause: row.clause_en for row in closures if row.clause_en}


class Words(NamedTuple):
    """What roads are called, in Chinese and English, by their ids, and what clauses say in English,
    by the Chinese."""

    roads: Mapping[str, tuple[str, str]]
    clauses: Mapping[str, str]

    def name_of(self, lang: Language) -> Callable[[str], str]:
        """Says a clause, and a road by its name with its id behind, in a language; anything else
        as it stands."""
        known = dict(self.clauses) if lang == "en" else {}
        for id, names in self.roads.items():
            known[id] = f"{names[LANGUAGES.index(lang)]} [{id}]"
        return lambda text: known.get(text, text)


NO_WORDS = Words({}, {})


def words_of(session: Session) -> Words:
    """By the newest network, measures and road conditions, and by all that was declared."""
    network = repository.newest(session, "network")
    roads = _roads(bodies.body(session, network.digest)) if network else {}
    return Words(roads, english_clauses(session))


def names_in(session: Session, lang: Language) -> Callable[[str], str]:
    return words_of(session).name_of(lang)


@lru_cache(maxsize=4)
def _roads(body: bytes) -> Mapping[str, tuple[str, str]]:
    """By a stored network; a road without an English name keeps the Chinese one."""
    links = Network.model_validate_json(body).links
    return {link.link_id: (link.name, link.name_en or link.name) for link in links if link.name}
