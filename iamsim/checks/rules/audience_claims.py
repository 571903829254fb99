"""A set operator on the audience claim.

## What it finds
`ForAnyValue` on the `aud` claim of a provider whose tokens have one audience; any set operator on
the `aud` claim of other providers, where only you can know whether it may have several values.

## Why it matters
A set operator on a claim with one value invites the wrong reading: `ForAllValues` also holds when
the claim is absent, and `ForAnyValue` says that one audience of many is enough.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

ONE_AUDIENCE = frozenset(
    {
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "token.actions.githubusercontent.com",
        "www.amazon.com",
    }
)


@checks("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", "CONFIRM_AUDIENCE_CLAIM_TYPE")
def audience_with_set_operator(policy: PolicyView) -> Findings:
    """The audience claim of each provider."""
    if not policy.is_trust:
        return
    for _, condition in policy.conditions():
        provider, _, claim = condition.lower.rpartition(":")
        set_operator = condition.operator.set_operator
        if claim != "aud" or set_operator is None or "." not in provider:
            continue
        place = condition.operator_path
        if provider in ONE_AUDIENCE or provider.startswith("oidc.eks."):
            if set_operator == "ForAnyValue":
                message = f"`{condition.key}` has one value: `ForAnyValue` does not fit"
                hint = "take the set operator out"
                code = "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE"
                yield policy.finding(code, message, place, hint=hint)
        else:
            message = f"does `{condition.key}` have several values?"
            hint = "if tokens of this provider have one audience, take the set operator out"
            yield policy.finding("CONFIRM_AUDIENCE_CLAIM_TYPE", message, place, hint=hint)
