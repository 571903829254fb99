"""Statements that could carry a condition, and don't.

## What it finds
`service-trust-without-source`: a policy that lets an AWS service in without saying for whose
resource it acts: the confused deputy; also by `Principal` `*` with a condition that services meet.
One that names an account or organization outside is a finding of low severity, and so is one that
names a bucket without `aws:SourceAccount`: its ARN says no account.
`external-id-missing`: a role that trusts a vendor's account without an external id. Whether an
account outside that the role trusts so is a vendor's is unknown, but for the vendors that iamsim
knows; a role that anybody may assume is every vendor's.
`oidc-trust-without-claims`: a role for a web identity provider that serves everybody, without the
claim that tells its customers apart, or asks one that tokens may lack with `IfExists`; `sub` and
`aud` are in every token. Since June 2025 IAM refuses such a role when it is made or changed, and
leaves those that are there.
`saml-trust-without-audience`: a role for SAML whose trust does not ask `SAML:aud`.
`mfa-condition-forgets-keys`: a condition on MFA that a request with a long-term key passes.
Every finding has the statement as it should be.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#use-policy-conditions>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>.

## What it needs
The policies of roles and resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.asking import accounts_named, demands, request_of
from iamsim.audit.model import (
    BY_ADMINISTRATOR,
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Request,
    Severity,
)
from iamsim.audit.policies import ValidatedPolicy, statement_at, with_condition, written_out
from iamsim.audit.registry import audits
from iamsim.audit.sources_of_services import ANYBODY, stranger_served
from iamsim.checks.issuers import ISSUERS
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import match_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.checks.finding import Finding as PolicyFinding
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.world.model import Role

HEADING = "conditions"
DEPUTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
VENDORS = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
)
OIDC = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html"
SAML = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html"
MFA = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"
)
ACCOUNT = "YOUR-ACCOUNT"
MFA_PRESENT = "aws:multifactorauthpresent"
MFA_KEYS = (MFA_PRESENT, "aws:multifactorauthage")
SAML_AUDIENCE = "saml:aud"
STRANGER_AUDIENCES = (
    "https://stranger.example/saml",
    "https://signin.stranger.example/saml",
    "https://signin.aws.amazon.com.stranger.example/saml",
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
SIGN_IN = {
    "aws": "https://signin.aws.amazon.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
}

Condition = dict[str, dict[str, object]]


class _Mended(NamedTuple):
    """A check whose findings are those of `iamsim validate` with these codes: the policies that it
    is about, and the condition that mends them."""

    uses: tuple[PolicyType, ...]
    codes: Mapping[str, Condition | None]


SOURCE: Condition = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
    "ArnLike": {"aws:SourceArn": f"arn:aws:SERVICE:REGION:{ACCOUNT}:RESOURCE"},
}
SERVICE_TRUST = _Mended(
    (PolicyType.TRUST, PolicyType.RESOURCE),
    {
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": SOURCE,
        "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": SOURCE,
        "IAMSIM_SOURCE_OF_STRANGERS": SOURCE,
    },
)
YOUR_ID: Condition = {"StringEquals": {"sts:ExternalId": "YOUR-ID"}}
EXTERNAL_ID = _Mended(
    (PolicyType.TRUST,),
    {"IAMSIM_EXTERNAL_ID_NOT_DEMANDED": YOUR_ID},
)
CLAIMS: Condition = {}
"""What tells the customers of a provider apart: see `_claims`."""
GITHUB: Condition = {
    "StringEquals": {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:ORG/REPO:ref:refs/heads/main",
    }
}
OIDC_TRUST = _Mended(
    (PolicyType.TRUST,),
    {
        "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL": CLAIMS,
        "MISSING_GITHUB_REPO_CONDITION_KEY": GITHUB,
        "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED": GITHUB,
        "IAMSIM_GITHUB_OWNER_WILDCARD": GITHUB,
        "IAMSIM_OIDC_TENANT_NOT_ASKED": CLAIMS,
    },
)
MFA_CONDITION = _Mended(
    (PolicyType.IDENTITY, PolicyType.TRUST, PolicyType.RESOURCE, PolicyType.SERVICE_CONTROL),
    {"IAMSIM_MFA_NOT_ASKED_OF_ACCESS_KEYS": None},
)


def _of_codes(looking: Looking, mended: _Mended) -> Iterator[Outcome]:
    """A finding for each place that a check of policies found; policies without one pass."""
    for validated in looking.validated:
        if validated.use not in mended.uses:
            continue
        some = [finding for finding in validated.findings if finding.code in mended.codes]
        for finding in some:
            place = finding.spans[0] if finding.spans else None
            evidence = [] if place is None else [Evidence("policy", str(place.place))]
            if finding.witness is not None:
                shown = finding.witness
                of_role = validated.use is PolicyType.TRUST
                resource = validated.holder if of_role else shown.resource
                request = Request(shown.principal, shown.action, resource, dict(shown.context))
                by_principal = ":role/" in request.principal or ":user/" in request.principal
                who = BY_ADMINISTRATOR if by_principal else ""
                evidence.insert(0, Evidence("request", who, request))
            yield Finding(
                validated.holder,
                f"policy `{validated.policy.name}`: {finding.message}",
                Fix("policy", _statement(validated, finding, mended.codes[finding.code])),
                validated.account,
                tuple(evidence),
                span=place,
                code=finding.code,
            )
        if not some:
            yield Passed(validated.holder)
    yield from looking.policy_gaps(*mended.uses)


def _statement(
    validated: ValidatedPolicy, found: PolicyFinding, condition: Condition | None
) -> str:
    """The statement with the condition, or with the one that it has mended."""
    path = found.places[0].path if found.places else ()
    if condition is not None:
        if condition is CLAIMS:
            condition = _claims(statement_at(validated.policy.document, path) or {})
        statement = with_condition(validated.policy.document, path, condition)
        return statement.replace(ACCOUNT, validated.account or ACCOUNT)
    return written_out(_asks_keys(statement_at(validated.policy.document, path) or {}))


def _claims(statement: Mapping[str, object]) -> Condition:
    """The audience and the subject of one customer's tokens, as the provider of a statement writes
    them; the audience stays where the statement asks for one."""
    principal = statement.get("Principal")
    provider = principal.get("Federated") if isinstance(principal, dict) else None
    host = str(provider[0] if isinstance(provider, list) and provider else provider)
    host = host.rpartition(":oidc-provider/")[2]
    issuer = ISSUERS.get(host)
    audience, subject = (
        ("YOUR-AUDIENCE", "YOUR-SUBJECT")
        if issuer is None
        else (text.format(tenant="YOUR-NAME") for text in (issuer.audience, issuer.subject))
    )
    claims: dict[str, object] = {f"{host}:aud": audience, f"{host}:sub": subject}
    known = statement.get("Condition")
    asked = known.values() if isinstance(known, dict) else ()
    if any(f"{host}:aud" in keys for keys in asked if isinstance(keys, dict)):
        del claims[f"{host}:aud"]
    return {"StringEquals": claims}


def _asks_keys(statement: dict[str, object]) -> dict[str, object]:
    """A statement whose conditions on MFA hold for requests that don't tell, if it denies, and for
    those that tell alone, if it allows."""
    known = statement.get("Condition")
    mended: dict[str, dict[str, object]] = {}
    denies = statement.get("Effect") == "Deny"
    for operator, keys in (known if isinstance(known, dict) else {}).items():
        for key, value in keys.items():
            name, asked = operator.removesuffix("IfExists"), value
            if key.lower() == MFA_PRESENT and name != "Bool":
                name, asked = "Bool", "false" if denies else "true"
            if key.lower() not in MFA_KEYS:
                name = operator
            elif denies:
                name += "IfExists"
            mended.setdefault(name, {})[key] = asked
    return {**statement, "Condition": mended}


@audits(
    "service-trust-without-source",
    HEADING,
    "Services are let in for one's own resources alone",
    Severity.MEDIUM,
    DEPUTY,
)
def service_trust(looking: Looking) -> Iterator[Outcome]:
    """Services that may act for anybody, or for somebody outside."""
    found = {validated.holder for validated in looking.validated if _has(validated, SERVICE_TRUST)}
    for held in looking.held:
        if held.use not in SERVICE_TRUST.uses or held.holder in found:
            continue
        for statement in looking.statements(held.policy, held.use):
            shown = None if statement.denies else stranger_served(looking, held, statement)
            if shown is None:
                continue
            question, whose = shown
            request = request_of(question)
            yield Finding(
                held.holder,
                f"statement {statement.index + 1} of `{held.policy.name}` lets"
                f" {question.principal} in for {whose}",
                Fix(
                    "policy",
                    with_condition(
                        getattr(held.policy, "document", {}),
                        statement.path,
                        {"StringEquals": {"aws:SourceAccount": held.account}},
                    ),
                ),
                held.account,
                (Evidence("request", "", request),),
                Severity.LOW if whose != ANYBODY else None,
                span=statement.source.span(statement.path),
            )
    yield from _of_codes(looking, SERVICE_TRUST)


@audits(
    "external-id-missing", HEADING, "Vendors are asked for an external id", Severity.HIGH, VENDORS
)
def external_id(looking: Looking) -> Iterator[Outcome]:
    """Vendors that may act for any customer, and accounts of which nobody says whose they are."""
    found = {validated.holder for validated in looking.validated if _has(validated, EXTERNAL_ID)}
    for _, role in looking.roles:
        if role.arn in found:
            continue
        for statement in looking.statements(role.trust, PolicyType.TRUST):
            if statement.denies or statement.principals is None or _asks_id(statement):
                continue
            granted = statement.principals.granted
            named = {*map(_account_of, granted)} - {""}
            if "*" in granted:
                named |= accounts_named([statement])
                if not named:
                    yield from _vendors_among_all(looking, role, statement)
            for account in sorted(named):
                if account not in looking.model.accounts | looking.model.index.nodes:
                    what = f"whether {account}, which may assume the role, is a vendor's account"
                    yield Gap(role.arn, what, "", "ask `sts:ExternalId`, or suppress this")
    yield from _of_codes(looking, EXTERNAL_ID)


def _vendors_among_all(
    looking: Looking, role: Role, statement: CompiledStatement
) -> Iterator[Outcome]:
    """What a statement for everybody that asks no external id lets in, by the analyzer: anybody, or
    some of whom nobody says whose they are."""
    span = statement.source.span(statement.path)
    found = [
        finding
        for finding in looking.external.findings
        if finding.resource == role.arn
        and finding.span is not None
        and span.start <= finding.span.start
        and finding.span.end <= span.end
    ]
    if any(finding.is_public for finding in found):
        document = getattr(role.trust, "document", {})
        yield Finding(
            role.arn,
            f"statement {statement.index + 1} of its trust policy lets every vendor in, for any"
            " customer",
            Fix("policy", with_condition(document, statement.path, YOUR_ID)),
            role.account,
            (Evidence("policy", str(span.place)),),
            span=span,
        )
    elif found:
        what = f"whether those whom statement {statement.index + 1} lets in are a vendor's accounts"
        yield Gap(role.arn, what, "", "ask `sts:ExternalId`, or suppress this")


def _has(validated: ValidatedPolicy, mended: _Mended) -> bool:
    return any(finding.code in mended.codes for finding in validated.findings)


def _asks_id(statement: CompiledStatement) -> bool:
    return demands(statement, lambda key: key == "sts:externalid")


def _account_of(name: str) -> str:
    """The account of a principal of a compiled policy; nothing for a service, or for everybody."""
    kind, _, text = name.partition(":")
    if kind == "account":
        return text
    arn = find_arn(text) if kind == "aws" else None
    return "" if arn is None else arn.account


@audits(
    "oidc-trust-without-claims",
    HEADING,
    "Roles for shared providers ask whose token it is",
    Severity.HIGH,
    OIDC,
)
def oidc(looking: Looking) -> Iterator[Outcome]:
    """Providers of everybody whose claims nobody asks."""
    yield from _of_codes(looking, OIDC_TRUST)


@audits(
    "mfa-condition-forgets-keys",
    "mfa",
    "Conditions on MFA hold for long-term keys, too",
    Severity.HIGH,
    MFA,
)
def mfa_conditions(looking: Looking) -> Iterator[Outcome]:
    """Conditions on MFA that long-term keys pass."""
    for validated in looking.validated:
        if validated.use not in MFA_CONDITION.uses or _has(validated, MFA_CONDITION):
            continue
        statements = looking.statements(validated.policy, validated.use)
        denied = any(_lets_keys(entry) is False for entry in statements if entry.denies)
        for statement in statements:
            if not _lets_keys(statement) or (statement.denies and denied):
                continue
            span = statement.source.span(statement.path)
            key = next(test.written_key for test in statement.conditions if test.key in MFA_KEYS)
            raw = statement_at(validated.policy.document, statement.path) or {}
            yield Finding(
                validated.holder,
                f"policy `{validated.policy.name}`: requests with long-term access keys carry no"
                f" `{key}`, and pass",
                Fix("policy", written_out(_asks_keys(raw))),
                validated.account,
                (Evidence("policy", str(span.place)),),
                span=span,
                code=next(iter(MFA_CONDITION.codes)),
            )
    yield from _of_codes(looking, MFA_CONDITION)


def _lets_keys(statement: CompiledStatement) -> bool | None:
    """Whether a request with a long-term key passes what a statement asks of MFA: an Allow holds
    for it, or a Deny for those without MFA does not; `None` where nothing is asked of MFA."""
    tests = [test for test in statement.conditions if test.key in MFA_KEYS]
    if not tests or any(test.keys != (test.key,) for test in tests):
        return None
    untold = all(test.test({}) for test in tests)
    if not statement.denies:
        return untold
    without: dict[str, ContextValue] = {MFA_PRESENT: "false"}
    if untold or not all(test.test(without) for test in tests if test.key == MFA_PRESENT):
        return False if untold else None
    return True


def _names_audience(value: str) -> bool:
    """Whether a value leaves the audiences of strangers out."""
    return not any(match_tokens(tokenize(value), stranger) for stranger in STRANGER_AUDIENCES)


@audits(
    "saml-trust-without-audience", HEADING, "Roles for SAML ask the audience", Severity.MEDIUM, SAML
)
def saml(looking: Looking) -> Iterator[Outcome]:
    """Trust in SAML without an audience."""
    for account, role in looking.roles:
        some = [
            statement
            for statement in looking.statements(role.trust, PolicyType.TRUST)
            if not statement.denies
            and statement.principals is not None
            and any(":saml-provider/" in name for name in statement.principals.granted)
        ]
        open_ = [
            statement
            for statement in some
            if not demands(
                statement,
                lambda key: key == SAML_AUDIENCE,
                _names_audience,
            )
        ]
        if some and not open_:
            yield Passed(role.arn)
        document = getattr(role.trust, "document", {})
        for statement in open_:
            span = statement.source.span(statement.path)
            yield Finding(
                role.arn,
                f"statement {statement.index + 1} of its trust policy takes assertions for any"
                " audience",
                Fix(
                    "policy",
                    with_condition(
                        document,
                        statement.path,
                        {"StringEquals": {"SAML:aud": SIGN_IN.get(account.partition, "AUDIENCE")}},
                    ),
                ),
                account.id,
                (Evidence("policy", str(span.place)),),
                span=span,
            )
