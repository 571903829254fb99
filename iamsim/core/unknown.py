"""What is not known: a value that stands where a policy, a statement or a part of one should be.

In files it is the *marker* ``{unknown: "why it is not known", source: "where it should have come
from"}``. It is born in importers and readers, travels through a world untouched, and becomes an
open test of the compiled statement: a part of a Deny that is not known may deny, of an Allow may
allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamsim.core.caret import QUOTE_WIDTH, quote
from iamsim.core.data_class import dataclass

MARK, SOURCE = "unknown", "source"
UNREADABLE = "it can't be read"
CALL, LONGEST_CALL = "aws ", 1_000  # how a call of the AWS CLI begins; characters
# What fields of a world's records are in words.
FACTS = {
    "abac": "whether tags count in decisions",
    "account": "the owner",
    "bucket": "the bucket",
    "buckets": "the list of buckets",
    "delegated_administrators": "the list of delegated administrators",
    "grants": "the list of grants",
    "id": "the id",
    "kms_key": "the KMS key",
    "management_account": "the management account",
    "parent": "the place in the organization",
    "role": "the role that it runs with",
    "settings": "the set of settings and credentials",
    "network_origin": "the network origin",
    "public_access_block": "the configuration of Block Public Access",
    "shared_with": "the list of shares",
    "tags": "the set of tags",
    "vpc": "the VPC",
}
OPEN = "unknown:"  # how the keys begin that stand for unknown parts of policies


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not known: why, and the file, page or value that should have said it.

    `whole` tells a whole policy from a statement of one. `element` is the element of a statement
    that is not known, `None` where that is all of it.
    """

    why: str
    source: str = ""
    element: str | None = None
    whole: bool = False

    @classmethod
    def unreadable(cls, fault: str) -> Unknown:
        """Make one of a part that is there and can't be read."""
        return cls(f"{UNREADABLE}: {fault}")

    @property
    def is_unreadable(self) -> bool:
        """Whether the part is there and can't be read."""
        return self.why.startswith(UNREADABLE)

    def to_marker(self) -> dict[str, str]:
        """Write the marker; without a source it has none."""
        return {MARK: self.why, **({SOURCE: self.source} if self.source else {})}


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """An unknown part of a policy that a decision depends on: where it stands, and why.

    `layer` is named as in answers; `statement` counts from 0 and is `None` for a whole policy. With
    a `fact` (a field of the world file), that is not known of the principal or the resource
    (`layer`) with the ARN `policy`.
    """

    layer: str
    policy: str
    statement: int | None
    why: str
    source: str
    fact: str | None = None

    @property
    def what(self) -> str:
        """What is not known, in words."""
        if self.fact is not None:
            return f"{fact_words(self.fact)} of `{self.policy}`"
        part = "" if self.statement is None else f"statement {self.statement + 1} of "
        return f"{part}the policy `{self.policy}`"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as answers hold it."""
        return {
            "layer": self.layer,
            "policy": self.policy,
            "statement": self.statement,
            "why": self.why,
            "source": self.source,
            **({} if self.fact is None else {"fact": self.fact}),
        }


def origin_words(source: str) -> str:
    """Where something should have come from, in brackets: a file, cut where it is long, or the call
    of the AWS CLI that prints it, whole, since somebody will type it."""
    if not source:
        return ""
    return f" (from {quote(source, LONGEST_CALL if source.startswith(CALL) else QUOTE_WIDTH)})"


def fact_words(fact: str) -> str:
    """What a fact is in words: a field of the world file, or `tags/` with the key of a tag."""
    name, _, key = fact.partition("/")
    return f"the tag `{key}`" if key else FACTS[name]


def find_marker(value: object) -> Unknown | None:
    """Read a marker; `None` for any other value."""
    if not isinstance(value, Mapping) or MARK not in value or not {MARK, SOURCE}.issuperset(value):
        return None
    why, source = value[MARK], value.get(SOURCE)
    if not isinstance(why, str) or not isinstance(source, str | None):
        return None
    return Unknown(why, source or "")


def find_unknowns(value: object) -> Iterator[Unknown]:
    """Find every marker inside of plain data, in its order; what stands twice counts once."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Mapping):
            unknown = find_marker(part)
            if unknown is not None:
                yield unknown
            else:
                waiting.extend(reversed(list(part.values())))
        elif isinstance(part, list | tuple):
            waiting.extend(reversed(part))


def open_key(policy: str, unknown: Unknown, index: int, effect: str) -> str:
    """Name what stands in for an unknown part, as the key of its open test.

    The parts of a residual with these keys are no context keys.
    """
    statement = "" if unknown.whole else f"#{index + 1}"
    return f"{OPEN}{policy}{statement}:{effect}"


def is_open_key(key: str) -> bool:
    """Whether a key stands for an unknown part of a policy."""
    return key.startswith(OPEN)
