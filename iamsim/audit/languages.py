"""An audit in another language: titles, findings with their evidence, what is not known, and the
comments of fixes.

The names of AWS, of policies and of checks stay as they are. What a validation says of a policy is
told by its code, with the names that the English message quotes. A finding keeps its id, which is
made of the English sentence. What has no translation stays in English; the tests hold every
sentence of the corpus and every code to one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from iamsim.audit.model import Audit, CheckResult, Finding, HeadingResult
from iamsim.checks.escalation_paths import known_ways
from iamsim.files.reading import read_text

LANGUAGES = ("en", "ja")
_FOLDER = Path(__file__).parent / "data"
_WORDS = Path(__file__).parent.parent / "words"  # what findings of `validate` say, by their code
_TIMES = re.compile(r" \((\d+) times\)$")
_quoted = re.compile(r"`([^`]+)`").findall


class _Sentence(NamedTuple):
    """An English sentence with holes, and what it is in another language."""

    pattern: re.Pattern[str]
    names: tuple[bool, ...]
    text: str

    def of(self, english: str, holes: _Holes) -> str | None:
        """The translation, with what fills the holes; a name, between backticks, stays."""
        match = self.pattern.fullmatch(english)
        if match is None:
            return None
        made = self.text
        filled = zip(match.groups(), self.names, strict=True)
        for number, (value, is_name) in enumerate(filled, 1):
            made = made.replace(f"{{{number}}}", value if is_name else holes.of(value))
        return made


class _Holes(NamedTuple):
    """What the texts in the holes of sentences are: phrases, and titles of ways to become an
    administrator."""

    phrases: tuple[_Sentence, ...]
    ways: Mapping[str, str]

    def of(self, english: str) -> str:
        """The translation of a text in a hole; a name stays."""
        way = self.ways.get(english)
        return _first(english, self.phrases, self) if way is None else way


class _Tables(NamedTuple):
    """What one language has."""

    headings: Mapping[str, str]
    titles: Mapping[str, str]
    details: tuple[_Sentence, ...]
    comments: tuple[_Sentence, ...]
    evidence: tuple[_Sentence, ...]
    gaps: tuple[_Sentence, ...]
    remarks: tuple[_Sentence, ...]
    words: tuple[_Sentence, ...]
    holes: _Holes
    quoting: Mapping[str, str]
    policies: Mapping[str, tuple[str, str]]


@cache
def _tables(language: str) -> _Tables:
    data: dict[str, Any] = tomllib.loads(read_text(_FOLDER / f"{language}.toml"))
    return _Tables(
        data["headings"],
        data["titles"],
        _sentences(data["details"]),
        _sentences(data["comments"]),
        _sentences(data["evidence"]),
        _sentences(data["gaps"]),
        _sentences({**data["remarks"], **data["frameworks"]}),
        _sentences(data["words"]),
        _Holes(_sentences(data["holes"]), _ways(language)),
        data["quoting"],
        tomllib.loads(read_text(_WORDS / f"{language}_findings.toml")),
    )


def _ways(language: str) -> dict[str, str]:
    """The titles of ways, by those in English."""
    titles = tomllib.loads(read_text(_FOLDER / f"{language}_ways.toml"))
    return {way.title: titles[way.id] for way in known_ways()}


def _sentences(entries: Mapping[str, str]) -> tuple[_Sentence, ...]:
    """The longest first, so that the one that says most is taken."""
    return tuple(
        _Sentence(
            re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL),
            tuple(before.endswith("`") for before in english.split("{}")[:-1]),
            text,
        )
        for english, text in sorted(entries.items(), key=lambda entry: -len(entry[0]))
    )


def in_language(audit: Audit, language: str) -> Audit:
    """The audit in a language of `LANGUAGES`."""
    if language == "en":
        return audit
    tables = _tables(language)
    remarks = [_first(remark, tables.remarks, tables.holes) for remark in audit.remarks]
    headings = [_heading(heading, tables) for heading in audit.headings]
    return Audit(headings, audit.at, remarks, language)


def said(audit: Audit, english: str) -> str:
    """What is said of a whole audit, in its language."""
    if audit.language == "en":
        return english
    tables = _tables(audit.language)
    return _first(english, tables.remarks, tables.holes)


def _heading(result: HeadingResult, tables: _Tables) -> HeadingResult:
    heading = result.heading
    title = tables.headings.get(heading.id, heading.title)
    checks = [_check(check, tables) for check in result.checks]
    return replace(result, heading=heading._replace(title=title), checks=checks)


def _check(result: CheckResult, tables: _Tables) -> CheckResult:
    return replace(
        result,
        title=tables.titles.get(result.check, result.title),
        findings=[_finding(finding, tables) for finding in result.findings],
        gaps=[
            gap._replace(what=_first(gap.what, tables.gaps, tables.holes)) for gap in result.gaps
        ],
        suppressed=[
            suppressed._replace(finding=_finding(suppressed.finding, tables))
            for suppressed in result.suppressed
        ],
    )


def _finding(finding: Finding, tables: _Tables) -> Finding:
    told = tables.policies.get(finding.code)
    if told is None:
        detail = _translated(finding.detail, tables)
    else:
        detail = _of_validation(finding, told[0], tables)
    lines = [_comment(line, tables, told) for line in finding.fix.text.split("\n")]
    fix = finding.fix._replace(text="\n".join(lines))
    evidence = tuple(
        request._replace(text=_first(request.text, tables.evidence, tables.holes))
        for request in finding.evidence
    )
    english = finding.english or finding.detail
    return replace(finding, detail=detail, fix=fix, evidence=evidence, english=english)


def _translated(english: str, tables: _Tables) -> str:
    """A sentence; what may be added to any of them is translated apart."""
    main, end = english, ""
    for added in tables.words:
        match = re.search(f"(?:{added.pattern.pattern})$", main)
        if match is not None:
            main, end = main[: match.start()], f"{added.of(match[0], tables.holes)}{end}"
    made = _first(main, tables.details, tables.holes)
    return english if made == main else f"{made}{end}"


def _first(english: str, sentences: tuple[_Sentence, ...], holes: _Holes) -> str:
    """The first translation that fits; what has none, such as a place, as it is."""
    found = (sentence.of(english, holes) for sentence in sentences)
    return next((made for made in found if made is not None), english)


def _of_validation(finding: Finding, says: str, tables: _Tables) -> str:
    """A finding of a validation: the policy, what its code means, and the names that it quotes."""
    policy, _, message = finding.detail.partition("`: ")
    often = _TIMES.search(message)
    times = "" if often is None else tables.quoting["times"].format(often[1])
    shown = f"{finding.code}: {says}" if message.startswith(f"{finding.code}: ") else says
    return (
        _first(f"{policy}`: {shown}{_names(message, says, tables)}", tables.details, tables.holes)
        + times
    )


def _comment(line: str, tables: _Tables, told: tuple[str, str] | None) -> str:
    """A line of a fix: commands stay, comments are sentences."""
    if not line.lstrip().startswith("#"):
        return line
    made = _first(line.strip(), tables.comments, tables.holes)
    if told is None or made != line.strip():
        return made
    return f"# {told[1]}{_names(line, told[1], tables)}"


def _names(english: str, said: str, tables: _Tables) -> str:
    """The names that an English sentence quotes and the translation does not say."""
    named = [f"`{entry}`" for entry in dict.fromkeys(_quoted(english)) if entry not in said]
    quoting = tables.quoting
    return quoting["names"].format(quoting["between"].join(named)) if named else ""
