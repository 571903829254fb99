"""The decision: explicit denies, guardrails, and the ways in (architecture 3)."""

from typing import Any

from tests.oracle import calls, places
from tests.oracle.layers import Case
from tests.oracle.principals import IAM_KINDS

SCP, RCP, VPCE = "service-control-policy", "resource-control-policy", "vpc-endpoint-policy"
RESOURCE, IDENTITY = "resource-based-policy", "identity-based-policy"
BOUNDARY, SESSION, BPA = "permissions-boundary", "session-policy", "s3-block-public-access"
DENY_ORDER = [RCP, SCP, VPCE, RESOURCE, IDENTITY, BOUNDARY, SESSION]
BLOCK_ORDER = [SCP, RESOURCE, IDENTITY, BOUNDARY, SESSION, VPCE, RCP, BPA]

DIRECT = {"USER", "SESSION", "FEDUSER", "WILDCARD"}
ANY = DIRECT | {"ROLE", "FED_SOURCE", "ACCOUNT"}
GRANT, ACCOUNT_GRANT = "KMS grant", "KMS grant to the account"
BUCKET = "bucket policy"
# A way is the kinds of grant that it needs (None: no resource-based policy) and further layers.
Way = tuple[set[str] | str | None, list[str]]
CAPPED = [BOUNDARY, SESSION]
COMMON: list[Way] = [(DIRECT, []), ({"ROLE"}, CAPPED), ({"FED_SOURCE"}, CAPPED)]
BY_GRANT: list[Way] = [(ACCOUNT_GRANT, [IDENTITY, *CAPPED]), (GRANT, [])]
BY_TOKEN = {"sts:tagsession", "sts:setsourceidentity", "sts:setcontext"}  # with the call itself
UNLOCKING = {"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"}
UNLOCKING |= {"sqs:getqueueattributes", "sqs:setqueueattributes", "dynamodb:deleteresourcepolicy"}


def ways_in(case: Case) -> list[Way]:
    """Give the ways in for the relation between caller and resource."""
    kind, account = case.caller["kind"], case.caller["account"]
    by_grant = BY_GRANT if case.is_key else []
    action = case.action.lower()
    if kind == "federated":
        saml = ":saml-provider/" in case.caller["name"]
        call = "sts:assumerolewithsaml" if saml else "sts:assumerolewithwebidentity"
        foreign = account is not None and account != case.owner  # R19.17
        return [({"FEDERATED"}, [])] if action in {call, *BY_TOKEN} and not foreign else []
    if action in ("sts:assumerolewithsaml", "sts:assumerolewithwebidentity"):
        return [({"FEDERATED"}, [])]  # the call has a token in place of a caller
    if calls.refuses(case):
        return []
    if kind == "anonymous":
        return [] if case.is_through_access_point() else [({"WILDCARD"}, [])]
    if kind == "origin-access-identity":
        return [({"USER", "WILDCARD"}, [])]
    if calls.retires_grant(case):
        own = account is not None and account == case.owner
        return [(None, [IDENTITY, *CAPPED]), *by_grant] if own else by_grant
    if kind == "service":
        return [({"SERVICE", "WILDCARD"}, []), *by_grant]
    organizing = calls.may_call(case)
    if action == "sts:assumeroot" or organizing == "identity":
        return [(None, [IDENTITY, *CAPPED])]
    return by_accounts(case, organizing == "both")


def by_accounts(case: Case, both: bool) -> list[Way]:
    """Give the ways in that hang on whose caller, resource and bucket behind it are."""
    account = case.caller["account"]
    by_grant = BY_GRANT if case.is_key else []
    if any(owner != case.owner for owner in case.bucket_owners()):
        # A foreign access point: the bucket's policy opens the bucket, and the access point's lets
        # in who is not of its account (R19.4).
        needs = BUCKET if account == case.owner else ANY
        return [(needs, [IDENTITY, *CAPPED])]
    if account != case.owner and places.is_shared(
        case.world, case.resource, case.operation, account
    ):
        return [(None, [IDENTITY, *CAPPED])]
    if account != case.owner or both or calls.says(calls.BY_BOTH, case):
        return [(ANY, [IDENTITY, *CAPPED]), *by_grant]
    if calls.is_identity_only(case):
        return [(None, [IDENTITY, *CAPPED])]
    if case.is_trust or case.is_key:
        return [*COMMON, ({"ACCOUNT"}, [IDENTITY, *CAPPED]), *by_grant]
    if case.buckets_behind():
        # One policy may name a session, the other its role: each side is open by itself.
        common = [(DIRECT, []), (DIRECT | {"ROLE"}, CAPPED), (DIRECT | {"FED_SOURCE"}, CAPPED)]
        return [*common, (None, [IDENTITY, *CAPPED])]
    return [*COMMON, (None, [IDENTITY, *CAPPED])]


def explicit_denies(case: Case, notes: list[str]) -> list[str]:
    """Give the layers in which a Deny applies."""
    own_root = case.caller["kind"] == "root" and case.caller["account"] == case.owner
    endpoint, only_root = case.endpoint_policies(), case.names_root_only()
    denied = {
        SCP: any(case.denies(level) for level in case.scps()),
        RCP: any(case.denies(level, seen) for level, seen in case.rcps()),
        VPCE: any(case.denies(endpoint, seen, only_root) for seen in case.seen()),
        RESOURCE: any(case.denies(policy, seen) for policy, seen in case.resource_policies()),
        IDENTITY: case.denies(case.identity()),
        BOUNDARY: case.denies(case.boundary()),
        SESSION: case.denies(case.session_policies()),
    }
    signed = case.caller["kind"] in IAM_KINDS
    by_identity = calls.is_identity_only(case) and case.caller["account"] == case.owner
    if signed and (by_identity or calls.may_call(case) == "identity") and not calls.refuses(case):
        denied[RESOURCE] = False  # no resource-based policy is asked
    if case.caller["kind"] == "service" and calls.lets_no_service(case):
        denied[RESOURCE] = False
    of_grant = calls.retires_grant(case) and (signed or case.caller["kind"] == "service")
    if of_grant and not calls.refuses(case):
        denied[RESOURCE] = False  # a key policy has no say in it (R19.7)
    if denied[RESOURCE] and own_root and case.action.lower() in UNLOCKING:
        notes.append("the owner's root user may repair a policy that locks everybody out")
        denied[RESOURCE] = False
    return [layer for layer in DENY_ORDER if denied[layer]]


def blocking_guardrails(case: Case) -> list[str]:
    """Give the guardrails that don't allow the request."""
    endpoint, only_root = case.endpoint_policies(), case.names_root_only()
    inside = not case.is_outside_of_access_point()
    allowing = {
        SCP: all(case.allows(level) for level in case.scps()),
        RCP: all(case.allows(level, (), seen) for level, seen in case.rcps()),
        VPCE: inside and all(case.allows(endpoint, only_root, seen) for seen in case.seen()),
        BPA: not case.is_public_access_blocked(),
    }
    return [layer for layer, allows in allowing.items() if not allows]


def satisfied(needs: set[str] | str | None, case: Case) -> bool:
    """Say whether the resource side of a way is open."""
    if needs == BUCKET:
        return all(ANY & kinds for kinds in case.grants()[1:])
    if isinstance(needs, str):
        return case.has_key_grant(to_account=needs == ACCOUNT_GRANT)
    if needs is None:
        return True
    grants = case.grants()
    return grants != [] and all(needs & kinds for kinds in grants)


def blocked_layers(way: Way, case: Case) -> list[str]:
    """Give the layers that block one way."""
    needs, further = way
    root = case.caller["kind"] == "root"
    task = case.session_policies() or []
    # A task policy without any Allow takes away from what the root user has (R6.6).
    only_denies = root and not any(entry["effect"] == "Allow" for entry in task)
    allowing = {
        IDENTITY: root or case.allows(case.identity()),
        BOUNDARY: case.allows(case.boundary()),
        SESSION: only_denies or case.allows(case.session_policies()),
    }
    blocked = [] if satisfied(needs, case) else [RESOURCE]
    return blocked + [layer for layer in further if not allowing[layer]]


def decide(request: dict[str, Any], world: dict[str, Any] | None = None) -> dict[str, Any]:
    """Decide one request (a scenario's request) in a world, or by the policies it carries.

    Gives {"decision": ..., "layer": name or None, "notes": [...]}; the decision is allowed,
    explicitDeny or implicitDeny.
    Raises InvalidPolicy when a policy that applies is one that AWS would refuse.
    """
    case = Case(request, world)
    notes: list[str] = []
    if calls.needs_no_policy(case):
        return {"decision": "allowed", "layer": None, "notes": notes}
    denying = explicit_denies(case, notes)
    if denying:
        return {"decision": "explicitDeny", "layer": denying[0], "notes": notes}
    if not calls.session_allows(case):
        return {"decision": "implicitDeny", "layer": SESSION, "notes": notes}
    blocks = blocking_guardrails(case)
    ways = ways_in(case)
    way_is_open = [way for way in ways if not blocked_layers(way, case)]
    if way_is_open and not blocks:
        needs, further = way_is_open[0]
        layer = further[0] if needs is None else RESOURCE
        return {"decision": "allowed", "layer": layer, "notes": notes}
    if not way_is_open:
        granted = [way for way in ways if satisfied(way[0], case)]
        # The way that lacks least; of equals, the one that the table lists last.
        lacking = [blocked_layers(way, case) for way in reversed(granted or ways)]
        fewest = min(map(len, lacking), default=0)
        blocks += next((found for found in lacking if len(found) == fewest), [RESOURCE])
    layer = next(layer for layer in BLOCK_ORDER if layer in blocks)
    return {"decision": "implicitDeny", "layer": layer, "notes": notes}
