"""Answers made by hand for the tests of `iamsim.report`, so that each word has one cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.decision import Decision, Layer, Outcome, StatementReference, Verdict
from iamsim.core.explanation import (
    ClauseExplanation,
    ContextEntry,
    Decider,
    Element,
    Explanation,
    LayerExplanation,
    MissingKey,
    NearMiss,
    Origin,
    PolicyExplanation,
    StatementExplanation,
    WayExplanation,
)
from iamsim.core.json_text import locate_json
from iamsim.core.reason import Note, Reason
from iamsim.core.span import Source

if TYPE_CHECKING:
    from iamsim.core.answer import Residual

POLICY_TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadOnly",
      "Effect": "Allow",
      "Action": ["s3:Get*", "s3:List*"],
      "Resource": "arn:aws:s3:::reports/*",
      "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    },
    {"Effect": "Deny", "Action": "*", "Resource": "*"}
  ]
}
"""
SOURCE = Source("policies/dev.json", POLICY_TEXT, locate_json)
RESOURCE = "arn:aws:s3:::reports/2026.csv"
PRINCIPAL = "arn:aws:iam::111122223333:role/dev"


def clause(
    element: Element,
    pattern: str,
    value: str | None,
    *path: str | int,
    matched: bool,
    reason: Reason | None = None,
    **more: str,
) -> ClauseExplanation:
    """Make a clause that stands at `path` of the sample policy."""
    default = Reason.MATCHED if matched else Reason.PATTERN_MISMATCH
    return ClauseExplanation(
        element, pattern, value, matched, reason or default, SOURCE, ("Statement", *path), **more
    )


def read_only(*, action: str = "s3:putobject", vpc: str | None = "vpc-1") -> StatementExplanation:
    """The first statement of the sample policy, held against an action and a VPC."""
    reads = action.startswith("s3:get")
    same_vpc = vpc == "vpc-1"
    clauses = (
        clause(Element.ACTION, "s3:Get*", action, 0, "Action", 0, matched=reads),
        clause(Element.ACTION, "s3:List*", action, 0, "Action", 1, matched=False),
        clause(Element.RESOURCE, "arn:aws:s3:::reports/*", RESOURCE, 0, "Resource", matched=True),
        clause(
            Element.CONDITION,
            "vpc-1",
            vpc,
            *(0, "Condition", "StringEquals", "aws:SourceVpc"),
            matched=same_vpc,
            reason=Reason.MATCHED if same_vpc else missing_reason(vpc),
            operator="StringEquals",
            key="aws:SourceVpc",
        ),
    )
    return StatementExplanation(
        index=0,
        sid="ReadOnly",
        effect="Allow",
        matched=reads and same_vpc,
        elements=(
            (Element.ACTION, reads),
            (Element.RESOURCE, True),
            (Element.CONDITION, same_vpc),
        ),
        clauses=clauses,
        source=SOURCE,
        path=("Statement", 0),
        missing=("aws:SourceVpc",) if vpc is None else (),
    )


def missing_reason(vpc: str | None) -> Reason:
    """Why the condition of the sample fails."""
    return Reason.KEY_ABSENT if vpc is None else Reason.VALUE_MISMATCH


def deny_all() -> StatementExplanation:
    """The second statement of the sample policy, which matches everything."""
    return StatementExplanation(
        index=1,
        sid=None,
        effect="Deny",
        matched=True,
        elements=((Element.ACTION, True), (Element.RESOURCE, True)),
        clauses=(
            clause(Element.ACTION, "*", "s3:putobject", 1, "Action", matched=True),
            clause(Element.RESOURCE, "*", RESOURCE, 1, "Resource", matched=True),
        ),
        source=SOURCE,
        path=("Statement", 1),
    )


def layer(
    kind: Layer,
    outcome: Outcome,
    reason: Reason,
    *statements: StatementExplanation,
    level: str | None = None,
) -> LayerExplanation:
    """Make a layer that holds one policy with these statements, or none."""
    policies = (PolicyExplanation("dev", SOURCE, statements),) if statements else ()
    return LayerExplanation(kind, outcome, reason, policies, level)


def answer(
    verdict: Verdict,
    *deciders: Decider,
    layers: tuple[LayerExplanation, ...] = (),
    ways: tuple[WayExplanation, ...] = (),
    relation: Reason = Reason.SAME_ACCOUNT,
    reason: Reason | None = None,
    action: str = "s3:PutObject",
    resource: str = RESOURCE,
    principal: str = PRINCIPAL,
    given: dict[str, str | tuple[str, ...]] | None = None,
    context: tuple[ContextEntry, ...] = (),
    missing: tuple[MissingKey, ...] = (),
    notes: tuple[Note, ...] = (),
    residual: Residual | None = None,
) -> Answer:
    """Put an answer together."""
    reasons = {
        Verdict.ALLOWED: Reason.ALLOWED,
        Verdict.EXPLICIT_DENY: Reason.EXPLICITLY_DENIED,
        Verdict.IMPLICIT_DENY: Reason.NO_WAY_IN,
        Verdict.CONDITIONAL: Reason.DEPENDS_ON_UNKNOWN,
    }
    statements = tuple(
        StatementReference(
            decider.layer,
            decider.policy or "dev",
            decider.statement.index,
            decider.statement.sid,
            decider.statement.effect,
            decider.statement.source,
            decider.statement.path,
        )
        for decider in deciders
        if decider.statement is not None
    )
    first = deciders[0].layer if deciders else None
    explanation = Explanation(relation, layers, ways, deciders, context, missing, notes)
    return Answer(
        RequestRecord(principal, action, resource, given or {}),
        Decision(verdict, reason or reasons[verdict], first, statements),
        residual,
        lambda: explanation,
    )


def near_miss_answer(**statement: str | None) -> Answer:
    """An implicit denial by the identity-based policies, with a near miss."""
    near = read_only(**statement)  # type: ignore[arg-type]  # passed on
    return answer(
        Verdict.IMPLICIT_DENY,
        Decider(
            Layer.IDENTITY_BASED_POLICY,
            Reason.NO_STATEMENT_ALLOWS,
            near=NearMiss("dev", near, near.failed_elements),
        ),
        layers=(
            layer(
                Layer.SERVICE_CONTROL_POLICY,
                Outcome.NOT_APPLICABLE,
                Reason.NOT_PRESENT,
            ),
            layer(Layer.RESOURCE_BASED_POLICY, Outcome.IMPLICIT_DENY, Reason.NO_POLICY),
            layer(
                Layer.IDENTITY_BASED_POLICY,
                Outcome.IMPLICIT_DENY,
                Reason.NO_STATEMENT_ALLOWS,
                near,
            ),
        ),
        ways=(
            WayExplanation(
                "resource-based-policy",
                (Layer.RESOURCE_BASED_POLICY,),
                open=False,
                blocked_by=(Layer.RESOURCE_BASED_POLICY,),
            ),
            WayExplanation(
                "identity-based-policy",
                (Layer.IDENTITY_BASED_POLICY, Layer.PERMISSIONS_BOUNDARY),
                open=False,
                blocked_by=(Layer.IDENTITY_BASED_POLICY,),
            ),
        ),
        context=(
            ContextEntry(
                "aws:PrincipalArn", (PRINCIPAL,), multivalued=False, origin=Origin("principal")
            ),
        ),
        given={"aws:SourceIp": "203.0.113.7", "aws:TagKeys": ("a", "b")},
        missing=(MissingKey("aws:SourceVpc", (Layer.IDENTITY_BASED_POLICY,), matters=True),),
        notes=(Note.IPV6_WITHOUT_PREFIX,),
    )


def denied_answer(
    kind: Layer = Layer.SERVICE_CONTROL_POLICY, policy: str = "Guard", **more: object
) -> Answer:
    """An explicit denial by one statement."""
    statement = deny_all()
    decider = Decider(kind, Reason.STATEMENT_DENIES, policy, statement)
    more.setdefault(
        "layers", (layer(kind, Outcome.EXPLICIT_DENY, Reason.STATEMENT_DENIES, statement),)
    )
    return answer(Verdict.EXPLICIT_DENY, decider, **more)  # type: ignore[arg-type]


def allowed_answer() -> Answer:
    """An allowed request, by one statement."""
    statement = read_only(action="s3:getobject")
    decider = Decider(Layer.IDENTITY_BASED_POLICY, Reason.STATEMENT_ALLOWS, "dev", statement)
    layers = (
        *(
            layer(
                Layer.SERVICE_CONTROL_POLICY,
                Outcome.ALLOW,
                Reason.STATEMENT_ALLOWS,
                statement,
                level=level,
            )
            for level in ("Root", "Workloads")
        ),
        layer(Layer.IDENTITY_BASED_POLICY, Outcome.ALLOW, Reason.STATEMENT_ALLOWS, statement),
    )
    return answer(Verdict.ALLOWED, decider, layers=layers, action="s3:GetObject")
