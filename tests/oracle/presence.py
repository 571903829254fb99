"""Keys that every request of a kind has, whatever somebody said of it (semantics R19.5)."""

from tests.oracle.layers import Case
from tests.oracle.principals import IAM_KINDS
from tests.oracle.text import as_list

EVERY_REQUEST = {
    "aws:userid": "user id",
    "aws:PrincipalType": "text",
    "aws:PrincipalAccount": "text",
    "aws:UserAgent": "text",
    "aws:RequestedRegion": "Region",
    "aws:SecureTransport": "truth",
    "aws:CurrentTime": "moment",
    "aws:EpochTime": "moment",
    "aws:ViaAWSService": "truth",
}
SIGNED = {"aws:PrincipalArn": "text", "aws:PrincipalIsAWSService": "truth"}
NETWORK = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip")


def sent_keys(case: Case) -> dict[str, str]:
    """Give the keys that a request is sure to have, with what their values look like; those that
    may be missing all the same have a question mark."""
    kind, via = case.caller["kind"], case.request.get("via") or {}
    given = {key.lower() for key, value in (case.request.get("context") or {}).items() if value}
    found = dict(EVERY_REQUEST)
    if kind not in ("anonymous", "federated", "origin-access-identity"):
        found |= SIGNED
    forwarded = as_list(via.get("service"))
    by_endpoint = (via.get("vpc_endpoint") and not forwarded) or given & set(NETWORK)
    if by_endpoint and via.get("vpc_endpoint"):
        found |= {"aws:SourceVpce": "text", "aws:SourceVpc": "text", "aws:VpcSourceIp": "address"}
    elif not by_endpoint and kind != "service":
        found["aws:SourceIp"] = "address"
    temporary = kind in ("role", "federated-user") or case.caller.get("assumed_root")
    with_token = kind == "user" and case.session.get("credentials") == "session-token"
    if (temporary and kind in IAM_KINDS) or with_token:
        found["aws:TokenIssueTime"] = "moment"
    if with_token:
        found["aws:MultiFactorAuthPresent"] = "truth"
    if temporary and kind != "federated-user" and not only_federated(case):
        found["aws:MultiFactorAuthPresent"] = "truth?"
    return found


def only_federated(case: Case) -> bool:
    """Say whether only identity providers can have opened the caller's session."""
    if case.caller["kind"] != "role":
        return False
    if ":role/aws-reserved/sso.amazonaws.com/" in case.caller["arn"]:
        return True
    trust = (case.caller["entity"] or {}).get("trust")
    if not isinstance(trust, dict):
        return False
    named = [
        statement.get("Principal", "*")
        for statement in as_list(trust.get("Statement"))
        if statement.get("Effect") == "Allow"
    ]
    return all(isinstance(one, dict) and set(one) == {"Federated"} for one in named)
