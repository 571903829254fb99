"""An action or a resource that another entry covers.

## What it finds
In one list of actions or resources, an entry all of whose matches another entry of the list
matches as well: `s3:GetObject` beside `s3:Get*`, an ARN beside a pattern that covers it.

## Why it matters
The entry changes nothing, and who takes it out later to forbid something is deceived.
Each covering entry gives one finding, which names it and all that it covers, as AWS's does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard
from iamsim.compile.resource import arn_tokens
from iamsim.core.caret import quote
from iamsim.core.wildcard import compile_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.core.span import Path
    from iamsim.core.wildcard import TextTest
    from iamsim.syntax.ast import Entries, Value

REMEMBERED = 4_096  # patterns; those of one policy are asked about many times
MOST_PAIRS = 4_000_000  # entries held against patterns in one list; longer ones fit no policy
_WILDCARDS = re.compile(r"[*?]{2,}")
UNUSED = "\x00"  # no policy holds it: what stands for "anything" must be matched by a star


@checks("REDUNDANT_ACTION")
def redundant_actions(policy: PolicyView) -> Findings:
    """Lists of actions, without regard to letter case."""
    for statement in policy.statements:
        if statement.actions is not None:
            pairs = _covered(statement.actions, str.lower, _service, _action_test)
            # An entry that names no action is wrong for another reason.
            found = [pair for pair in pairs if policy.reference.expand(pair[0].text)]
            yield from _findings(policy, "REDUNDANT_ACTION", "action", found)


@checks("REDUNDANT_RESOURCE")
def redundant_resources(policy: PolicyView) -> Findings:
    """Lists of resources."""
    for statement in policy.statements:
        if statement.resources is not None:
            found = _covered(statement.resources, str, _start, _resource_test)
            yield from _findings(policy, "REDUNDANT_RESOURCE", "resource", found)


def _findings(
    policy: PolicyView, code: str, what: str, found: Sequence[tuple[Value, Value]]
) -> Findings:
    """Make a finding of each entry that covers others, in the order of the list."""
    groups: dict[Path, list[tuple[Value, Value]]] = {}
    for pair in found:
        groups.setdefault(pair[1].path, []).append(pair)
    for pairs in groups.values():
        covered, by = pairs[0]
        texts = covered.text, by.text
        same_action = what == "action" and texts[0].lower() == texts[1].lower()
        same = "is the same as" if same_action or texts[0] == texts[1] else "is covered by"
        message = f"the {what} {quote(covered.text)} changes nothing: it {same} {quote(by.text)}"
        if len(pairs) > 1:
            message += f" ({len(pairs) - 1} more like it)"
        places = sorted([*(value.path for value, _ in pairs), by.path], key=_position)
        yield policy.finding(code, message, *places, hint=f"take the {what} out", kept=by.path)


def _position(path: Path) -> int:
    """The place of an entry in its list; an entry alone is the first."""
    last = path[-1]
    return last if isinstance(last, int) else 0


def _covered(
    entries: Entries,
    normal: Callable[[str], str],
    bucket: Callable[[str], str],
    compiled: Callable[[str], TextTest],
) -> list[tuple[Value, Value]]:
    """Pair every entry that is covered with the entry that covers it.

    Only entries of one bucket, and those of the bucket ``*``, can cover each other.
    """
    if len(entries.values) < 2:  # noqa: PLR2004 - two entries, at least, can cover each other
        return []
    texts = [_in_order(normal(value.text)) for value in entries.values]
    patterns: dict[str, list[tuple[int, TextTest]]] = {}
    first: dict[str, int] = {}
    for place, text in enumerate(texts):
        if has_wildcard(text) and "${" not in text and text not in first:
            patterns.setdefault(bucket(text), []).append((place, compiled(text)))
        first.setdefault(text, place)
    if len(texts) * max(map(len, patterns.values()), default=0) > MOST_PAIRS:
        patterns.clear()  # entries that are the same are found all the same
    found = []
    for place, text in enumerate(texts):
        covering = first[text] if first[text] != place else None
        if covering is None:
            covering = next(
                (
                    other
                    for name in dict.fromkeys((bucket(text), "*"))
                    for other, test in patterns.get(name, ())
                    if texts[other] != text and _is_covered(text, len(texts[other]), test)
                ),
                None,
            )
        if covering is not None:
            found.append((entries.values[place], entries.values[covering]))
    return found


def _in_order(text: str) -> str:
    """Write rows of wildcards in one way, so that two patterns never cover each other."""
    return _WILDCARDS.sub(lambda row: "?" * row[0].count("?") + "*" * ("*" in row[0]), text)


def _is_covered(text: str, length: int, test: TextTest) -> bool:
    """Whether a pattern of this length matches everything that a text with wildcards does.

    A star that stands for nothing, and for more than the pattern can spell out, must both match.
    """
    single = text.replace("?", UNUSED)
    if "*" not in text:
        return test(single)
    return test(single.replace("*", "")) and test(single.replace("*", UNUSED * (length + 1)))


def covers_action(pattern: str, action: str) -> bool:
    """Whether an action pattern covers another entry of Action, wildcards included."""
    wide, narrow = pattern.lower(), action.lower()
    return wide == narrow or _is_covered(narrow, len(wide), _action_test(wide))


def covers_resource(pattern: str, resource: str) -> bool:
    """Whether a resource pattern covers another entry; variables stand for themselves."""
    if pattern == resource:
        return True
    if "${" in pattern or "${" in resource:
        return pattern == "*"
    return _is_covered(resource, len(pattern), _resource_test(pattern))


def _service(action: str) -> str:
    """The bucket of an action: its service prefix, or ``*`` where that has wildcards."""
    prefix = action.partition(":")[0]
    return "*" if has_wildcard(prefix) else prefix


def _start(resource: str) -> str:
    """The bucket of a resource: its service, or ``*`` where that has wildcards."""
    head = resource.split(":", 3)[:3]
    return "*" if has_wildcard("".join(head)) else ":".join(head)


@lru_cache(REMEMBERED)
def _action_test(text: str) -> TextTest:
    """The test of an action pattern."""
    return compile_tokens(tokenize(text))


@lru_cache(REMEMBERED)
def _resource_test(text: str) -> TextTest:
    """The test of a resource pattern, with the stricter wildcards of ARNs."""
    tokens = list(tokenize(text))
    return compile_tokens(arn_tokens(tokens) if text.startswith("arn:") else tokens)
