"""A policy as checks see it: everything that can be understood, nothing refused; and which checks
there are.

`iamsim.syntax` raises at the first fault; validation must go on, so what is malformed is left out
here, and stays in `raw` for the checks that look for it. A module of `iamsim.checks.rules` declares
its checks with `checks`; its docstring is the page of their codes in ``docs/reference/checks``.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.finding import Finding, Place
from iamsim.core.decision import PolicyType

if TYPE_CHECKING:
    from iamsim.checks.reference import Reference
    from iamsim.checks.shown import Witness
    from iamsim.core.span import Path, Source
    from iamsim.syntax.ast import Entries, Principals, Value
    from iamsim.syntax.operators import OperatorName

IDENTITY_TYPES = frozenset(
    {PolicyType.IDENTITY, PolicyType.PERMISSIONS_BOUNDARY, PolicyType.SESSION}
)
WITH_PRINCIPAL = frozenset(
    {
        PolicyType.RESOURCE,
        PolicyType.TRUST,
        PolicyType.RESOURCE_CONTROL,
        PolicyType.VPC_ENDPOINT,
    }
)
WITH_VARIABLES = "2012-10-17"


class ConditionView(NamedTuple):
    """One known operator on one key: `values` are those that can be read as text.

    `written` is the operator as written, `key` the key as written, `path` leads to the values.
    """

    operator: OperatorName
    written: str
    key: str
    values: tuple[Value, ...]
    path: Path
    raw: object

    @property
    def lower(self) -> str:
        """The key in lower case, in which keys are compared."""
        return self.key.lower()

    @property
    def key_path(self) -> Path:
        """The path of the key itself."""
        return (*self.path, "#key")

    @property
    def operator_path(self) -> Path:
        """The path of the operator."""
        return (*self.path[:-1], "#key")


@dataclass(frozen=True, slots=True)
class StatementView:
    """One statement; an element that is absent or malformed is `None` or empty."""

    index: int
    path: Path
    raw: Mapping[str, object]
    effect: str | None
    sid: Value | None
    principals: Principals | None
    actions: Entries | None
    resources: Entries | None
    conditions: tuple[ConditionView, ...]

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.effect == "Allow"

    @property
    def denies(self) -> bool:
        """Whether the effect is Deny."""
        return self.effect == "Deny"

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys, in lower case."""
        return frozenset(condition.lower for condition in self.conditions)

    def element(self, name: str, *, key: bool = False) -> Path:
        """Give the path of an element of the statement, or of its name."""
        return (*self.path, name, "#key") if key else (*self.path, name)


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy document with what it is used as.

    `resource_type` is AWS's name of what a resource-based policy is attached to, such as
    ``AWS::S3::Bucket``, where that is known.
    """

    raw: object
    source: Source
    policy_type: PolicyType
    resource_type: str | None
    version: str | None
    statements: tuple[StatementView, ...]
    reference: Reference = field(repr=False)

    @property
    def has_variables(self) -> bool:
        """Whether ``${...}`` means a policy variable."""
        return self.version == WITH_VARIABLES

    @property
    def is_identity(self) -> bool:
        """Whether the policy says what its owner may do, without naming principals."""
        return self.policy_type in IDENTITY_TYPES

    @property
    def is_trust(self) -> bool:
        """Whether this is a role trust policy."""
        return self.policy_type is PolicyType.TRUST

    @property
    def is_rcp(self) -> bool:
        """Whether this is a resource control policy."""
        return self.policy_type is PolicyType.RESOURCE_CONTROL

    @property
    def is_scp(self) -> bool:
        """Whether this is a service control policy."""
        return self.policy_type is PolicyType.SERVICE_CONTROL

    def conditions(self) -> Iterator[tuple[StatementView, ConditionView]]:
        """Go through all conditions of all statements."""
        for statement in self.statements:
            for condition in statement.conditions:
                yield statement, condition

    def finding(
        self,
        code: str,
        message: str,
        *places: Path | Place,
        hint: str | None = None,
        dated: bool = False,
        tentative: bool = False,
        witness: Witness | None = None,
        kept: Path | None = None,
    ) -> Finding:
        """Make a finding at paths or places; `dated` says that it rests on the reference,
        `tentative` that it rests on what the reference does not list, `kept` is a place that stays
        when the finding is mended."""
        return Finding(
            code,
            message,
            tuple(place if isinstance(place, Place) else Place(place) for place in places),
            self.source,
            hint,
            self.reference.snapshot if dated else None,
            tentative=tentative,
            witness=witness,
            kept=kept,
        )


Findings = Iterator[Finding]
Check = Callable[[PolicyView], Findings]


class RegisteredCheck(NamedTuple):
    """A check, the codes that it may give, and the module that documents them."""

    codes: tuple[str, ...]
    run: Check
    module: str


CHECKS: list[RegisteredCheck] = []
"""All checks, in the order in which their modules are loaded."""


def checks(*codes: str) -> Callable[[Check], Check]:
    """Register a function as the check that gives these codes."""

    def register(run: Check) -> Check:
        CHECKS.append(RegisteredCheck(codes, run, run.__module__))
        return run

    return register
