"""Tests that what holds for a plant is told in one language: standing, level, change, clause."""

from itertools import product

import pytest

from scheduler.domain.alert import Level
from scheduler.domain.answer import Answer, Standing
from scheduler.texts import LANGUAGES, Language
from scheduler.told_answer import told
from tests.scheduler.case import at, card


def answer(standing: Standing, **fields: object) -> Answer:
    given = {"card": card("P"), "at": at("09:00"), "standing": standing, "clause": ""}
    nothing = dict.fromkeys(("next_change", "level", "alert", "publication"))
    return Answer.model_validate({**given, **nothing, **fields})


def test_every_standing_is_told_in_words_of_its_own() -> None:
    heads = [next(told(answer(standing), lang)) for standing, lang in product(Standing, LANGUAGES)]
    assert len(set(heads)) == len(heads)
    assert heads[:2] == ["P厂：准运时段内，可以进出", "P works: open"]


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh-CN", ["P厂：豁免，不限时段（橙色预警），至 01-05 12:00", "方案 第7条"]),
        ("en", ["P works: exempt (Orange alert), until 01-05 12:00", "article seven"]),
    ],
)
def test_the_clause_is_told_as_it_is_named(lang: Language, expected: list[str]) -> None:
    found = answer(
        Standing.EXEMPT, clause="方案 第7条", level=Level.ORANGE, next_change=at("12:00")
    )
    names = {"方案 第7条": "article seven"} if lang == "en" else {}
    assert list(told(found, lang, lambda text: names.get(text, text))) == expected


def test_a_lifting_is_told_with_its_document_in_one_language() -> None:
    found = answer(Standing.NO_ALERT, clause="2026-2", lifted_at=at("09:00"))
    assert list(told(found, "en")) == [
        "P works: no alert",
        "The alert was lifted at 2026-01-05 09:00 (2026-2); "
        "restrictions ended with it, and trips are free from then on.",
    ]
    chinese = list(told(found, "zh-CN"))
    assert chinese[0] == "P厂：不在预警中，运输不受限"
    assert "2026-01-05 09:00" in chinese[1] and "2026-2" in chinese[1]
