"""What the proof of a guardrail gives: a pass, a gap, or a finding with the policy that holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.audit.model import (
    BY_ADMINISTRATOR,
    WHERE_LET_IN,
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Request,
)
from iamsim.audit.policies import written_out
from iamsim.proofs.result import Verdict

if TYPE_CHECKING:
    from iamsim.audit.guardrails import Guardrail, GuardrailProver
    from iamsim.audit.looking import Looking

PRINCIPAL = "aws:PrincipalArn"


def proved(
    looking: Looking, guardrail: Guardrail, subject: str, about: tuple[str, ...] = ()
) -> Outcome:
    """What a proof gives, about these members or about all."""
    result = looking.guardrails.prove(guardrail, about)
    if result.verdict is Verdict.PASS:
        return Passed(subject)
    if result.verdict is Verdict.UNKNOWN or result.witness is None:
        why = f"whether the guardrail holds: {result.why_unknown or 'it was not proved'}"
        return Gap(subject, why, "organizations/", "")
    witness = result.witness
    context = {str(key): str(value) for key, value in dict(witness.get("context", {})).items()}
    request = Request(witness["principal"], witness["action"], witness["resource"], context)
    where = request.resource if guardrail.of_resources else request.principal
    member, alike = next(
        (
            (name, some)
            for name, some in looking.guardrails.alike.items()
            if name in where  # the name of a bucket has no account but ours
        ),
        ("", ()),
    )
    further = len(alike) - 1
    others = (
        f", and so in {further} other account{'s' if further > 1 else ''}" if further > 0 else ""
    )
    controls = (
        f" (AWS Control Tower: {', '.join(guardrail.controls)})" if guardrail.controls else ""
    )
    who = WHERE_LET_IN if guardrail.of_resources else BY_ADMINISTRATOR
    if request.principal.endswith(":root"):
        who = ""
    return Finding(
        subject,
        f"{request.action} is possible in {member}{others}{controls}",
        Fix("policy", written_out(policy_that_holds(looking.guardrails, guardrail))),
        evidence=(Evidence("request", who, request),),
        span=None if looking.model.organization is None else looking.model.organization.span,
    )


def policy_that_holds(guardrails: GuardrailProver, guardrail: Guardrail) -> object:
    """A policy of the organization that would hold the guardrail."""
    exempt = guardrails.exempt_from(guardrail)
    condition: dict[str, object] = dict(guardrail.condition or {})
    if exempt:
        condition = {"ArnNotLike": {PRINCIPAL: exempt}, **condition}
    if guardrail.root:
        condition = {"ArnLike": {PRINCIPAL: "arn:*:iam::*:root"}}
    words = re.split("[._-]", guardrail.id)
    statement = {
        "Sid": "".join(word.capitalize() for word in words),
        "Effect": "Deny",
        **({"Principal": "*"} if guardrail.of_resources else {}),
        **_actions(guardrail),
        "Resource": "*" if guardrail.resources == ("*",) else list(guardrail.resources),
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _actions(guardrail: Guardrail) -> dict[str, object]:
    """The element of a policy that names what a guardrail is about."""
    if guardrail.spared:
        return {"NotAction": list(guardrail.spared)}
    everything = guardrail.actions == ("*",)
    return {"Action": "*" if everything else list(guardrail.actions)}
