"""Words in another language than English.

Names, values and texts of policies stay as they are. What has a code (reasons, notes, faults) is
translated by it, in `ja_codes.toml`, findings of `validate` in `ja_findings.toml`; all other texts
by their English, in `ja.toml`. Lessons and exercises have tables of their own, which are read when
one of them is shown. Tests list what of the tables, and of what the playground shows, has no
translation.
"""

from __future__ import annotations

import re
import tomllib
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.core.reason import Note, Reason
from iamsim.files.reading import read_text
from iamsim.words.sentences import NOTES, REASONS

if TYPE_CHECKING:
    Say = Callable[[str], str]

_LONGEST = 2000  # characters; what is longer holds a policy, which nobody translates
_NAME = re.compile(r"`[^`]+`")
_SENTENCE_LIKE = re.compile(r" of | and | or | at |; |, ")
# Names in backticks, and Sids: in quotation marks, behind the number of their statement.
_KEPT = re.compile(r"`[^`]+`|(?<=\d )“[^”]+”")
_NUMBER = re.compile("[`“]\ue000(\\d+)[`”]")
# The number of a heading; a colon, or the code of a note, or what tells a row of a table.
_FRAME = re.compile(r"(\d+\. |)(.+?)(:| \[[^\]]+\]|)", re.DOTALL)
_END = re.compile(r"(?<=[^\d\W])\. (?=[A-Z])|(?<=[)`])\. (?=[A-Z])")
_NAMED = re.compile(r"`\{(\d)\}`")
_HOLE_HERE = re.compile(r"\{\d\}")
_HOLE = re.compile(r"\\\{(\d)\\\}")


class _Sentence(NamedTuple):
    """A sentence with holes, how it starts, and what it is in another language; `names` are the
    holes in backticks."""

    start: str
    pattern: re.Pattern[str]
    text: str
    names: frozenset[int]

    def say(self, filled: Iterable[str], say: Say) -> str:
        """The sentence with what fills its holes."""
        holes = (
            text if number in self.names else say(text) for number, text in enumerate(filled, 1)
        )
        return self.text.format("", *holes)


class _Words(NamedTuple):
    texts: Mapping[str, str]
    sentences: tuple[_Sentence, ...]


def speaker(language: object) -> Say:
    """What says a text in a language; one that is not known is English."""
    return LANGUAGES.get(str(language), in_english)


def course_speaker(language: object) -> Say:
    """What says a text of lessons and exercises in a language."""
    return COURSE_LANGUAGES.get(str(language), in_english)


def in_english(text: str) -> str:
    """The text as it is."""
    return text


def in_japanese(text: str) -> str:
    """A text in Japanese, or as it is where it has no translation."""
    return _in_japanese(text, _japanese, _words().texts)


def course_in_japanese(text: str) -> str:
    """A text of a lesson or an exercise in Japanese, or as it is."""
    plain = " ".join(text.split())  # lines of a file are no lines of a page
    said = _in_japanese(plain, _course_japanese, _course_words().texts)
    return text if said == plain else said


def _in_japanese(text: str, say: Say, texts: Mapping[str, str]) -> str:
    """A text by `say`, with the names that read like sentences kept."""
    if len(text) > _LONGEST or not text:
        return text
    names: list[str] = []  # those that read like sentences, and are none

    def hide(found: re.Match[str]) -> str:
        if not _SENTENCE_LIKE.search(found[0]):
            return found[0]
        names.append(found[0])
        return f"{found[0][0]}\ue000{len(names)}{found[0][-1]}"

    hidden = text if text in texts else _KEPT.sub(hide, text)
    return _NUMBER.sub(lambda found: names[int(found[1]) - 1], say(hidden))


def coded(language: object, kind: str, code: str, message: str) -> str:
    """What a code says in a language (`kind` is ``errors`` or ``findings``), with the names that
    the English message has in backticks; the message itself in English, or for no such code."""
    if speaker(language) is in_english:
        return message
    if kind == "findings":
        said = "。".join(finding_words(language).get(code, ()))
    else:
        said = _codes()[kind].get(code, "")
    if not said:
        return message
    names = ", ".join(dict.fromkeys(_NAME.findall(message)))
    return f"{said} ({names})" if names else said


@cache
def finding_words(language: object) -> Mapping[str, tuple[str, str]]:
    """What each code of `validate` says in another language: what is wrong, and what to do."""
    return {
        code: (wrong, mended)
        for code, (wrong, mended) in _table(f"{language}_findings.toml").items()
    }


@lru_cache(8192)
def _japanese(text: str) -> str:
    return _said(text, _words(), _japanese)


@lru_cache(8192)
def _course_japanese(text: str) -> str:
    return _said(text, _course_words(), _course_japanese)


def _said(text: str, words: _Words, say: Say) -> str:
    """A text by its table, else its parts by `say`."""
    if text in words.texts:
        return words.texts[text]
    frame = _FRAME.fullmatch(text)
    if frame is not None and (frame[1] or frame[3]):
        return f"{frame[1]}{say(frame[2])}{frame[3]}"
    sentences = _END.split(text.removesuffix("."))
    if sentences[1:] or text.endswith("."):
        said = [say(sentence) for sentence in sentences]
        whole = all(said[at] != sentence for at, sentence in enumerate(sentences))
        return "。".join((*said, "")) if whole else text
    for sentence in words.sentences:
        match = sentence.pattern.fullmatch(text) if text.startswith(sentence.start) else None
        if match is not None:
            return sentence.say(match.groups(), say)
    for mark in ("; ", ", "):
        if mark in text:
            return mark.join(map(say, text.split(mark)))
    return _listed(text, say)


def _listed(text: str, say: Say) -> str:
    """A list of names, or of things that have words, by its last word."""
    for word, said in ((" and ", " と "), (" or ", " または ")):
        parts = text.split(word)
        if parts[1:]:
            shown = list(map(say, parts))
            if all(" " not in part or shown[at] != part for at, part in enumerate(parts)):
                return said.join(shown)
    return text


@cache
def _words() -> _Words:
    """The tables; of sentences that fit the one with the most letters of its own is taken."""
    last = _table("ja.toml")["last"]
    texts = _table("ja.toml")["texts"]
    codes = _codes()
    exact = {english: said for english, said in (texts | last).items() if "{1}" not in english}
    exact |= {NOTES[Note(code)]: said for code, said in codes["notes"].items()}
    exact |= {REASONS[Reason(code)]: said for code, said in codes["reasons"].items()}
    return _Words(
        exact,
        tuple(
            _Sentence(
                text.partition("{")[0],
                _pattern(text),
                texts[text],
                frozenset(map(int, _NAMED.findall(text))),
            )
            for texts in (texts, last)
            for text in sorted(texts, key=lambda text: -len(_HOLE_HERE.sub("", text)))
            if "{1}" in text
        ),
    )


@cache
def _course_words() -> _Words:
    """The tables with those of lessons and exercises, whose texts have no holes."""
    words = _words()
    tables = (_table(name)["texts"] for name in ("ja_course.toml", "ja_lessons.toml"))
    return words._replace(texts={**words.texts, **ChainMap(*tables)})


def _pattern(text: str) -> re.Pattern[str]:
    """A sentence as a pattern: parts that a semicolon divides fill no hole but one behind a
    colon, at the end."""
    pattern = _HOLE.sub("((?:(?!; ).)+?)", re.escape(text))
    if re.search(r": \{\d\}$", text):
        pattern = pattern.removesuffix("((?:(?!; ).)+?)") + "(.+?)"
    return re.compile(pattern, re.DOTALL)


@cache
def _codes() -> dict[str, dict[str, str]]:
    """What codes say, by kind."""
    return _table("ja_codes.toml")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(read_text(Path(__file__).parent / name))


LANGUAGES: Mapping[str, Say] = {"en": in_english, "ja": in_japanese}
COURSE_LANGUAGES: Mapping[str, Say] = {"en": in_english, "ja": course_in_japanese}
