"""Notes about a call as a whole: what a person who asks this question should know besides.

None of them changes a verdict.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.containers import is_asked_with_ancestors
from iamsim.core.reason import Note, Reason
from iamsim.core.request import CallerKind, Request
from iamsim.engine.context import MFA
from iamsim.engine.formula import Slot
from iamsim.engine.services.backup import is_recovery_point
from iamsim.engine.services.efs import is_client_call
from iamsim.engine.services.logs import names_log_groups
from iamsim.engine.services.privatelink import has_pattern_not_taken
from iamsim.engine.services.vpc_lattice import is_call_of_service

if TYPE_CHECKING:
    from iamsim.engine.arrangement import Arrangement, Station

ASSUME_ROLE = "sts:assumerole"  # AssumeRoleWithSAML and AssumeRoleWithWebIdentity begin like it
BY_URL = "lambda:invokefunctionurl"
OF_TOPICS = "sns:"
PASS_ROLE = "iam:passrole"  # noqa: S105 - an action, not a secret
TAGS_PASSED = "aws:requesttag/"
TAG_KEYS = "aws:tagkeys"
# Set by this call, or inherited from the session that makes it.
SOURCE_IDENTITIES = ("sts:sourceidentity", "aws:sourceidentity")
EVERYONE = "*"
CALLER_KEYS = ("aws:principalarn", "aws:principaltype", "aws:principalaccount", "aws:userid")
SOURCE_IP = "aws:sourceip"
FORWARDED, TRANSPORT = "aws:viaawsservice", "aws:securetransport"
OPEN_ABOUT_MFA = {CallerKind.ROLE_SESSION, CallerKind.ASSUMED_ROOT}
OPERATIONS = "kms:grantoperations"
RESOURCE_TAGS = ("aws:resourcetag/", "iam:resourcetag/")
# https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
NOT_IN_KEY_POLICIES = ("aws:resourcetag/", "kms:resourcealiases")


def call_notes(
    request: Request, arrangement: Arrangement, missing: Container[str]
) -> tuple[Note, ...]:
    """The notes that a request carries, whatever its policies decide. `missing` are the keys that
    statements about it read and did not find.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    notes = list(_of_keys(request, arrangement))
    if TRANSPORT in missing and request.is_unknown(TRANSPORT):
        notes.append(Note.TRANSPORT_NOT_SAID)
    if request.caller.kind in OPEN_ABOUT_MFA and any(
        key in missing and key in arrangement.awaited and request.is_unknown(key) for key in MFA
    ):
        notes.append(Note.MFA_OF_ROLE_SESSIONS)
    if request.action.startswith(ASSUME_ROLE):
        notes += _of_assume_role(request)
    if request.action == PASS_ROLE and reads_resource_tags(arrangement.stations, PASS_ROLE):
        notes.append(Note.PASS_ROLE_RESOURCE_TAG)
    if request.action.startswith("kms:") and _reads(
        arrangement.at(Slot.RESOURCE), request.action, NOT_IN_KEY_POLICIES
    ):
        notes.append(Note.KEY_POLICY_KEY_UNSETTLED)
    if request.action == BY_URL:
        notes.append(Note.COMPANION_INVOKE_FUNCTION)
    if OPERATIONS in missing and arrangement.at(Slot.GRANT):
        notes.append(Note.KMS_GRANT_UNDER_GRANT)
    notes += _of_resource(request, arrangement)
    trust = arrangement.relation.reason is Reason.ROLE_TRUST
    for station in arrangement.stations:
        if station.slot is Slot.VPC_ENDPOINT and _takes_not_all(station, request.action):
            notes.append(Note.ENDPOINT_POLICY_PATTERN)
        if station.slot is Slot.SERVICE_CONTROL or (trust and station.slot is Slot.RESOURCE):
            notes += _of_allows(station, request.action)
    return tuple(dict.fromkeys(notes))


def _of_resource(request: Request, arrangement: Arrangement) -> Iterator[Note]:
    """What the resource's ARN says of what else is asked, and what it does not say."""
    unasked = arrangement.relation.reason is Reason.NO_POLICY_CONTROLS
    if unasked and request.action.startswith(OF_TOPICS):
        yield Note.SUBSCRIPTION_OWNER
    if names_log_groups(request.resource):
        yield Note.LOG_GROUPS_RESOURCE
    if is_recovery_point(request.action, request.resource) and not _asks_resource(arrangement):
        yield Note.VAULT_NOT_ASKED
    if is_client_call(request.action) and not _asks_resource(arrangement):
        yield Note.DEFAULT_FILE_SYSTEM_POLICY
    if is_call_of_service(request.action):
        yield Note.SERVICE_NETWORK_POLICY
    if is_asked_with_ancestors(request.resource):
        yield Note.ANCESTORS_ASKED_TOO


def _asks_resource(arrangement: Arrangement) -> bool:
    """Whether a resource-based policy is asked."""
    return any(
        station.slot is Slot.RESOURCE and station.policies for station in arrangement.stations
    )


def _takes_not_all(station: Station, action: str) -> bool:
    """Whether a statement of an endpoint policy about an action has a pattern not taken there."""
    return (
        station.policies is not None
        and station.applies
        and any(has_pattern_not_taken(found) for _, found in station.policies.candidates(action))
    )


def _of_allows(station: Station, action: str) -> Iterator[Note]:
    """What AWS's pages leave open of an Allow in a service control policy or a trust policy."""
    if station.policies is None or not station.applies:
        return
    for _, statement in station.policies.candidates(action):
        if statement.denies:
            continue
        resources, principals = statement.resources, statement.principals
        if station.slot is Slot.RESOURCE:
            if principals is not None and EVERYONE in principals.names:
                yield Note.EVERYONE_IN_TRUST_POLICY
        elif resources is not None and not (resources.negated or resources.everything):
            yield Note.SCP_ALLOW_WITH_RESOURCE


def _of_keys(request: Request, arrangement: Arrangement) -> Iterator[Note]:
    """Keys of which the pages do not say, or not alike, whether this request has them."""
    read, context = arrangement.reads, request.context
    if request.caller.kind is CallerKind.SERVICE and any(
        key in read and key not in context for key in CALLER_KEYS
    ):
        yield Note.SERVICE_PRINCIPAL_KEYS
    if SOURCE_IP in read and SOURCE_IP in context and context.get(FORWARDED) == "true":
        yield Note.SOURCE_IP_ON_FOLLOW_UP_CALL


def _of_assume_role(request: Request) -> tuple[Note, ...]:
    """Permissions that the same call needs as well, and a role that assumes itself."""
    context = request.context
    notes = []
    if context.get(TAG_KEYS) or any(key.startswith(TAGS_PASSED) for key in context):
        notes.append(Note.COMPANION_TAG_SESSION)
    if any(key in context for key in SOURCE_IDENTITIES):
        notes.append(Note.COMPANION_SET_SOURCE_IDENTITY)
    if request.resource == request.caller.principal_arn:
        notes.append(Note.SELF_ASSUMPTION)
    return tuple(notes)


def reads_resource_tags(stations: Iterable[Station], action: str) -> bool:
    """Whether some statement about an action reads a tag of the resource."""
    return _reads(stations, action, RESOURCE_TAGS)


def _reads(stations: Iterable[Station], action: str, starts: tuple[str, ...]) -> bool:
    """Whether some statement about an action reads a key that begins so."""
    return any(
        key.startswith(starts)
        for station in stations
        if station.policies is not None and station.applies
        for _, statement in station.policies.candidates(action)
        for key in statement.keys
    )
