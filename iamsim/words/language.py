"""The words of the picture in another language than English.

Whatever has no translation stays English: names, values, sentences of residuals, and the notes. A
test counts what of the tables of this room that is.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamsim.files.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["LANGUAGES", "Say", "in_english", "in_japanese", "speaker"]

if TYPE_CHECKING:
    Say = Callable[[str], str]

_LONGEST = 2000  # characters; what is longer holds a policy, which nobody translates
_HOLE = re.compile(r"\\\{(\d)\\\}")


class _Sentence(NamedTuple):
    """A sentence with holes, and what it is in another language."""

    pattern: re.Pattern[str]
    text: str


class _Words(NamedTuple):
    texts: Mapping[str, str]
    sentences: tuple[_Sentence, ...]


def speaker(language: object) -> Say:
    """What says a text in a language; one that is not known is English."""
    return LANGUAGES.get(str(language), in_english)


def in_english(text: str) -> str:
    """The text as it is."""
    return text


def in_japanese(text: str) -> str:
    """A text in Japanese, or as it is where it has no translation."""
    words = _words()
    if len(text) > _LONGEST:
        return text
    if text in words.texts:
        return words.texts[text]
    if "; " in text:
        return "; ".join(map(in_japanese, text.split("; ")))
    for sentence in words.sentences:
        match = sentence.pattern.fullmatch(text)
        if match is not None:
            return sentence.text.format("", *map(in_japanese, match.groups()))
    if ", " in text:
        return ", ".join(map(in_japanese, text.split(", ")))
    return text


@cache
def _words() -> _Words:
    """The table, its sentences in their order: the first that fits is taken."""
    place = Path(__file__).parent / "ja.toml"
    texts: dict[str, str] = tomllib.loads(read_text(place))["texts"]
    return _Words(
        {english: said for english, said in texts.items() if "{1}" not in english},
        tuple(
            _Sentence(re.compile(_HOLE.sub("(.+?)", re.escape(text)), re.DOTALL), texts[text])
            for text in texts
            if "{1}" in text
        ),
    )


LANGUAGES: Mapping[str, Say] = {"en": in_english, "ja": in_japanese}
