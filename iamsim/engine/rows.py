"""Which relation a request is: one row of the table of ways in.

The rows, in the order in which they are tried, are those of ``docs/explanation/evaluation.md``.
What single actions have for themselves says the catalog (`iamsim.catalog.rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.rules import CALLER_IDENTITY
from iamsim.core.reason import Note
from iamsim.core.request import CallerKind
from iamsim.engine import relations as known
from iamsim.engine.relations import ResourceKind
from iamsim.engine.services import kms, organizations, sts

if TYPE_CHECKING:
    from iamsim.engine.encounter import Encounter
    from iamsim.engine.formula import Relation

ADMINISTRATORS = frozenset({"management?", "organization?", "delegated?"})


def _is(kind: CallerKind) -> Callable[[Encounter], bool]:
    """A row about one kind of caller."""
    return lambda met: met.caller.kind is kind


# What lets no caller of an account in by a resource-based policy.
_IDENTITY_ALONE = ("identity-only", "services-only")


def _is_always_allowed(met: Encounter) -> bool:
    return met.action == CALLER_IDENTITY


def _has_no_policy(met: Encounter) -> bool:
    return met.rules.granted == "no-policy"


def _must_sign(met: Encounter) -> bool:
    """Anonymous callers reach what the service serves without a signature, through some names."""
    if met.caller.kind is not CallerKind.ANONYMOUS:
        return False
    signed = met.rules.signature == "signed" and "unsigned?" not in met.rules.unsettled
    return signed or not met.rules.signed_on.isdisjoint(met.objects)


def _is_other_partition(met: Encounter) -> bool:
    return not met.same_partition


def _is_refused(met: Encounter) -> bool:
    """The service that made an object changes it; nobody else does."""
    return not met.caller.service_linked and not met.rules.refused_on.isdisjoint(met.objects)


def _reaches_no_other_account(met: Encounter) -> bool:
    own = met.rules.reach != "any-account" or met.rules.granted in _IDENTITY_ALONE
    return own and not met.same_account and met.kind is not ResourceKind.NONE


def _is_of_no_account(met: Encounter) -> bool:
    """Whoever calls without an account is outside of every account, the owner's too."""
    outside = met.caller.kind in {CallerKind.ANONYMOUS, CallerKind.ORIGIN_ACCESS_IDENTITY}
    return outside and met.rules.reach == "own-account"


def _asks_identity_alone(met: Encounter) -> bool:
    if met.caller.kind is CallerKind.SERVICE:
        return met.rules.granted == "identity-only"
    return met.rules.granted in _IDENTITY_ALONE


def _is_service_unheard(met: Encounter) -> bool:
    """An AWS service has no identity-based policy that could let it in."""
    return met.caller.kind is CallerKind.SERVICE and _asks_identity_alone(met)


def _asks_both(met: Encounter) -> bool:
    return met.rules.granted == "both-policies"


def _unlocks(met: Encounter) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html."""
    return met.caller.kind.is_root and met.rules.root_unlocks


def _is_barred_root(met: Encounter) -> bool:
    return met.caller.kind.is_root and met.rules.no_root


# Whose credentials no identity pool of Cognito gave out, which gives out sessions of roles.
_OF_NO_IDENTITY_POOL = frozenset(
    {
        CallerKind.USER,
        CallerKind.ROOT_USER,
        CallerKind.FEDERATED_USER,
        CallerKind.ASSUMED_ROOT,
        CallerKind.SERVICE,
    }
)


def _is_of_no_identity_pool(met: Encounter) -> bool:
    return met.rules.identity_pool_only and met.caller.kind in _OF_NO_IDENTITY_POOL


def _is_key(met: Encounter) -> bool:
    return met.kind is ResourceKind.KEY


def _is_foreign_key(met: Encounter) -> bool:
    return met.kind is ResourceKind.KEY and not met.same_account


def _retires_foreign_grant(met: Encounter) -> bool:
    return not met.same_account and kms.retires_grant(met)


def _is_foreign(met: Encounter) -> bool:
    return not met.same_account


def _is_shared(met: Encounter) -> bool:
    return met.shared and not met.same_account and met.caller.kind.has_identity


def _always(_met: Encounter) -> bool:
    return True


ROWS: tuple[tuple[Callable[[Encounter], bool], Relation], ...] = (
    (_must_sign, known.SIGNED_CALLS_ONLY),
    (_is_always_allowed, known.NO_PERMISSION_NEEDED),
    (sts.may_not_ask, known.MAY_NOT_CALL),
    (_is_barred_root, known.MAY_NOT_CALL),
    (_is_of_no_identity_pool, known.MAY_NOT_CALL),
    (_has_no_policy, known.NO_POLICY_CONTROLS),
    (sts.has_no_signature, known.WEB_IDENTITY),
    (sts.carries_no_token, known.MAY_NOT_CALL),
    (sts.is_foreign_provider, known.FOREIGN_PROVIDER),
    (_is(CallerKind.IDENTITY_PROVIDER), known.WEB_IDENTITY),
    (_is_of_no_account, known.OWN_ACCOUNT_ONLY),
    (_is(CallerKind.ANONYMOUS), known.ANONYMOUS),
    (_is(CallerKind.ORIGIN_ACCESS_IDENTITY), known.ORIGIN_ACCESS_IDENTITY),
    (_retires_foreign_grant, known.RETIRED_FOREIGN_GRANT),
    (kms.retires_grant, known.RETIRED_GRANT),
    (_is_other_partition, known.CROSS_PARTITION),
    (kms.is_service_at_key, known.SERVICE_AND_KEY),
    (_is_service_unheard, known.NOTHING_LETS_SERVICES),
    (_is(CallerKind.SERVICE), known.SERVICE),
    (sts.may_not_assume_root, known.MEMBER_ACCOUNTS_ONLY),
    (organizations.is_no_management_account, known.MANAGEMENT_ACCOUNT_ONLY),
    (organizations.is_no_member, known.MEMBER_ACCOUNTS_ONLY),
    (organizations.is_no_delegated_administrator, known.DELEGATED_ADMINISTRATORS_ONLY),
    (organizations.acts_as_administrator, known.IDENTITY_ONLY),
    (organizations.asks_by_delegation, known.BY_DELEGATION),
    (organizations.is_no_administrator, known.ADMINISTRATORS_ONLY),
    (_is_refused, known.FIXED_OBJECT),
    (sts.assumes_root, known.ASSUME_ROOT),
    (_reaches_no_other_account, known.OWN_ACCOUNT_ONLY),
    (_is_foreign_key, known.CROSS_ACCOUNT_KEY),
    (_is_key, known.KMS_KEY),
    (_is_shared, known.SHARED),
    (_is_foreign, known.CROSS_ACCOUNT),
    (sts.is_role_trust, known.ROLE_TRUST),
    (_asks_identity_alone, known.IDENTITY_ONLY),
    (_asks_both, known.BOTH_POLICIES),
    (_unlocks, known.OWNER_ROOT_UNLOCKS),
    (_always, known.SAME_ACCOUNT),
)


def find_relation(met: Encounter) -> Relation:
    """Find the first row of the table that fits."""
    return next(relation for test, relation in ROWS if test(met))


def notes_of(met: Encounter, relation: Relation) -> Iterator[Note]:
    """What AWS's pages, or the world, leave open of the row that fits."""
    rules, unsettled = met.rules, met.rules.unsettled
    identity = met.caller.kind.has_identity
    if relation is known.OWNER_ROOT_UNLOCKS:
        yield Note.OWNER_ROOT_UNLOCK
    if relation is known.FOREIGN_PROVIDER:
        yield Note.FOREIGN_PROVIDER_UNSETTLED
    if relation is known.MAY_NOT_CALL and met.service == "iam":
        yield Note.FEDERATED_USER_IN_CONSOLE
    settled = relation is known.ADMINISTRATORS_ONLY
    if identity and rules.callers != "anyone" and not (met.standing.known or settled):
        yield Note.CALLER_STANDING_UNKNOWN
    if identity and not met.standing.management and not ADMINISTRATORS.isdisjoint(unsettled):
        yield Note.ADMINISTRATORS_UNSETTLED
    if "own-account?" in unsettled and identity and not met.same_account:
        yield Note.CROSS_ACCOUNT_REACH_UNSETTLED
    if any(f"refused-on {kind}?" in unsettled for kind in met.objects):
        yield Note.FIXED_OBJECT_UNSETTLED
    if relation is known.ANONYMOUS and "unsigned?" in unsettled:
        yield Note.UNSIGNED_CALL_UNSETTLED
