"""What users read, in Chinese and English: `catalogue.toml` holds every sentence once.

A text is asked for by its id; named parameters stand in braces. An unknown id, a missing parameter
or one too many is an error of the program and raised as such.
"""

import string
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Text id -> language -> text with its parameters in braces."""
    return tomllib.loads((files(__package__) / "catalogue.toml").read_text("utf-8"))


def parameters(text: str) -> frozenset[str]:
    """The named parameters of a text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def said(text_id: str, language: Language, **values: str | int) -> str:
    """The text in that language with its parameters filled in.

    Raises KeyError for an id that the catalogue does not hold and ValueError where the values are
    not exactly the text's parameters.
    """
    text = catalogue()[text_id][language]
    if parameters(text) != values.keys():
        wanted = ", ".join(sorted(parameters(text))) or "none"
        raise ValueError(f"text {text_id} takes the parameters {wanted}; given {sorted(values)}")
    return text.format(**values)
