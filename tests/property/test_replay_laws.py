"""Law of trails: however log files are read, the same comes out of them."""

from __future__ import annotations

import copy
import gzip
import json
import random
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import trail
from iamsim.replay import counting
from iamsim.replay.alike import Alike
from iamsim.replay.typed import TypedLogs
from iamsim.replay.workers import count_logs
from iamsim.world.load import load_world_data

if TYPE_CHECKING:
    from iamsim.replay.counting import Count

Data = dict[str, Any]
ROLE = "arn:aws:iam::111122223333:role/app1"
DENIED = (
    "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::ledger/data/1"
)
MISSING = object()
# Members of records, by path, with what they may hold.
CHANGES: list[tuple[tuple[str, ...], list[Any]]] = [
    (
        ("userIdentity", "type"),
        ["Root", "IAMUser", "AWSService", "AWSAccount", "Odd", None, MISSING],
    ),
    (
        ("userIdentity", "arn"),
        [ROLE, "arn:aws:iam::111122223333:user/maya", "odd", None, MISSING, 1],
    ),
    (("userIdentity", "principalId"), ["AIDA1", "AROA1:a:b", "", None, MISSING, 7]),
    (("userIdentity", "invokedBy"), ["s3.amazonaws.com", "AWS Internal", None]),
    (("userIdentity", "accountId"), ["444455556666", None]),
    (("userIdentity", "userName"), ["maya", None]),
    (("userIdentity", "sourceIdentity"), ["maya"]),
    (
        ("userIdentity", "inScopeOf"),
        [{"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": "arn:x"}],
    ),
    (("userIdentity", "principalid"), ["AIDA1"]),
    (("userIdentity", "sessionContext"), [None, MISSING, {}, "odd", {"sourceIdentity": "maya"}]),
    (
        ("userIdentity", "sessionContext", "attributes"),
        [None, MISSING, {}, [], {"mfaAuthenticated": "true"}],
    ),
    (
        ("userIdentity", "sessionContext", "attributes", "creationDate"),
        ["2026-01-01T00:00:00Z", None],
    ),
    (("userIdentity", "sessionContext", "assumedRoot"), ["true"]),
    (
        ("userIdentity", "sessionContext", "webIdFederationData"),
        [{"federatedProvider": "accounts.google.com"}],
    ),
    (("userIdentity",), [None, MISSING, "odd", {}]),
    (("eventTime",), ["2026-11-19T00:00:00Z", "2027-01-01T00:00:00Z", None, MISSING]),
    (("eventSource",), ["odd.amazonaws.com", "ec2.amazonaws.com", "", None, MISSING]),
    (("eventName",), ["ListBuckets", "NoSuchOperation", "DeleteObjects", None, MISSING]),
    (("eventID",), ["11111111-2222-3333-4444-555555555555", "odd", None, MISSING, 5]),
    (
        ("errorCode",),
        ["AccessDenied", "Client.UnauthorizedOperation", "ExpiredToken", "NoSuchKey", None, 3],
    ),
    (("errorMessage",), [DENIED, None]),
    (("sourceIPAddress",), ["203.0.113.200", "ec2.amazonaws.com", "2001:db8::1", None, MISSING]),
    (("userAgent",), ["curl/8", None, MISSING]),
    (("awsRegion",), ["us-east-1", None, MISSING]),
    (("recipientAccountId",), ["444455556666", None, MISSING]),
    (
        ("requestParameters",),
        [None, MISSING, "odd", '{"bucketName": "ledger", "key": "a"}', {"bucketName": "ledger"}],
    ),
    (("requestParameters", "key"), ["data/00000001.csv", "data/00000012.csv", 5, ["x"], None]),
    (("requestParameters", "x-amz-acl"), [["public-read"], "private"]),
    (("resources",), [None, [{"ARN": "arn:aws:s3:::ledger", "accountId": "444455556666"}], "odd"]),
    (("additionalEventData",), [None, {"SignatureVersion": "SigV2", "x-amz-id-2": "x"}, "odd", {}]),
    (("tlsDetails",), [None, MISSING, {}, {"tlsVersion": "TLSv1.2"}, "odd"]),
    (("vpcEndpointId",), ["vpce-1", None]),
    (("vpcEndpointAccountId",), ["111122223333"]),
    (("eventType",), ["AwsServiceEvent", "AwsConsoleSignIn", None, MISSING]),
    (("eventCategory",), ["Insight", "Data"]),
    (("insightDetails",), [{}]),
    (("digestS3Bucket",), [None]),
    (("detail",), [None, {"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}]),
    (("Records",), [[], [{"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}], None]),
    (("Events",), [[]]),
    (("member",), [1.5]),
]
READS = [
    {},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/25"}},
    {"IpAddress": {"aws:VpcSourceIp": "203.0.113.0/25"}},
    {"StringLike": {"aws:userid": "*:i-*0"}},
    {"DateLessThan": {"aws:CurrentTime": "2026-11-20T00:00:10Z"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T00:00:10Z"}},
    {"StringLike": {"aws:UserAgent": "curl*"}},
    {"StringEquals": {"s3:prefix": "${aws:username}"}},
]


def changed(record: Data, drawn: random.Random) -> Data:
    """A record with a few members changed."""
    made = copy.deepcopy(record)
    for _ in range(drawn.choice([0, 1, 1, 2, 3])):
        path, values = drawn.choice(CHANGES)
        held: Any = made
        for name in path[:-1]:
            held = held.get(name) if isinstance(held, dict) else None
        if isinstance(held, dict):
            value = drawn.choice(values)
            held[path[-1]] = value
            if value is MISSING:
                del held[path[-1]]
    return made


def alike_of(drawn: random.Random) -> Alike:
    """What the policies of a world read."""
    given = trail.world()
    account: Any = given["accounts"][trail.ACCOUNT]  # type: ignore[index]
    statement = account["policies"]["App"]["Statement"]
    resource = drawn.choice(
        ["*", "arn:aws:s3:::ledger/data/0000000*", "arn:aws:s3:::*/${aws:username}"]
    )
    denied = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": resource,
        "Condition": drawn.choice(READS),
    }
    account["policies"]["App"]["Statement"] = [statement, denied]
    return Alike([load_world_data(given)])


def seen(count: Count) -> object:
    """All that a count tells."""
    groups = {
        group.requests: (group.allowed, group.denied, group.first, group.last, group.event)
        for group in count.groups.values()
        if group.count
    }
    problems = [(problem.file, problem.reason) for problem in count.problems]
    return count.events, count.asked, count.skipped, groups, set(count.requests), problems


def written(records: list[Data]) -> bytes:
    """A log file."""
    return json.dumps({"Records": records}).encode()


def drawn_records(base: list[Data], typed: TypedLogs, drawn: random.Random) -> list[Data]:
    """Some records near those of the base, most of them of forms that are read by members."""
    found = []
    careful = drawn.random() < 0.8
    for _ in range(10):
        made = changed(drawn.choice(base), drawn)
        if drawn.random() < 0.95 and "eventID" in made:
            made["eventID"] = str(uuid.UUID(int=drawn.getrandbits(128)))
        if not careful or typed.records(written([made])) is not None:
            found.append(made)
    return found


@given(st.integers(0, 2**32))
def test_typed_records_count_as_any_others(seed: int) -> None:
    """Log files read by the members that matter, whole, and record by record give one count."""
    drawn = random.Random(seed)  # noqa: S311 - no secret
    alike = alike_of(drawn)
    base = [trail.record(drawn, number, 20).record for number in range(2)]
    typed = TypedLogs(alike)
    with tempfile.TemporaryDirectory() as name:
        files = []
        for number in range(4):
            content = written(drawn_records(base, typed, drawn))
            if drawn.random() < 0.1:
                place = drawn.randrange(len(content))
                broken = drawn.choice([b"", b"\x00", b"\xff", "é".encode(), b"NaN"])
                content = content[:place] + broken + content[place + 1 :]
            files.append(f"{name}/{number}.json.gz")
            Path(files[-1]).write_bytes(gzip.compress(content))
        by_members = count_logs(files, alike)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(counting, "typed_logs", lambda _alike: None)
            plain = count_logs(files, alike)
            patch.setattr(Alike, "outline", lambda _alike, _record: None)
            alone = count_logs(files, alike)
    assert seen(by_members) == seen(plain)
    assert seen(plain) == seen(alone)
