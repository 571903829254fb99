"""Pairs of small policies with every kind of operator, and all requests of a small universe."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from iamsim.compile.policy import compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.request import CallerKind, Request
from iamsim.engine.callers import make_caller
from iamsim.engine.question import PLAIN_SESSION
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*Object", "s3:*", "*", "iam:PassRole"]
ASKED = ["s3:getobject", "s3:putobject", "s3:getobjectacl", "iam:passrole", "sqs:sendmessage"]
RESOURCES = [
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a/b*",
    "arn:aws:s3:::*/b",
    "arn:aws:s3:::a?/*",
    "arn:aws:s3:::a/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::a/${aws:PrincipalTag/team, 'none'}/*",
    "arn:aws:iam::111122223333:role/x*",
]
PLACES = {
    "s3": [
        "arn:aws:s3:::a/b",
        "arn:aws:s3:::a/c",
        "arn:aws:s3:::ab/b",
        "arn:aws:s3:::c/bb",
        "arn:aws:s3:::a/blue/x",
        "arn:aws:s3:::a/none/x",
        "arn:aws:s3:::a/red/x",
    ],
    "iam": ["arn:aws:iam::111122223333:role/x1", "arn:aws:iam::111122223333:role/y"],
    "sqs": ["arn:aws:sqs:us-east-1:111122223333:q"],
}
# For each key the operators and values of policies, and the values of requests.
KEYS: dict[str, tuple[list[str], list[str], list[Any]]] = {
    "aws:SourceIp": (
        ["IpAddress", "NotIpAddress", "StringEquals"],
        ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32"],
        [None, "10.1.2.3", "10.1.9.9", "10.9.9.9", "11.0.0.1", "2001:db8::7"],
    ),
    "aws:PrincipalTag/team": (
        [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        ["blue", "Blue", "b*", "*e", "red", "${aws:RequestTag/team}"],
        [None, "blue", "BLUE", "red", "bone", "x"],
    ),
    "aws:RequestTag/team": (
        ["StringEquals", "StringNotEquals", "StringNotLike"],
        ["blue", "r*", "${aws:PrincipalTag/team}"],
        [None, "blue", "red", "x"],
    ),
    "aws:TagKeys": (
        [
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLike",
            "ForAllValues:StringNotLike",
            "ForAnyValue:StringNotEquals",
            "ForAllValues:StringNotEqualsIgnoreCase",
            "ForAnyValue:StringEqualsIgnoreCase",
            "ForAnyValue:StringNotLike",
            "StringEquals",
        ],
        ["team", "t*", "cost", "*"],
        [None, "team", ("team", "cost"), ("team", "x")],
    ),
    "aws:MultiFactorAuthPresent": (["Bool"], ["true", "false"], [None, "true", "false"]),
    "aws:CurrentTime": (
        [
            "DateEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateNotEquals",
        ],
        ["2026-01-01T00:00:00Z", "2026-06-01", "2027-01-01T00:00:00Z"],
        [
            "2025-12-31T23:59:59Z",
            "2026-01-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
            "2027-02-01T00:00:00Z",
        ],
    ),
    "s3:signatureAge": (
        [
            "NumericEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericNotEquals",
        ],
        ["5", "10", "10.5"],
        [None, "4", "5", "7", "10", "10.2", "11"],
    ),
    "aws:SourceVpce": (
        ["StringEquals", "StringNotEquals"],
        ["vpce-1", "vpce-2"],
        [None, "vpce-1", "vpce-3"],
    ),
    "aws:SecureTransport": (["Bool"], ["true", "false"], ["true", "false"]),
    "iam:AssociatedResourceArn": (
        ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike"],
        [
            "arn:aws:lambda:*:111122223333:function:*",
            "arn:aws:*:*:*:*",
            "arn:aws:ec2:us-*:*:instance/i-?",
        ],
        [
            None,
            "arn:aws:lambda:us-east-1:111122223333:function:f",
            "arn:aws:lambda:us-east-1:444455556666:function:f",
            "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
            "arn:aws:ec2:eu-west-1:111122223333:instance/i-12",
        ],
    ),
    "saml:doc": (["BinaryEquals"], ["Ymx1ZQ==", "cmVk"], [None, "Ymx1ZQ==", "eA=="]),
}
# The actions whose requests carry a key; keys that are not here are not of one service.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
CARRIED_BY = {"s3:signatureage": "s3:", "iam:associatedresourcearn": "iam:passrole"}
IF_EXISTS = st.sampled_from(["", "", "IfExists"])
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": "111122223333"},
    {"AWS": "arn:aws:iam::111122223333:user/ana"},
    {"AWS": "arn:aws:iam::111122223333:role/ops"},
    {"AWS": ["arn:aws:iam::444455556666:root", "111122223333"]},
    {"Service": "sns.amazonaws.com"},
]
CALLERS = [
    "arn:aws:iam::111122223333:user/ana",
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::111122223333:role/ops",
    "arn:aws:iam::444455556666:role/ops",
    "arn:aws:iam::555566667777:user/eve",
    "sns.amazonaws.com",
    "sqs.amazonaws.com",
    "anonymous",
]


@st.composite
def conditions(draw: st.DrawFn, most: int = 2) -> dict[str, dict[str, list[str]]]:
    """A few conditions, Null among them."""
    found: dict[str, dict[str, list[str]]] = {}
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=most, unique=True)):
        operators, values, _ = KEYS[key]
        if draw(st.integers(0, 5)) == 0 and key != "aws:CurrentTime":
            found.setdefault("Null", {})[key] = [draw(st.sampled_from(["true", "false"]))]
            continue
        operator = draw(st.sampled_from(operators)) + draw(IF_EXISTS)
        usable = (
            values
            if operator.startswith(("String", "For"))
            else [value for value in values if "$" not in value]
        )
        if operator.startswith("StringEquals") and key == "aws:SourceIp":
            usable = ["10.1.2.3"]
        chosen = draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2, unique=True))
        found.setdefault(operator, {})[key] = chosen
    return found


@st.composite
def statements(draw: st.DrawFn, *, principals: bool = False) -> dict[str, Any]:
    """One statement."""
    negated = draw(st.integers(0, 4)) == 0
    made: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "NotAction" if negated else "Action": draw(
            st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2, unique=True)
        ),
        "NotResource" if draw(st.integers(0, 5)) == 0 else "Resource": draw(
            st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2, unique=True)
        ),
    }
    found = draw(conditions(1 if principals else 2))
    if found:
        made["Condition"] = found
    if principals:
        made["Principal"] = draw(st.sampled_from(PRINCIPALS))
    return made


def document_pairs() -> st.SearchStrategy[tuple[list[Any], list[Any]]]:
    """Two identity-based policies, by their statements."""
    several = st.lists(statements(), min_size=1, max_size=3)
    return st.tuples(several, several)


def resource_pairs() -> st.SearchStrategy[tuple[list[Any], list[Any]]]:
    """Two resource-based policies."""
    several = st.lists(statements(principals=True), min_size=1, max_size=2)
    return st.tuples(several, several)


def compiled(listed: list[Any], policy_type: PolicyType = PolicyType.IDENTITY) -> CompiledPolicy:
    """Compile statements as one policy."""
    document = {"Version": "2012-10-17", "Statement": listed}
    return compile_policy(parse_policy(document, policy_type=policy_type), policy_type)


def allows(policy: CompiledPolicy, request: Request) -> bool:
    """Whether a document allows a request."""
    matching = [statement for statement in policy.statements if statement.matches(request)]
    return bool(matching) and not any(statement.denies for statement in matching)


def requests(policies: list[CompiledPolicy], *, everybody: bool = False) -> Iterator[Request]:
    """All requests of the universe, over the keys that the policies read."""
    every = [statement for policy in policies for statement in policy.statements]
    keys = {key: values for key, (_, _, values) in KEYS.items() if reads(every, key.lower())}
    contexts = [
        {key.lower(): value for key, value in zip(keys, chosen, strict=True) if value is not None}
        for chosen in product(*keys.values())
    ]
    for principal in CALLERS if everybody else CALLERS[:1]:
        caller = caller_of(principal)
        for action in ASKED:
            for resource in PLACES[action.partition(":")[0]]:
                for context in contexts:
                    if can_be(context, keys, caller, action):
                        yield Request(caller, action, resource, context)


def reads(statements: list[CompiledStatement], key: str) -> bool:
    """Whether some statement reads a key."""
    return any(key in statement.keys for statement in statements)


def carries(action: str, key: str) -> bool:
    """Whether requests for an action carry a key (both in lower case)."""
    return action.startswith(CARRIED_BY.get(key, ""))


def can_be(
    context: Mapping[str, Any], keys: Mapping[str, Any], caller: Caller, action: str
) -> bool:
    """Whether the keys of a request, of those that are asked for, fit each other, the caller and
    the action."""
    if not all(carries(action, key) for key in context):
        return False
    if "aws:sourceip" in context and "aws:sourcevpce" in context:
        return False
    # A call comes from an address or through an endpoint; of services nothing says so.
    origins = ("aws:SourceIp", "aws:SourceVpce")
    told = all(key in keys for key in origins) and caller.kind is not CallerKind.SERVICE
    if told and not any(key.lower() in context for key in origins):
        return False
    if not caller.kind.has_identity and (
        "aws:principaltag/team" in context or "aws:multifactorauthpresent" in context
    ):
        return False
    if "aws:tagkeys" in context or "aws:requesttag/team" in context:
        listed = context.get("aws:tagkeys", ())
        names = (listed,) if isinstance(listed, str) else listed
        if ("team" in names) is not ("aws:requesttag/team" in context):
            return False
    return True


def caller_of(principal: str) -> Caller:
    """The engine's caller."""
    return make_caller(
        principal, "s3:getobject", PLAIN_SESSION, None, has_boundary=False, assumed_root=False
    )
