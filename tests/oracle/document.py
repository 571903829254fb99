"""Policy documents: what makes one invalid (semantics 11), and one shape for all of them."""

import json
from typing import Any

from tests.oracle.conditions import parse_operator
from tests.oracle.text import as_list, is_incomplete_arn, scalar

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BUILT_IN = {
    "FullAWSAccess": {"Version": "2012-10-17", "Statement": [ALLOW_ALL]},
    "RCPFullAWSAccess": {"Version": "2012-10-17", "Statement": [{**ALLOW_ALL, "Principal": "*"}]},
    "arn:aws:iam::aws:policy/AdministratorAccess": {
        "Version": "2012-10-17",
        "Statement": [ALLOW_ALL],
    },
}
ELEMENTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"}
ELEMENTS |= {"Resource", "NotResource", "Condition"}
WITH_PRINCIPAL = ("resource", "trust", "vpce", "rcp")


class InvalidPolicy(Exception):  # noqa: N818 (the name is the interface)
    """A document that AWS would refuse."""


def need(fact: bool, message: str) -> None:
    """Refuse the document unless the fact holds."""
    if not fact:
        raise InvalidPolicy(message)


def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a JSON object in which a key stands twice (R11.1)."""
    need(len({key for key, _ in pairs}) == len(pairs), "a key stands twice in one object")
    return dict(pairs)


def statements(policy: Any, kind: str) -> list[dict[str, Any]]:
    """Read a document (a dict or JSON text) of a kind into checked statements.

    Kinds: identity, boundary, session, scp, rcp, resource, trust, vpce. Each statement has the
    keys effect, principals, spared (None or a list of (type, value)), actions, resources (None or
    a pair (negated, patterns)), condition, substitute. Raises InvalidPolicy.
    """
    if isinstance(policy, str):
        policy = json.loads(policy, object_pairs_hook=no_twins)
    need(isinstance(policy, dict) and "Statement" in policy, "a policy is an object with Statement")
    substitute = scalar(policy.get("Version")) == "2012-10-17"
    built_in = policy == BUILT_IN["RCPFullAWSAccess"]
    return [
        statement(raw, kind, substitute, built_in=built_in) for raw in as_list(policy["Statement"])
    ]


def statement(raw: Any, kind: str, substitute: bool, built_in: bool) -> dict[str, Any]:
    """Check one statement and bring it into one shape."""
    need(isinstance(raw, dict) and set(raw) <= ELEMENTS, "unknown element")
    effect = raw.get("Effect")
    need(effect in ("Allow", "Deny"), "Effect is Allow or Deny")
    for name in ("Action", "Resource", "Principal"):
        need(not (name in raw and "Not" + name in raw), f"both {name} and Not{name}")
    need("Action" in raw or "NotAction" in raw, "no Action")
    has_resource = "Resource" in raw or "NotResource" in raw
    has_principal = "Principal" in raw or "NotPrincipal" in raw
    need(has_principal == (kind in WITH_PRINCIPAL), "Principal where it can't be, or none")
    if kind == "trust":
        need(not has_resource, "a trust policy has no Resource")
    elif kind not in ("resource", "vpce"):
        need(has_resource, "no Resource")
    if "NotPrincipal" in raw:
        need(kind not in ("trust", "rcp"), "NotPrincipal in a trust policy or RCP")
    if kind == "rcp" and not built_in:
        need(effect == "Deny" and raw.get("Principal") == "*", "an RCP denies everyone something")
        need("Action" in raw and "*" not in as_list(raw["Action"]), "an RCP names its actions")
    resources = patterns(raw, "Resource") if has_resource else None
    if kind == "session" and resources is not None:
        need(not any(map(is_incomplete_arn, resources[1])), "incomplete ARN in a session policy")
    actions = patterns(raw, "Action")
    naming = "NotPrincipal" if "NotPrincipal" in raw else "Principal"
    named = entries(raw[naming]) if has_principal else None
    return {
        "effect": effect,
        # What lists nothing has no effect (R19.2).
        "void": [] in (actions[1], named, resources and resources[1]),
        "attached": kind == "resource",
        "principals": entries(raw["Principal"]) if "Principal" in raw else None,
        "spared": entries(raw["NotPrincipal"]) if "NotPrincipal" in raw else None,
        "actions": actions,
        "resources": resources,
        "condition": checked_condition(raw.get("Condition", {})),
        "substitute": substitute,
    }


def patterns(raw: dict[str, Any], name: str) -> tuple[bool, list[str]]:
    """Read Action or NotAction, Resource or NotResource: (negated, patterns)."""
    negated = "Not" + name in raw
    found = [scalar(item) for item in as_list(raw["Not" + name if negated else name])]
    return negated, found


def entries(principal: Any) -> list[tuple[str, str]]:
    """Read Principal or NotPrincipal as pairs (type, value)."""
    if principal == "*":
        return [("AWS", "*")]
    need(isinstance(principal, dict), "Principal is * or an object")
    found = [(kind, scalar(value)) for kind, of in principal.items() for value in as_list(of)]
    for kind, value in found:
        need(kind in ("AWS", "Service", "Federated", "CanonicalUser"), "unknown principal type")
        need((kind, value) != ("Service", "*"), "every service as principal")
    return found


def checked_condition(condition: Any) -> dict[str, Any]:
    """Check the operators of a Condition block."""
    need(isinstance(condition, dict), "Condition is an object")
    for operator, keys in condition.items():
        parsed = parse_operator(operator)
        need(parsed is not None, "unknown operator")
        need(isinstance(keys, dict), "an operator holds an object")
    return dict(condition)
