"""The resources that policies tell apart: every pattern that occurs, and an ARN for each way in
which patterns can meet.

Resources that fit the same patterns are decided alike, as far as the policies of one principal go;
so one of each is enough. What the principal's own account has and no policy names is the place
`EVERYTHING`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from iamsim.compile.resource import SEGMENT_FORMS, ResourcePattern, arn_tokens
from iamsim.core.wildcard import Token, Wildcard, match_tokens, tokenize
from iamsim.query.what_can.fits import PatternIndex, bits, is_whole, meeting_texts
from iamsim.syntax.variables import Variable

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.query.batch import ActionUniverse

EVERYTHING = "*"
ARN_PARTS = 6
HEAD = "arn:"
MOST_MEETINGS = 500  # places of one service beyond one for each pattern
MOST_RUNS = 4  # wildcards and variables of a pattern whose values are sought
MORE_WAYS = "patterns meet in more ways than were tried"
OTHER_WORD = "~x"  # what no policy is likely to name


class Place(NamedTuple):
    """Resources that fit the same patterns. `label` is the narrowest of these, `None` where two
    patterns overlap and neither holds the other; `sample` is one of the resources, `within` all
    the patterns that it fits, wider ones first. `values` are given to the unknown policy variables
    of these patterns."""

    label: str | None
    sample: str
    within: tuple[str, ...]
    values: tuple[tuple[str, str], ...] = ()


class Unknown(NamedTuple):
    """The unknown policy variables of a pattern, with a value for each. `loose` is the pattern with
    stars in their place; `spare` are those that no condition reads. `context` are the known ones.
    """

    values: dict[str, str]
    loose: tuple[Token, ...]
    spare: tuple[str, ...]
    pattern: ResourcePattern
    context: Mapping[str, ContextValue]

    @property
    def is_tried(self) -> bool:
        """Whether values are sought at all: not where trying could take long."""
        return _capturing(self.pattern, self.context)[0] is not None

    def fitted(self, text: str) -> dict[str, str] | None:
        """Values with which the pattern fits a text that it does not fit otherwise, by key."""
        written, keys = _capturing(self.pattern, self.context)
        match = None if written is None else written.fullmatch(text)
        if match is None:
            return None
        values = dict(zip(keys, match.groups(), strict=True))
        lower = {key.lower(): value for key, value in values.items()}
        tokens = _tokens(self.pattern, {**self.context, **lower})
        return values if tokens is not None and match_tokens(tokens, text) else None


@dataclass(slots=True)
class Family:
    """The patterns of one service's ARNs, and the actions that some statement about one of them
    names. `complete` is false where there are too many patterns to know all ways they meet, `cut`
    true where known places were left out."""

    service: str
    patterns: dict[str, tuple[Token, ...]] = field(default_factory=dict)
    actions: int = 0
    complete: bool = True
    cut: bool = False
    unknown: dict[str, Unknown] = field(default_factory=dict)

    def add(
        self, name: str, tokens: tuple[Token, ...], actions: int, unknown: Unknown | None
    ) -> None:
        """Take a pattern in; `unknown` are its unknown policy variables."""
        self.patterns[name] = tokens
        self.actions |= actions
        if unknown is not None:
            self.unknown[name] = unknown

    def places(self) -> list[Place]:
        """One place for every combination of patterns that some resource fits."""
        names = list(self.patterns)
        index = PatternIndex([self.patterns[name] for name in names])
        samples = [_instance(tokens) for tokens in self.patterns.values()]
        meeting, self.complete = meeting_texts(self.patterns)
        by_fit: dict[int, str] = {}
        most = len(samples) + MOST_MEETINGS
        for text in dict.fromkeys((*samples, *meeting)):
            fit = index.fit(text)
            if fit and fit not in by_fit:
                if len(by_fit) >= most:
                    self.complete = False
                    break
                by_fit[fit] = text
        holds: dict[int, int] = {}  # what every resource fits as well that fits a pattern
        for fit in by_fit:
            for number in bits(fit):
                holds[number] = holds.get(number, fit) & fit
        found = []
        sizes = {number: held.bit_count() for number, held in holds.items()}
        for fit, sample in by_fit.items():
            inside = list(bits(fit))
            narrowest = [names[number] for number in inside if holds[number] & fit == fit]
            ordered = sorted((sizes[number], names[number]) for number in inside)
            within = tuple([name for _, name in ordered])
            label = min(narrowest, default=None)
            found.append(Place(label, sample, within, self._values(sample, within)))
        return sorted(found, key=lambda place: (len(place.within), place.label or "", place.sample))

    def met_by_value(self) -> list[Place]:
        """Places where a pattern meets others only if its variables have the right values."""
        if not self.unknown:
            return []
        loose = {
            name: self.unknown[name].loose if name in self.unknown else tokens
            for name, tokens in self.patterns.items()
        }
        names = list(loose)
        index = PatternIndex(list(loose.values()))
        strict = PatternIndex(list(self.patterns.values()))
        texts, complete = meeting_texts(loose)
        whole = [tokens[0] for tokens in self.patterns.values() if is_whole(tokens)]
        self.complete = self.complete and complete
        met = {strict.fit(_instance(tokens)) for tokens in self.patterns.values()}
        found: dict[int, Place] = {}
        for text in dict.fromkeys((*texts, *map(str, whole))):
            fit, fits = index.fit(text), strict.fit(text)
            for number in bits(fit & ~fits) if fits else ():
                name, together = names[number], fits | 1 << number
                if together in met or together in found:
                    continue
                values = self.unknown[name].fitted(text)
                self.complete = self.complete and self.unknown[name].is_tried
                if values is not None:
                    if len(found) >= MOST_MEETINGS:
                        self.complete = False
                        return list(found.values())
                    within = (*(names[other] for other in bits(fits)), name)
                    where = " and ".join(f"{key} is {value}" for key, value in values.items())
                    given = sorted((key.lower(), value) for key, value in values.items())
                    found[together] = Place(f"{name} where {where}", text, within, tuple(given))
        return list(found.values())

    def _values(self, sample: str, within: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Values for the unknown variables of the patterns that a sample fits. With these, those
        that no condition reads get theirs as well where they could make another pattern fit."""
        unknown = [self.unknown[name] for name in within if name in self.unknown]
        values = {
            key: value for other_unknown in unknown for key, value in other_unknown.values.items()
        }
        if values:
            for name, member in self.unknown.items():
                if name not in within and match_tokens(member.loose, sample):
                    values |= {key: member.values[key] for key in member.spare if key not in values}
        return tuple(sorted(values.items()))


def _instance(tokens: Sequence[Token]) -> str:
    """A resource that fits a pattern. Region and account stay empty where a wildcard stands: they
    are not known then, and not some Region that a condition could ask for."""
    text = ""
    for token in tokens:
        if isinstance(token, str):
            text += token
        elif _sign(token) == "?":
            text += OTHER_WORD[0]
        elif text.count(":") >= ARN_PARTS - 1:
            text += OTHER_WORD
    return text


def find_families(
    statements: Iterable[CompiledStatement],
    listed: Iterable[tuple[str, int]],
    universe: ActionUniverse,
    context: Mapping[str, ContextValue],
    inside: Iterable[tuple[str, int]] = (),
    patterns: Iterable[tuple[str, int]] = (),
) -> tuple[list[Family], list[str]]:
    """Sort the resource patterns of statements by service; `listed` are ARNs of the world that
    count as well, with actions, `inside` what the ARNs of their parts begin with, and `patterns`
    those that no statement has to name. Also gives the patterns whose policy variables are not
    known."""
    sorting = _Sorting()
    for text, actions in patterns:
        sorting.add(text, arn_tokens(list(tokenize(text))), actions, None)
    for arn, actions in listed:
        sorting.add(arn, (arn,), actions, None)
    for start, actions in inside:
        sorting.add(f"{start}*", (start, Wildcard.STAR), actions, None)
    unknown: dict[str, None] = {}
    known = tuple(statements)
    read = {
        key for statement in known for condition in statement.conditions for key in condition.keys
    }
    for statement in known:
        actions = universe.mask(statement.actions)
        for pattern in statement.resources.patterns if statement.resources is not None else ():
            if pattern.everything:
                continue
            values = {key: _some_value(key) for key in pattern.keys if key not in context}
            tokens = _tokens(pattern, {**context, **values})
            if tokens is None:
                continue  # a variable before the fifth colon matches nothing
            if not values:
                sorting.add(pattern_text(tokens), tokens, actions, None)
                continue
            unknown[pattern.pattern] = None
            spare = tuple(key for key in values if key not in read)
            open_to = Unknown(values, _loose(pattern), spare, pattern, context)
            sorting.add(pattern.pattern, tokens, actions, open_to)
    return sorting.families(), sorted(unknown)


def _loose(pattern: ResourcePattern) -> tuple[Token, ...]:
    """What a pattern accepts, whatever its variables are."""
    parts = pattern.parts or ()
    return tuple([Wildcard.STAR if isinstance(part, Variable) else part for part in parts])


def _capturing(
    pattern: ResourcePattern, context: Mapping[str, ContextValue]
) -> tuple[re.Pattern[str] | None, list[str]]:
    """An expression with a group for each unknown variable of a pattern, and their keys; none where
    there are so many wildcards that trying could take long."""
    keys: list[str] = []
    written = ""
    runs = 0
    for part in pattern.parts or ():
        if isinstance(part, str):
            written += re.escape(part)
        elif not isinstance(part, Variable):
            single = part in {Wildcard.QUESTION, Wildcard.SEGMENT_QUESTION}
            written += "." if single else ".*"
            runs += not single
        elif isinstance(known := context.get(part.key.lower()), str):
            written += re.escape(known)
        elif part.key in keys:
            written += f"(?:\\{keys.index(part.key) + 1})"
        else:
            keys.append(part.key)
            written += "(.*)"
            runs += 1
    return (re.compile(written, re.DOTALL) if runs <= MOST_RUNS else None), keys


def _some_value(key: str) -> str:
    """A value for a policy variable that is not known."""
    return f"value-of-{key.rpartition('/')[2].rpartition(':')[2]}"


class _Sorting:
    """Patterns on their way to their families."""

    def __init__(self) -> None:
        self._by_service: dict[str, Family] = {}
        self._anywhere: list[tuple[str, tuple[Token, ...], int, Unknown | None]] = []

    def add(
        self, name: str, tokens: tuple[Token, ...], actions: int, unknown: Unknown | None
    ) -> None:
        """Take a pattern in; one that may be about any service waits for all families, one that no
        ARN fits is left out."""
        first = tokens[0] if tokens else ""
        if isinstance(first, str) and not (first.startswith(HEAD) or HEAD.startswith(first)):
            return
        service = _service_of(tokens)
        if service is None:
            self._anywhere.append((name, tokens, actions, unknown))
        else:
            family = self._by_service.setdefault(service, Family(service))
            family.add(name, tokens, actions, unknown)

    def families(self) -> list[Family]:
        """All families by service."""
        if self._anywhere:
            self._by_service.setdefault("", Family(""))
        for pattern in self._anywhere:
            for family in self._by_service.values():
                family.add(*pattern)
        return [self._by_service[service] for service in sorted(self._by_service)]


def _tokens(
    pattern: ResourcePattern, context: Mapping[str, ContextValue]
) -> tuple[Token, ...] | None:
    """What a pattern accepts, with its variables filled in; `None` where it accepts nothing."""
    if pattern.template.keys:
        return pattern.resolved(context)
    return cast("tuple[Token, ...] | None", pattern.parts)


def pattern_text(tokens: Sequence[Token]) -> str:
    """A pattern as a policy has it; characters that were filled in are no wildcards there."""
    return "".join(_escaped(token) if isinstance(token, str) else _sign(token) for token in tokens)


def _escaped(text: str) -> str:
    for sign in "$*?":
        text = text.replace(sign, f"${{{sign}}}") if sign in text else text
    return text


def _sign(token: Wildcard) -> str:
    return "?" if token in {Wildcard.QUESTION, Wildcard.SEGMENT_QUESTION} else "*"


def _service_of(tokens: Sequence[Token]) -> str | None:
    """The service of a pattern's ARNs; `None` where a wildcard leaves it open."""
    head = ""
    for token in tokens:
        if not isinstance(token, str) and token not in SEGMENT_FORMS.values():
            break  # it may run over the colons
        head += token if isinstance(token, str) else _sign(token)
    parts = head.split(":", 3)
    whole = len(parts) > 3 and parts[0] == "arn"  # noqa: PLR2004 - arn:p:s:
    return parts[2] if whole and not {"*", "?"} & set(parts[2]) else None
