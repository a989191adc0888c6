"""What clauses say in English: the translations that the measures carry beside the Chinese, which
is the text that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from sqlmodel import Session

from scheduler.domain.measure import MeasureSet
from scheduler.store import bodies
from scheduler.store import datasets as repository
from scheduler.texts import Language


def english_of(measures: MeasureSet) -> dict[str, str]:
    """The English of each clause that has one."""
    return {rule.clause: rule.clause_en for rule in measures.rules if rule.clause_en}


def english_clauses(session: Session) -> Mapping[str, str]:
    """By the newest measures loaded; nothing where there are none."""
    found = repository.newest(session, "measures")
    return english_in(bodies.body(session, found.digest)) if found else {}


@lru_cache(maxsize=8)
def english_in(body: bytes) -> Mapping[str, str]:
    """By stored measures."""
    return english_of(MeasureSet.model_validate_json(body))


def clauses_in(session: Session, lang: Language) -> Callable[[str], str]:
    """Says a clause in a language, and anything else as it stands."""
    known = english_clauses(session) if lang == "en" else {}
    return lambda text: known.get(text, text)
