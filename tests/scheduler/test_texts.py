"""Tests that every text exists in both languages with the same parameters, and is looked up."""

import re

import pytest

from scheduler.texts import LANGUAGES, catalogue, parameters, said

CJK = re.compile(r"[\u4e00-\u9fff]")


def test_every_text_is_there_in_both_languages() -> None:
    lacking = {name: sorted(row) for name, row in catalogue().items() if set(row) != {*LANGUAGES}}
    assert catalogue()
    assert lacking == {}


def test_both_languages_take_the_same_parameters() -> None:
    unlike = [
        name for name, row in catalogue().items() if len({parameters(t) for t in row.values()}) > 1
    ]
    assert unlike == []


def test_no_text_is_empty_and_none_stands_under_the_wrong_language() -> None:
    for name, row in catalogue().items():
        assert all(text.strip() == text != "" for text in row.values()), name
        assert not CJK.search(row["en"]) or name == "language.other", f"{name}: Chinese under en"


def test_parameters_are_filled_in() -> None:
    assert said("publication.number", "zh-CN", number=3) == "第 3 号"
    assert said("publication.number", "en", number=3) == "No. 3"


@pytest.mark.parametrize("values", [{}, {"number": 1, "more": 2}, {"nummer": 1}])
def test_parameters_other_than_the_texts_own_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="takes the parameters number"):
        said("publication.number", "en", **values)


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(KeyError):
        said("no.such.text", "en")
