"""The resources on which an action acts, as globs: the ARN formats of its resource types.

A variable of a format stands for one character or more. In the middle it does not cross the
separator that follows; at the end it may hold paths, and only the name of an object colons.
So patterns meet inside a format's segments: ``stack/Prod/*`` and ``stack/*/Dev`` have no stack in
common but in the last part.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.regions import PARTITIONS
from iamsim.core.wildcard import Wildcard
from iamsim.proofs.globs import Glob, Kind, literal_glob

if TYPE_CHECKING:
    from iamsim.core.wildcard import Token

__all__ = ["PARTITIONS", "action_formats", "any_arn", "arn_account"]

VARIABLE = re.compile(r"\$\{([^}]*)\}|<([^>]*)>|(\*)")

ACCOUNT = (Kind.DIGIT,) * 12
NO_RESOURCE = "*"
# Actions of S3 without a resource type, whose statements AWS writes with this ARN:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
ALL_BUCKETS = {"s3:listallmybuckets": "arn:aws:s3:::*"}
# An id of a key is a UUID, or `mrk-` and digits: it holds no path.
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
KEY_ID = "KeyId"
Tokens = "tuple[Token | Kind, ...]"


@lru_cache(maxsize=50_000)
def action_formats(
    action: str, account: str | None = None, partition: str | None = None
) -> tuple[Glob, ...]:
    """The globs of all resources that an action (in lower case) can be about; with an `account`
    only those whose ARNs name it, or none.

    An action that the reference does not list can be about any.
    """
    facts = catalog.find_action(action)
    if facts is None:
        return (*any_arn(action.partition(":")[0], account, partition), literal_glob(NO_RESOURCE))
    found: dict[Glob, None] = {}
    for use in facts.resource_types:
        kind = catalog.find_resource_type(facts.service, use.name)
        for text in kind.arn_formats if kind is not None else ():
            found.update(dict.fromkeys(_globs(text, account, partition)))
    if not found:
        return (literal_glob(ALL_BUCKETS.get(action, NO_RESOURCE)),)
    return tuple(found)


def any_arn(
    service: str, account: str | None = None, partition: str | None = None
) -> tuple[Glob, ...]:
    """Any ARN of a service."""
    text = "arn:${Partition}:" + service + ":${Region}:${Account}:${Resource}"
    bare = "arn:${Partition}:" + service + ":::${Resource}"
    return (*_globs(text, account, partition), *_globs(bare, account, partition))


@lru_cache(maxsize=50_000)
def _globs(text: str, account: str | None, partition: str | None) -> tuple[Glob, ...]:
    """The globs of one format, a partition each."""
    partitions = PARTITIONS if partition is None else (partition,)
    return tuple(Glob.of(_tokens(text, account, name)) for name in partitions)


def _tokens(text: str, account: str | None, partition: str) -> list[Token | Kind]:
    """The tokens of a format in one partition."""
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
    """What one variable stands for."""
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
