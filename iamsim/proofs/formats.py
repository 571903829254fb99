"""The resources on which an action acts, as globs: the ARN formats of its resource types.

A variable of a format stands for one character or more. In the middle it does not cross the
separator that follows; at the end it may hold paths, and only the name of an object colons.
So patterns meet inside a format's segments: ``stack/Prod/*`` and ``stack/*/Dev`` have no stack in
common but in the last part.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from iamsim import catalog
from iamsim.catalog.regions import PARTITIONS
from iamsim.core.wildcard import Token, Wildcard, match_tokens, tokenize
from iamsim.engine.services.logs import format_in_policies
from iamsim.engine.services.s3 import ACCOUNT_ACTIONS, ALL_BUCKETS
from iamsim.proofs.globs import LOOPS, Glob, Kind, literal_glob

VARIABLE = re.compile(r"\$\{([^}]*)\}|<([^>]*)>|(\*)")

# Those that no policy names behave alike, so that one of them stands for all.
USUAL_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
OTHER_PARTITIONS = frozenset(USUAL_PARTITIONS[1:])
ACCOUNT = (Kind.DIGIT,) * 12
NO_RESOURCE = "*"
# An id of a key is a UUID, or `mrk-` and digits: it holds no path.
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
KEY_ID = "KeyId"
Tokens = "tuple[Token | Kind, ...]"


@lru_cache(maxsize=50_000)
def action_formats(
    action: str, account: str | None = None, partitions: tuple[str, ...] = PARTITIONS
) -> tuple[Glob, ...]:
    """The globs of all resources that an action (in lower case) can be about, in some partitions;
    with an `account` only those whose ARNs name it, or none.

    An action that the reference does not list can be about any.
    """
    facts = catalog.find_action(action)
    if facts is None:
        return (*any_arn(action.partition(":")[0], account, partitions), literal_glob(NO_RESOURCE))
    found: dict[Glob, None] = {}
    for use in facts.resource_types:
        kind = catalog.find_resource_type(facts.service, use.name)
        for text in kind.arn_formats if kind is not None else ():
            named = format_in_policies(action, text)
            found.update(dict.fromkeys(_globs(named, account, partitions)))
    if not found:
        about_buckets = [ALL_BUCKETS[name] for name in partitions if action in ACCOUNT_ACTIONS]
        return tuple(map(literal_glob, about_buckets or (NO_RESOURCE,)))
    return tuple(found)


def any_arn(
    service: str, account: str | None = None, partitions: tuple[str, ...] = PARTITIONS
) -> tuple[Glob, ...]:
    """Any ARN of a service."""
    text = "arn:${Partition}:" + service + ":${Region}:${Account}:${Resource}"
    bare = "arn:${Partition}:" + service + ":::${Resource}"
    return (*_globs(text, account, partitions), *_globs(bare, account, partitions))


def partitions_named(texts: Iterable[str]) -> tuple[str, ...]:
    """The partitions that patterns of ARNs name; the usual one where they name none."""
    parts = (text.lower().split(":", 2) for text in texts)
    patterns = dict.fromkeys(part[1] for part in parts if part[0] == "arn" and len(part) > 1)
    named = {name for pattern in patterns for name in _partitions_like(pattern)}
    return tuple(name for name in PARTITIONS if name in named) or USUAL_PARTITIONS[:1]


@lru_cache(maxsize=1024)
def _partitions_like(pattern: str) -> tuple[str, ...]:
    """The partitions that fit a pattern, none where all do."""
    tokens = tokenize(pattern)
    found = tuple(name for name in PARTITIONS if match_tokens(tokens, name))
    return () if found == PARTITIONS else found


def partitions_of(globs: Iterable[Glob]) -> tuple[str, ...]:
    """The partitions that some globs tell apart, with one for those that none of them names."""
    named: set[str] = set()
    for glob in globs:
        named.update(_partition_named(glob))
    if named <= {*USUAL_PARTITIONS} and not named >= OTHER_PARTITIONS:
        return USUAL_PARTITIONS
    return PARTITIONS


@lru_cache(maxsize=20_000)
def _partition_named(glob: Glob) -> tuple[str, ...]:
    """The partition that a glob names, none where it accepts any, or all where it names several."""
    if glob.fold or not glob.head.startswith("arn:"):
        return () if glob.is_everything else PARTITIONS
    name, colon, _ = glob.head[4:].partition(":")
    if colon:
        return (name,)
    whole = not name and glob.atoms[4:6] in {(loop, ":") for loop in LOOPS}
    return () if whole else PARTITIONS


@lru_cache(maxsize=50_000)
def _globs(text: str, account: str | None, partitions: tuple[str, ...]) -> tuple[Glob, ...]:
    """The globs of one format, a partition each."""
    return tuple(Glob.of(_tokens(text, account, name)) for name in partitions)


def _tokens(text: str, account: str | None, partition: str) -> list[Token | Kind]:
    tokens: list[Token | Kind] = []
    place = 0
    matches = list(VARIABLE.finditer(text))
    for match in matches:
        literal = text[place : match.start()]
        if literal:
            tokens.append(literal)
        place = match.end()
        name = match.group(1) or match.group(2) or match.group(3)
        following = text[place : place + 1]
        tokens += _variable(name, following, text[: match.start()].count(":"), account, partition)
    if place < len(text):
        tokens.append(text[place:])
    return tokens


def _variable(
    name: str, following: str, colons: int, account: str | None, partition: str
) -> tuple[Token | Kind, ...]:
    if colons == 1:
        return (partition,)
    if colons == 4:  # noqa: PLR2004 - the fifth part of an ARN
        return ACCOUNT if account is None else (account,)
    plain = "Bucket" in name or name == KEY_ID
    if colons < 5 or following == "/" or plain:  # noqa: PLR2004 - the parts in front
        return (Kind.WORD, Kind.WORD_STAR)
    if "Object" in name:
        return (Wildcard.QUESTION, Wildcard.STAR)
    return (Wildcard.SEGMENT_QUESTION, Wildcard.SEGMENT_STAR)


def arn_account(text: str) -> str | None:
    """The account that an ARN names, if it does."""
    parts = text.split(":", 5)
    return parts[4] or None if len(parts) == 6 else None  # noqa: PLR2004 - the parts of an ARN
