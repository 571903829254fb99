"""What dangles in a world: things that are named and not there, and things that nothing names.

Everything is looked at, so that one fault hides no other; what is found is sorted by place.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from iamsim.catalog.managed import find_managed_policy, suggest
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.errors import IamsimError
from iamsim.core.span import Span
from iamsim.core.unknown import origin_words
from iamsim.engine.documents import NOT_SHIPPED, PolicyLibrary
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.unknowns import unknowns_of
from iamsim.importers.sums import unverified_sentence
from iamsim.query.world_inline import inline_lengths
from iamsim.query.world_lint_denies import idle_denies
from iamsim.query.world_lint_principals import missing_principals
from iamsim.world.builtin import BUILT_IN_POLICIES
from iamsim.world.laying_tree import node_ids
from iamsim.world.model import Account, AnyPolicy, ManagedPolicyReference, PolicyDocument, World


class LintSeverity(Enum):
    """How much a finding matters: an `ERROR` makes answers wrong, a `WARNING` may, a `NOTE` is of
    no consequence for answers."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class LintFinding(NamedTuple):
    """Something that dangles, where it is written, and what would be right."""

    severity: LintSeverity
    code: str
    message: str
    span: Span | None
    hint: str | None = None

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """By file and place."""
        if self.span is None:
            return "", 0, 0, self.code, self.message
        span = self.span
        return span.source.name, span.line, span.column, self.code, self.message


def lint_world(model: World) -> list[LintFinding]:
    """Find what dangles in a world that was loaded with ``strict=False``."""
    findings = [
        LintFinding(LintSeverity.ERROR, problem.code, problem.message, problem.span, problem.hint)
        for problem in (*model.problems, *model.lost)
    ]
    findings += _unknowns(model)
    findings += _unverified(model)
    findings += _broken_policies(model)
    findings += _organization(model)
    findings += _nodes(model)
    for account in model.accounts.values():
        findings += _account(account, model)
    findings += _unused(model)
    for message, span in missing_principals(model):
        findings.append(LintFinding(LintSeverity.WARNING, "principal-not-there", message, span))
    for message, span in idle_denies(model):
        findings.append(LintFinding(LintSeverity.WARNING, "deny-that-does-nothing", message, span))
    return sorted(dict.fromkeys(findings), key=lambda entry: entry.order)


def _unknowns(model: World) -> Iterator[LintFinding]:
    """What the world itself says is not known."""
    lost = {world_error.message for world_error in model.lost}
    for unknown in unknowns_of(model, PolicyLibrary()):
        why, source = unknown.unknown.why, unknown.unknown.source
        if why not in {*lost, NOT_SHIPPED} and not unknown.unknown.is_unreadable:
            origin = origin_words(source)
            yield LintFinding(
                LintSeverity.WARNING,
                "not-known",
                f"{unknown.what} is not known{origin}: {why}",
                unknown.span,
                "answers that it could change are conditional",
            )


def _unverified(model: World) -> Iterator[LintFinding]:
    """That nothing says whether what the world was imported from is whole."""
    if model.unverified:
        message = unverified_sentence(model.unverified)
        yield LintFinding(LintSeverity.NOTE, "not-verified", message, None)


def _broken_policies(model: World) -> Iterator[LintFinding]:
    """Policies that can't be read as what they are used for, and AWS managed ones not known."""
    library = PolicyLibrary(strict=True)
    for policy, policy_type in policies_in_use(model):
        if isinstance(policy, ManagedPolicyReference) and find_managed_policy(policy.arn) is None:
            close = suggest(policy.name)
            yield LintFinding(
                LintSeverity.ERROR,
                "unknown-managed-policy",
                f"no AWS managed policy `{policy.arn}` is known",
                policy.span,
                f"did you mean `{close[0]}`?" if close else None,
            )
            continue
        try:
            library.compiled(policy, policy_type)
        except IamsimError as error:
            yield LintFinding(LintSeverity.ERROR, error.code, error.message, error.span, error.hint)


def _organization(model: World) -> Iterator[LintFinding]:
    """Accounts that the organization names and nobody describes, and nodes that allow nothing."""
    organization = model.organization
    if organization is None:
        return
    management = organization.management_account
    if management is None:
        yield LintFinding(
            LintSeverity.WARNING,
            "management-account-not-known",
            "the organization has no `management_account`: control policies count for all accounts",
            organization.span,
        )
    named = dict.fromkeys(
        (*organization.delegated_administrators, *organization.delegated_services)
    )
    for account in [*([] if management is None else [management]), *named]:
        if account not in model.accounts and account != management:
            yield _no_account(account, "is a delegated administrator", organization.span)
        if account in named and not model.in_organization(account):
            yield LintFinding(
                LintSeverity.WARNING,
                "account-outside",
                f"the delegated administrator `{account}` is in no node of the organization",
                organization.span,
            )


def _nodes(model: World) -> Iterator[LintFinding]:
    """What hangs in the tree, and what should."""
    organization = model.organization
    if organization is None or organization.root is None:
        return
    management = organization.management_account
    for node, _ in node_ids(organization.root):
        for index, account in enumerate(node.accounts):
            if account not in model.accounts and account != management:
                place = node.source.span((*node.position, "accounts", index))
                yield _no_account(account, f"stands in the node `{node.name}`", place)
        if node.scps == ():
            yield LintFinding(
                LintSeverity.WARNING,
                "node-allows-nothing",
                f"no service control policy is attached to `{node.name}`: nothing is allowed below",
                node.source.span((*node.position, "scps")),
                "AWS keeps one attached: leave `scps` out for FullAWSAccess",
            )
    for account_id, known in model.accounts.items():
        if not model.in_organization(account_id):
            yield LintFinding(
                LintSeverity.NOTE,
                "account-outside",
                f"the account `{account_id}` is in no node of the organization",
                known.span,
            )


def _no_account(account: str, role: str, span: Span) -> LintFinding:
    return LintFinding(
        LintSeverity.NOTE,
        "account-not-described",
        f"the account `{account}` {role}, and the world says nothing else of it",
        span,
    )


def _account(account: Account, model: World) -> Iterator[LintFinding]:
    """What the records of one account name that is not there."""
    for role in account.roles.values():
        if role.trust is None:
            yield LintFinding(
                LintSeverity.WARNING,
                "role-without-trust-policy",
                f"the role `{role.name}` of `{account.id}` has no trust policy",
                role.span,
            )
    for length in inline_lengths(account, model):
        if length.used > length.limit:
            yield LintFinding(
                LintSeverity.WARNING,
                "inline-policies-too-long",
                f"the inline policies of the {length.kind} `{length.holder.name}` of `{account.id}`"
                f" have {length.used:,} characters together, {length.used - length.limit:,} more"
                f" than the quota {length.limit:,}",
                length.holder.span,
                "make some of them managed policies; IAM counts no white space",
            )
    members = {name for user in account.users.values() for name in user.groups}
    for group in account.groups.values():
        if group.name not in members:
            yield LintFinding(
                LintSeverity.NOTE,
                "group-without-users",
                f"the group `{group.name}` of `{account.id}` has no users",
                group.span,
            )
    for resource in account.resources.values():
        for field, named in (
            *(("bucket", bucket) for bucket in resource.buckets),
            ("kms_key", resource.kms_key),
        ):
            arn = None if named is None else find_arn(named)
            if named is None or arn is None or model.find_resource(named) is not None:
                continue
            if arn.account in model.accounts or not is_account_id(arn.account):
                yield LintFinding(
                    LintSeverity.WARNING,
                    "resource-not-there",
                    f"`{named}`, which is the {FIELDS[field]} of `{resource.arn}`, is not listed",
                    resource.source.span((*resource.position, field)),
                )


FIELDS = {"bucket": "bucket", "kms_key": "key"}


def _unused(model: World) -> Iterator[LintFinding]:
    """Policies under a name that are attached to nothing."""
    used = {
        (policy.name, id(policy.document))
        for policy, _ in policies_in_use(model)
        if isinstance(policy, PolicyDocument)
    }
    for account in model.accounts.values():
        for name, policy in account.policies.items():
            if _is_unused(policy, used):
                yield LintFinding(
                    LintSeverity.NOTE,
                    "policy-not-attached",
                    f"the policy `{name}` of `{account.id}` is attached to nothing",
                    _place(policy),
                )
    for name, policy in model.policies.items():
        if _is_unused(policy, used):
            yield LintFinding(
                LintSeverity.NOTE,
                "policy-not-attached",
                f"the shared policy `{name}` is attached to nothing",
                _place(policy),
            )


def _is_unused(policy: AnyPolicy, used: set[tuple[str, int]]) -> bool:
    if not isinstance(policy, PolicyDocument) or policy.name in BUILT_IN_POLICIES:
        return False
    return (policy.name, id(policy.document)) not in used


def _place(policy: AnyPolicy) -> Span:
    return policy.source.span(()) if isinstance(policy, PolicyDocument) else policy.span
