"""What may differ between AWS and a question as asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Layer
    from iamsim.engine.question import Question


class DifferenceKind(Enum):
    """What differs between AWS and the question as asked."""

    KEY_ABSENT = "key-absent"
    KEY_VALUE = "key-value"  # a value that a policy mentions
    KEY_OTHER_VALUE = "key-other-value"  # a value that no policy mentions
    VPC_ENDPOINT = "vpc-endpoint"
    NO_VPC_ENDPOINT = "no-vpc-endpoint"
    OTHER_OWNER = "other-owner"  # the resource belongs to another account
    PUBLIC_ACCESS_BLOCKED = "public-access-blocked"  # by the bucket, its account or organization
    POLICY_MISSING = "policy-missing"  # the world has no policy of this type here
    POLICY_DIFFERS = "policy-differs"  # the world has one, and AWS has another


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One change after which the answer is what AWS said: with `answer`, by the engine.

    `key` with `values` is the context key, `name` the endpoint or account, `layer` the policy type.
    `rank` orders: the likeliest has the lowest. Of two changes that only together make the answer
    what AWS said, `also` is the second; `question` and `answer` are those with both.
    """

    kind: DifferenceKind
    question: Question
    rank: int
    key: str | None = None
    values: tuple[str, ...] = ()
    name: str | None = None
    layer: Layer | None = None
    answer: Answer | None = None
    also: Difference | None = None

    @property
    def stands_in(self) -> bool:
        """Whether the change is a made-up policy, in the place of one that nobody here knows."""
        return self.kind in {DifferenceKind.POLICY_MISSING, DifferenceKind.POLICY_DIFFERS}

    @property
    def about(self) -> tuple[object, ...]:
        """What is changed; of several values for one key the likeliest is enough."""
        kind = DifferenceKind.KEY_VALUE if self.values else self.kind
        endpoint = self.name if kind is DifferenceKind.VPC_ENDPOINT else None
        return kind, self.key, endpoint, self.layer
