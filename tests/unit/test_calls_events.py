"""CloudTrail records that the corpus of calls does not hold: broken ones, and files of them."""

from __future__ import annotations

import json

import pytest

import iamsim
from iamsim.calls.event_forms import records_in

USER = {
    "type": "IAMUser",
    "arn": "arn:aws:iam::111122223333:user/mia",
    "accountId": "111122223333",
    "principalId": "AIDAEXAMPLE",
}
RECORD = {
    "eventSource": "sqs.amazonaws.com",
    "eventName": "ListQueues",
    "userIdentity": USER,
    "awsRegion": "eu-west-1",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"a": 1},
        {"Records": []},
        {"Records": [RECORD, RECORD]},
        {"CloudTrailEvent": "{"},
        {"detail": 7, "detail-type": "x"},
        {"eventName": "x", "requestParameters": "{broken", "eventSource": "y"},
        [],
        "text",
    ],
)
def test_what_is_no_record_is_an_error(record):
    """Broken and foreign documents are refused, with a reason."""
    with pytest.raises(iamsim.RequestError) as raised:
        iamsim.read_event(record)
    assert raised.value.code == "not-a-record"


@pytest.mark.parametrize("name", [*RECORD, "requestParameters", "resources", "additionalEventData"])
@pytest.mark.parametrize("value", [None, 7, "text", [], {}, [None], {"items": [None, 1, {}]}])
def test_no_part_of_a_record_makes_it_crash(name, value):
    """Whatever stands in a member, the record is read, skipped with a reason, or refused."""
    try:
        reading = iamsim.read_event({**RECORD, name: value})
    except iamsim.RequestError:
        return
    assert reading.skipped or reading.requests or reading.notes


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("role tide", "arn:aws:iam::111122223333:role/tide"),
        ("role tide.", "arn:aws:iam::111122223333:role/tide"),
        ("arn:aws:iam::111122223333:role/sea/tide", "arn:aws:iam::111122223333:role/sea/tide"),
        ("policy tide", "arn:aws:iam::111122223333:role/*"),
        ("tide", "arn:aws:iam::111122223333:role/*"),
    ],
)
def test_a_refused_call_without_parameters_is_about_what_its_message_names(kind, resource):
    """IAM keeps the parameters of what it refuses to itself, and names roles by their names."""
    refused = "is not authorized to perform: iam:AttachRolePolicy on resource:"
    record = {
        **RECORD,
        "eventSource": "iam.amazonaws.com",
        "eventName": "AttachRolePolicy",
        "errorCode": "AccessDenied",
        "errorMessage": f"User: {USER['arn']} {refused} {kind} because no policy allows it",
    }
    [asked] = iamsim.read_event(record).requests
    assert (asked["action"], asked["resource"]) == ("iam:AttachRolePolicy", resource)


@pytest.mark.parametrize(
    "parameters",
    [
        {"instancesSet": {"items": [{"instanceId": None}, "x", 3]}},
        {"instancesSet": "x"},
        {"tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": 1}]}},
        {"blockDeviceMapping": {"items": [{"ebs": 1}]}},
    ],
)
def test_odd_parameters_of_a_launch_do_not_crash(parameters):
    """Records are written by many programs."""
    record = {
        **RECORD,
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "requestParameters": parameters,
    }
    assert iamsim.read_event(record).requests


@pytest.mark.parametrize(
    "changed",
    [
        {"userIdentity": {**USER, "accountId": None, "arn": "arn:aws:iam"}},
        {"userIdentity": {"type": "AssumedRole", "principalId": "A:b", "sessionContext": {}}},
        {"requestParameters": {"queueUrl": "https://[broken"}, "eventName": "SendMessage"},
        {
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRole",
            "requestParameters": {"roleArn": "x", "transitiveTagKeys": True, "tags": 1},
        },
    ],
)
def test_odd_values_are_read(changed):
    """Found by mutation: nothing but a reading or a refusal comes out."""
    assert iamsim.read_event({**RECORD, **changed}).requests


def test_files_of_records():
    """Log files, lists, lookup-events and results of queries give their records."""
    lookup = {"Events": [{"CloudTrailEvent": json.dumps(RECORD)}]}
    rows = {"QueryResultRows": [[{"eventJson": json.dumps(RECORD)}]]}
    for document in ({"Records": [RECORD, RECORD]}, [RECORD], lookup, rows, RECORD):
        for record in records_in(document):
            assert iamsim.read_event(record).requests[0]["action"] == "sqs:ListQueues"


def test_a_request_goes_into_explain():
    """But for `needed` and `because`, a request is what `explain` takes."""
    (request,) = iamsim.read_event(RECORD).requests
    del request["needed"], request["because"]
    answer = iamsim.explain(**request, identity_policies=[])
    assert answer.verdict is iamsim.Verdict.IMPLICIT_DENY
