"""Condition keys: the global ones, names with a variable part, and claims of identity providers.

The global keys are a data file, `data/global_condition_keys.txt`, which also says who sends them
and when; `iamsim.catalog.presence` reads that. Follows
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and, for
the claims, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.catalog.facts import ConditionKeyFacts
from iamsim.catalog.files import data_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamsim.catalog.facts import Scope

# Global keys (in lower case) of ids that AWS generates, of which AWS's pages name examples:
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
IDENTIFIER_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpceaccount",
        "aws:vpceorgid",
    }
)

_TYPES_OF_CLAIM = {
    "amr": ("ArrayOfString",),
    "aud": ("String",),
    "email": ("String",),
    "oaud": ("String",),
    "sub": ("String",),
}

_SCOPES: dict[str, Scope] = {
    "global": "global",
    "action": "action",
    "session": "session",
    "legacy": "legacy",
}

_rows: tuple[list[str], ...] | None = None
_global_keys: tuple[ConditionKeyFacts, ...] | None = None
_global_by_name: dict[str, ConditionKeyFacts] = {}
_spellings: dict[str, str] = {}
_spelled_starts: list[tuple[str, str]] = []


def global_key_rows() -> tuple[list[str], ...]:
    """Give the table as it stands: scope, name, types, callers, ways, and what it follows from."""
    global _rows  # noqa: PLW0603 - read once a process, and only when asked for
    if _rows is None:
        _rows = tuple([line.split(" ") for line in data_lines("global_condition_keys.txt")])
    return _rows


def global_keys() -> tuple[ConditionKeyFacts, ...]:
    """Give the documented global keys and the session keys of some services."""
    global _global_keys  # noqa: PLW0603 - as above
    if _global_keys is None:
        condition_key_facts = [
            ConditionKeyFacts(name, tuple(types.split(",")), scope=_SCOPES[scope])
            for scope, name, types, *_ in global_key_rows()
            if scope in _SCOPES
        ]
        _global_by_name.update((key.name.lower(), key) for key in condition_key_facts)
        _global_keys = tuple(condition_key_facts)
    return _global_keys


def spelled(key: str) -> str:
    """Give a key (in lower case) as AWS's pages write it; one that is not known stays as it is."""
    if not _spellings:
        for _, name, *_ in global_key_rows():
            start, template, _ = name.partition("${")
            if template:
                _spelled_starts.append((start.lower(), start))
            else:
                _spellings[name.lower()] = name
    known = _spellings.get(key)
    if known is not None:
        return known
    for lowered, start in _spelled_starts:
        if key.startswith(lowered):
            return start + key[len(start) :]
    return key


def find_global_key(key: str) -> ConditionKeyFacts | None:
    """Find a global key, in any case and with any tag key."""
    keys = global_keys()
    return _global_by_name.get(key.lower()) or find_in(keys, key)


def find_claim(key: str) -> ConditionKeyFacts | None:
    """Read a key as a claim that every OpenID Connect provider may send: ``HOST[/PATH]:CLAIM``."""
    provider, _, claim = key.rpartition(":")
    types = _TYPES_OF_CLAIM.get(claim.lower())
    if types is None or "." not in provider.partition("/")[0].strip("."):
        return None
    return ConditionKeyFacts(f"{provider}:{claim.lower()}", types, scope="identity-provider")


def find_in(keys: Iterable[ConditionKeyFacts], key: str) -> ConditionKeyFacts | None:
    """Find a key among others: the exact name in any case, else the most literal template."""
    lowered = key.lower()
    best: ConditionKeyFacts | None = None
    for candidate in keys:
        if candidate.name.lower() == lowered:
            return candidate
        if template_matches(candidate.name, key) and (
            best is None or _literal_length(candidate.name) > _literal_length(best.name)
        ):
            best = candidate
    return best


def template_matches(template: str, key: str) -> bool:
    """Tell whether a key is an instance of a name with ``${VARIABLE}`` or ``<variable>`` parts.

    A variable stands for one character or more; the rest is compared in any case. A name
    without a variable matches nothing here.
    """
    parts = _literal_parts(template.lower())
    if len(parts) == 1:
        return False
    lowered = key.lower()
    first, last = parts[0], parts[-1]
    end = len(lowered) - len(last)
    if not lowered.startswith(first) or not lowered.endswith(last):
        return False
    place = len(first)
    for part in parts[1:-1]:
        place = lowered.find(part, place + 1, end)
        if place < 0:
            return False
        place += len(part)
    return place < end


def _literal_parts(template: str) -> list[str]:
    """Cut the variables out of a template."""
    parts = []
    rest = template
    while True:
        dollar, angle = rest.find("${"), rest.find("<")
        starts = [place for place in (dollar, angle) if place >= 0]
        if not starts:
            parts.append(rest)
            return parts
        start = min(starts)
        end = rest.find("}" if start == dollar else ">", start)
        if end < 0:
            parts.append(rest)
            return parts
        parts.append(rest[:start])
        rest = rest[end + 1 :]


def _literal_length(template: str) -> int:
    """Count the characters of a template that aren't variable."""
    return sum(map(len, _literal_parts(template)))
