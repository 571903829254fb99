"""Messages about denied requests, as people copy them."""

from __future__ import annotations

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError
from iamsim.syntax.denial import DenialForm, DenialMessage, find_denials, parse_denial

USER = "arn:aws:iam::111122223333:user/kim"
SESSION = "arn:aws:sts::111122223333:assumed-role/loader/i-0abc"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:feeds"
OBJECT = "arn:aws:s3:::ledger/in/a.csv"
HEAD = f"User: {USER} is not authorized to perform: "
SEND = f"{HEAD}sqs:SendMessage on resource: {QUEUE}"
SCP_ARN = "arn:aws:organizations::999900001111:policy/o-x/service_control_policy/p-y"

# The reasons of the page, each with the layer and the kind of denial that it stands for.
IMPLICIT = {
    "service control policy": Layer.SERVICE_CONTROL_POLICY,
    "VPC endpoint policy": Layer.VPC_ENDPOINT_POLICY,
    "permissions boundary": Layer.PERMISSIONS_BOUNDARY,
    "session policy": Layer.SESSION_POLICY,
    "resource-based policy": Layer.RESOURCE_BASED_POLICY,
    "role trust policy": Layer.RESOURCE_BASED_POLICY,
    "identity-based policy": Layer.IDENTITY_BASED_POLICY,
}
EXPLICIT = {
    "a service control policy": Layer.SERVICE_CONTROL_POLICY,
    "a resource control policy": Layer.RESOURCE_CONTROL_POLICY,
    "a VPC endpoint policy": Layer.VPC_ENDPOINT_POLICY,
    "a permissions boundary": Layer.PERMISSIONS_BOUNDARY,
    "a session policy": Layer.SESSION_POLICY,
    "a sessions policy": Layer.SESSION_POLICY,
    "a resource-based policy": Layer.RESOURCE_BASED_POLICY,
    "the role trust policy": Layer.RESOURCE_BASED_POLICY,
    "an identity-based policy": Layer.IDENTITY_BASED_POLICY,
}


@pytest.mark.parametrize(("kind", "layer"), IMPLICIT.items())
def test_an_implicit_denial_names_its_layer(kind, layer):
    """Each wording of a missing allow gives its layer, and the message is no explicit deny."""
    message = parse_denial(f"{SEND} because no {kind} allows the sqs:SendMessage action")
    assert (message.layer, message.explicit) == (layer, False)
    assert (message.principal, message.action, message.resource) == (USER, "sqs:SendMessage", QUEUE)
    assert message.is_trust is (kind == "role trust policy")


@pytest.mark.parametrize("arn", [None, SCP_ARN, "arn:aws:iam::111122223333:policy/team/Guard"])
@pytest.mark.parametrize(("kind", "layer"), EXPLICIT.items())
def test_an_explicit_denial_names_its_layer_and_policy(kind, layer, arn):
    """Each wording of an explicit deny gives its layer, with and without the policy's ARN."""
    ending = "" if arn is None else f": {arn}"
    message = parse_denial(f"{SEND} with an explicit deny in {kind}{ending}")
    assert (message.layer, message.explicit, message.policy_arn) == (layer, True, arn)
    assert message.resource == QUEUE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                f"{HEAD}s3:GetObject with an explicit deny in a VPC endpoint policy transitively"
                " through a service control policy"
            ),
            {"layer": Layer.VPC_ENDPOINT_POLICY, "through": Layer.SERVICE_CONTROL_POLICY},
        ),
        (
            (
                f'{HEAD}s3:PutObjectAcl on resource: "{OBJECT}" because public ACLs are prevented'
                " by the BlockPublicAcls setting in S3 Block Public Access"
            ),
            {"layer": Layer.S3_BLOCK_PUBLIC_ACCESS, "setting": "BlockPublicAcls"},
        ),
        (
            (
                f"{HEAD}kms:Decrypt on this resource because no resource-based policy allows the"
                " kms:Decrypt action"
            ),
            {"form": DenialForm.POINTED, "resource": None, "layer": Layer.RESOURCE_BASED_POLICY},
        ),
        (
            (
                f"{HEAD}kms:Decrypt on this resource because the resource does not exist in this"
                " Region, no resource-based policies allow access, or a resource-based policy"
                " explicitly denies access"
            ),
            {"form": DenialForm.POINTED, "explicit": None, "layer": Layer.RESOURCE_BASED_POLICY},
        ),
        (
            (
                f"{HEAD}kms:Decrypt on the resource associated with this ciphertext because no"
                " identity-based policy allows the kms:Decrypt action"
            ),
            {"form": DenialForm.POINTED, "explicit": False, "layer": Layer.IDENTITY_BASED_POLICY},
        ),
        (
            (
                "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity"
                " operation: Not authorized to perform sts:AssumeRoleWithWebIdentity"
            ),
            {"form": DenialForm.UNSIGNED, "action": "sts:AssumeRoleWithWebIdentity"},
        ),
        (
            "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
            {"form": DenialForm.PLAIN, "operation": "PutObject", "principal": None},
        ),
        (
            "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
            {"form": DenialForm.PLAIN, "operation": "HeadObject", "principal": None},
        ),
        (
            (
                "An error occurred (AccessDeniedException) when calling the StartQueryExecution"
                " operation: You are not authorized to perform: athena:StartQueryExecution on the"
                " resource. After your AWS administrator or you have updated your permissions,"
                " please try again."
            ),
            {
                "form": DenialForm.UNSIGNED,
                "action": "athena:StartQueryExecution",
                "operation": "StartQueryExecution",
            },
        ),
        (
            (
                "operation error S3: GetObject, https response error StatusCode: 403, api error"
                " AccessDenied: Access Denied"
            ),
            {"form": DenialForm.PLAIN, "operation": "GetObject"},
        ),
        (
            "The ciphertext refers to a customer master key that does not exist",
            {"form": DenialForm.CIPHERTEXT, "action": "kms:Decrypt"},
        ),
        (SEND, {"resource": QUEUE, "layer": None, "explicit": None}),
        (f"{HEAD}s3:GetObject with an explicit deny", {"explicit": True, "layer": None}),
        (f"{HEAD}s3:GetObject because no identi", {"explicit": False, "layer": None}),
        (f"{HEAD}s3:ListAllMyBuckets on resource: *", {"resource": None}),
        (f"{SEND}.", {"resource": QUEUE}),
        (
            f"{HEAD}iam:CreateAccessKey on resource: user lea because no identity-based policy",
            {"resource": "arn:aws:iam::111122223333:user/lea"},
        ),
        (
            (
                f"{HEAD}s3:GetObject on resource: arn:aws:s3:::ledger/a b.csv because no session"
                " policy allows the s3:GetObject action"
            ),
            {"resource": "arn:aws:s3:::ledger/a b.csv", "layer": Layer.SESSION_POLICY},
        ),
        (
            (
                "User: anonymous is not authorized to perform: es:ESHttpGet because no"
                " resource-based policy allows the es:ESHttpGet action"
            ),
            {"principal": "anonymous", "layer": Layer.RESOURCE_BASED_POLICY},
        ),
    ],
)
def test_other_shapes_are_understood(text, expected):
    """Services have shapes of their own, and old or cut messages say less."""
    message = parse_denial(text)
    assert {name: getattr(message, name) for name in expected} == expected


MESSAGE = (
    f'User: {SESSION} is not authorized to perform: s3:PutObject on resource: "{OBJECT}"'
    " because no identity-based policy allows the s3:PutObject action"
)
READ = DenialMessage(
    DenialForm.FULL,
    SESSION,
    "s3:PutObject",
    OBJECT,
    Layer.IDENTITY_BASED_POLICY,
    explicit=False,
)
BOX = """╷
│ Error: creating S3 Object: operation error S3: PutObject, https response error
│ StatusCode: 403, RequestID: 1D, api error AccessDenied: {}
│
│   with aws_s3_object.a,
│   on main.tf line 3, in resource "aws_s3_object" "a":
╵
"""
XML = "<Error><Code>AccessDenied</Code><Message>{}</Message><RequestId>1</RequestId></Error>"


@pytest.mark.parametrize(
    "text",
    [
        f"An error occurred (AccessDenied) when calling the PutObject operation: {MESSAGE}",
        f"2026-03-02T09:14:11Z ERROR [main] upload - {MESSAGE} (Service: S3, Status Code: 403)",
        f"Traceback (most recent call last):\n  File 'a.py', line 3\nClientError: {MESSAGE}\n",
        json.dumps({"errorCode": "AccessDenied", "errorMessage": MESSAGE, "eventVersion": "1.11"}),
        json.dumps(json.dumps({"message": f"{MESSAGE}\n\tat Request.extractError"})),
        BOX.format("\n│ ".join(textwrap.wrap(MESSAGE, 76, break_on_hyphens=False))),
        XML.format(MESSAGE.replace('"', "&quot;")),
        "> " + "\n> ".join(textwrap.wrap(MESSAGE, 60)),
        f'Resource handler returned message: "{MESSAGE} (Service: S3)" (RequestToken: 1)',
        f"\x1b[31mError:\x1b[0m {MESSAGE}\x1b[0m",
        MESSAGE.replace(" ", "  ").replace(" because", "\r\n\tbecause"),
        MESSAGE.replace('"', "\u201c", 1).replace('"', "\u201d"),
        f"`{MESSAGE}`",
    ],
)
def test_a_message_is_found_in_what_it_was_copied_with(text):
    """Prefixes, logs, stack traces, JSON, XML, boxes, quotes and colors do not matter."""
    assert parse_denial(text) == READ


COPIED_REASONS = {
    "": (None, None),
    "Context: a reason that nobody knows": (None, None),
    "Context: no identity-based policy allows the action": (Layer.IDENTITY_BASED_POLICY, False),
    "Context: no permissions boundary allows the sqs:SendMessage action": (
        Layer.PERMISSIONS_BOUNDARY,
        False,
    ),
    "Context: a service control policy explicitly denies the action": (
        Layer.SERVICE_CONTROL_POLICY,
        True,
    ),
}


@pytest.mark.parametrize("joint", ["\n", " ", "", "\r\n  "])
@pytest.mark.parametrize("action", ["Action: sqs:SendMessage", "Service: sqs{}Action: SendMessage"])
@pytest.mark.parametrize(("context", "reason"), COPIED_REASONS.items())
def test_what_the_console_gives_to_copy_is_read(joint, action, context, reason):
    """The console names caller, action, resource and reason on lines of their own, which may run
    together where they are copied; of each it is known where it ends."""
    lines = [f"User: {USER}", action.format(joint), f"On resource(s): {QUEUE}", context]
    message = parse_denial(f"Copy this text. Learn more\n{joint.join(lines)}\n\nDiagnose")
    assert (message.principal, message.action, message.resource) == (USER, "sqs:SendMessage", QUEUE)
    assert (message.layer, message.explicit) == reason
    assert message.form is DenialForm.FULL


def test_the_console_may_name_no_resource():
    """An action without a resource has a star there, or no such line."""
    head = f"User: {USER}\nAction: iam:ListUsers\n"
    for rest in ("On resource(s): *\nContext: x", "Context: no session policy allows the action"):
        assert parse_denial(head + rest).resource is None


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=3, max_size=40)


@given(NAMES, NAMES, st.sampled_from(sorted(IMPLICIT)), st.integers(36, 140), st.data())
def test_a_message_may_be_wrapped_at_any_column(name, bucket, kind, width, data):
    """Wrapped at blanks, or cut at a column by a terminal, a message reads as before."""
    message = (
        f"User: arn:aws:iam::111122223333:user/{name} is not authorized to perform: s3:GetObject"
        f' on resource: "arn:aws:s3:::{bucket}/{name}" because no {kind} allows the s3:GetObject'
        " action"
    )
    prefix = "An error occurred (AccessDenied) when calling the GetObject operation: "
    text = prefix + message
    if data.draw(st.booleans()):
        lines = textwrap.wrap(text, max(width, 60), break_on_hyphens=False, break_long_words=False)
    else:
        lines = [text[start : start + width] for start in range(0, len(text), width)]
    assert parse_denial("\n".join(lines)) == parse_denial(message)


@given(st.text(max_size=300))
def test_any_text_is_a_message_or_an_error_with_a_hint(text):
    """No text breaks the reader: it gives messages, or says what would have been one."""
    try:
        assert find_denials(text).messages
    except RequestError as error:
        expected = {"not-a-denial", "encoded-denial"}
        if error.code not in expected or not error.hint:
            raise


@given(st.lists(st.sampled_from([MESSAGE, SEND, f"{HEAD}sqs:GetQueueUrl", "nothing"]), max_size=12))
def test_several_messages_are_read_once_each_in_their_order(texts):
    """Each different message counts once, ordered by where it last stands."""
    actions = [text.partition("perform: ")[2].partition(" ")[0] for text in texts]
    last = list(dict.fromkeys(action for action in reversed(actions) if action))
    if not last:
        return
    found = find_denials("\n".join(f"09:14 {text}" for text in texts))
    assert [message.action for message in found.messages] == last[::-1]
    assert not found.more


def test_more_messages_than_can_be_answered_are_counted():
    """Of many different messages the last ones are read, and it is said that there are more."""
    text = "\n".join(f"{HEAD}s3:GetObject on resource: arn:aws:s3:::b/{n}" for n in range(50))
    found = find_denials(text)
    assert found.more
    assert [m.resource for m in found.messages] == [f"arn:aws:s3:::b/{n}" for n in range(30, 50)]


@pytest.mark.parametrize(
    "text",
    [
        "09:14:11 User: kim logged in, session 4711\n" * 240_000 + MESSAGE,
        f"{MESSAGE} (Request ID: 1)\n" * 45_000,
        "User:authorized perform " * 420_000 + MESSAGE,
        f"{MESSAGE} " + "because no " * 900_000,
        MESSAGE + '\\" on resource: "arn:' * 500_000,
        MESSAGE + "\n|" * 5_000_000,
    ],
    ids=["log", "the same again", "beginnings", "reasons", "quotes", "lines"],
)
@pytest.mark.timeout(60)
def test_ten_megabytes_are_read_in_bounded_time(text):
    """A long log is searched for fixed words only: no text makes the reader slow."""
    assert len(text) > 9_000_000
    assert READ in find_denials(text).messages


def test_an_encoded_message_says_how_to_decode_it():
    """What only AWS can read is not guessed at; the hint names the command."""
    with pytest.raises(RequestError) as raised:
        parse_denial(
            "An error occurred (UnauthorizedOperation) when calling the RunInstances operation:"
            " You are not authorized to perform this operation. Encoded authorization failure"
            " message: 4Zx9-Qn0b_"
        )
    assert raised.value.code == "encoded-denial"
    assert "aws sts decode-authorization-message" in (raised.value.hint or "")


DECODED = {
    "allowed": False,
    "explicitDeny": True,
    "matchedStatements": {"items": [{"statementId": "NoLargeOnes", "effect": "DENY"}]},
    "failures": {"items": []},
    "context": {
        "principal": {"id": "AIDAEXAMPLE", "name": "kim", "arn": USER},
        "action": "ec2:RunInstances",
        "resource": "arn:aws:ec2:eu-west-1:111122223333:instance/*",
        "conditions": {
            "items": [
                {"key": "ec2:InstanceType", "values": {"items": [{"value": "x2.metal"}]}},
                {"key": "aws:TagKeys", "values": {"items": [{"value": "a"}, {"value": "b"}]}},
                {"key": "ec2:Tenancy", "values": {"items": []}},
            ]
        },
    },
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DECODED),
        json.dumps(DECODED, indent=4),
        json.dumps({"DecodedMessage": json.dumps(DECODED)}, indent=4),
        f"$ aws sts decode-authorization-message --query DecodedMessage\n{json.dumps(DECODED)}\n$",
    ],
)
def test_a_decoded_message_brings_its_whole_context(text):
    """Caller, action, resource, kind, statements and context keys are taken from the JSON."""
    message = parse_denial(text)
    assert message.form is DenialForm.DECODED
    assert (message.principal, message.action) == (USER, "ec2:RunInstances")
    assert message.resource == "arn:aws:ec2:eu-west-1:111122223333:instance/*"
    assert (message.explicit, message.layer) == (True, None)
    assert message.statements == ("NoLargeOnes",)
    assert message.context == {"ec2:InstanceType": "x2.metal", "aws:TagKeys": ("a", "b")}


@pytest.mark.parametrize("text", ["", "it does not work", "User: kim", '{"explicitDeny": 1}'])
def test_a_text_without_a_message_is_an_error(text):
    """What holds no message is refused, with an example of one."""
    with pytest.raises(RequestError) as raised:
        parse_denial(text)
    assert raised.value.code == "not-a-denial"
