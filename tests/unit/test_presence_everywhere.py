"""The table of global condition keys, row by row: every way to ask reads it alike.

The objects of a bucket, and roles for callers that have no identity yet, are refused to whoever
lacks a key, or to whoever has it. What the table says of the key for such a caller on such a way
decides, whichever tool is asked.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamsim.api.world import World
from iamsim.calls.model import Requested
from iamsim.catalog.keys import global_key_rows
from iamsim.catalog.presence import (
    CallerColumn,
    Presence,
    Way,
    derived_from,
    presence_in,
    presence_of,
)
from iamsim.core.decision import Verdict
from iamsim.query.batch import Batch
from iamsim.replay.run import Asker
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import scenario_from_data
from iamsim.world.documents import parse_document
from iamsim.world.load import load_world_data
from tests.unit.questions import allow, deny, policy

Data = dict[str, Any]
HOME = "111122223333"
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
BUCKET = "arn:aws:s3:::harbour"
KEYS = [row[1].replace("${TagKey}", "colour") for row in global_key_rows()]
CALLERS: dict[CallerColumn, Data] = {
    CallerColumn.ROOT_USER: {"principal": f"arn:aws:iam::{HOME}:root"},
    CallerColumn.USER: {"principal": f"arn:aws:iam::{HOME}:user/maya"},
    CallerColumn.SESSION_TOKEN: {
        "principal": f"arn:aws:iam::{HOME}:user/maya",
        "session": {"credentials": "session-token"},
    },
    CallerColumn.ROLE_SESSION: {"principal": f"arn:aws:sts::{HOME}:assumed-role/keeper/lamp"},
    CallerColumn.FEDERATED_USER: {
        "principal": f"arn:aws:sts::{HOME}:federated-user/maya",
        "session": {"source_user": f"arn:aws:iam::{HOME}:user/maya"},
    },
    CallerColumn.ASSUMED_ROOT: {
        "principal": f"arn:aws:iam::{HOME}:root",
        "context": {"aws:AssumedRoot": "true"},
    },
    CallerColumn.SERVICE: {"principal": "sns.amazonaws.com"},
    CallerColumn.IDENTITY_PROVIDER: {"principal": PROVIDER},
    CallerColumn.ORIGIN_ACCESS_IDENTITY: {
        "principal": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1A2B3C4D5E6F7"
    },
    CallerColumn.ANONYMOUS: {"principal": "anonymous"},
}
WAYS: dict[Way, Data] = {
    Way.PUBLIC: {},
    Way.ENDPOINT: {"via": {"vpc_endpoint": "vpce-0a1b2c3d"}},
    Way.FORWARDED: {"via": {"service": "athena.amazonaws.com"}},
}
# Services forward the identity of those that have one.
FORWARDED = [column for column in CallerColumn if column < CallerColumn.SERVICE]
PLACES = [
    (column, way)
    for column in CallerColumn
    for way in Way
    if way is not Way.FORWARDED or column in FORWARDED
]
LACKS, HAS = "lacks", "has"
OF_LACK = {
    Presence.ALWAYS: Verdict.ALLOWED,
    Presence.NEVER: Verdict.EXPLICIT_DENY,
    Presence.SOMETIMES: Verdict.EXPLICIT_DENY,
    Presence.UNCLEAR: Verdict.CONDITIONAL,
}
OF_HAVING = {
    Presence.ALWAYS: Verdict.EXPLICIT_DENY,
    Presence.NEVER: Verdict.ALLOWED,
    Presence.SOMETIMES: Verdict.ALLOWED,
    Presence.UNCLEAR: Verdict.CONDITIONAL,
}
EXPECTED = {LACKS: OF_LACK, HAS: OF_HAVING}


def conditions_of(key: str) -> dict[str, Data]:
    """What holds for requests that lack a key, and for those that have it."""
    return {word: {"Null": {key: str(word == LACKS).lower()}} for word in (LACKS, HAS)}


def denials() -> list[Data]:
    """One statement for each key and each of the two tests, about an object of its own."""
    return [
        deny(Principal="*", Resource=f"{BUCKET}/{word}/{key}", Condition=condition)
        for key in KEYS
        for word, condition in conditions_of(key).items()
    ]


def trusts() -> Data:
    """One role for each key and each of the two tests, which an identity provider opens."""
    trusted = {"Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return {
        f"{word}-{number}": {
            "trust": policy(
                allow(Resource=None, **trusted), deny(Resource=None, Condition=condition, **trusted)
            )
        }
        for number, key in enumerate(KEYS)
        for word, condition in conditions_of(key).items()
    }


KEEPER: Data = {"keeper": {"policies": [policy(allow())]}}
ACCOUNT: Data = {
    "users": {"maya": {"policies": [policy(allow())]}},
    "roles": {**KEEPER, **trusts()},
    "resources": {BUCKET: {"policy": policy(allow(Principal="*"), *denials())}},
}
WORLD: Data = {"accounts": {HOME: ACCOUNT}}
ASKED = World(load_world_data(WORLD))
PROVED = World(load_world_data({"accounts": {HOME: {**ACCOUNT, "roles": KEEPER}}}))


def request_of(column: CallerColumn, way: Way, key: str, word: str) -> Data:
    """A request whose verdict tells whether it has a key."""
    request: Data = {**CALLERS[column], **WAYS[way]}
    if column is CallerColumn.IDENTITY_PROVIDER:
        role = f"arn:aws:iam::{HOME}:role/{word}-{KEYS.index(key)}"
        return {**request, "action": "sts:AssumeRoleWithWebIdentity", "resource": role}
    return {**request, "action": "s3:GetObject", "resource": f"{BUCKET}/{word}/{key}"}


def of_tests(requests: list[Data]) -> list[Verdict]:
    """What `iamsim test` finds."""
    data = {"title": "keys", "world": WORLD, "requests": requests}
    read = scenario_from_data(parse_document(json.dumps(data), "keys.json"))
    return [result.decisions[0].verdict for result in run_scenario(read)]


def of_replay(requests: list[Data]) -> list[Verdict]:
    """What `iamsim replay` finds."""
    asker = Asker(ASKED.compiled)
    asked = [Requested(**request, of_record=True) for request in requests]
    found = [asker.verdict(number, entry) for number, entry in enumerate(asked)]
    return [verdict for verdict in found if isinstance(verdict, Verdict)]


def of_batch(requests: list[Data]) -> list[Verdict]:
    """What the questions over a whole world find, for callers without more to say of them."""
    batch = Batch(ASKED.compiled, partial=False)
    return [
        batch.decide_actions(
            request["principal"], request["resource"], [request["action"]], request.get("context")
        )[request["action"]].verdict
        for request in requests
    ]


@pytest.mark.parametrize(("column", "way"), PLACES, ids=lambda place: place.name.lower())
def test_every_tool_reads_the_row_of_a_key_alike(column: CallerColumn, way: Way) -> None:
    """explain, decide, many decisions at once, tests, trails and batches say the same of each key,
    and what its row says."""
    cases = [(key, word) for key in KEYS for word in (LACKS, HAS)]
    requests = [request_of(column, way, *case) for case in cases]
    found = [ASKED.explain(**request).decision.verdict for request in requests]
    for (key, word), request, verdict in zip(cases, requests, found, strict=True):
        presence = presence_in(request["action"].lower(), key.lower(), column, way)
        if presence is not Presence.SOMETIMES or derived_from(key.lower()) is None:
            assert verdict is EXPECTED[word][presence], (key, word)
    assert [ASKED.decide(**request).verdict for request in requests] == found
    assert [decision.verdict for decision in ASKED.decide_many(requests)] == found
    assert of_tests(requests) == found
    if column is not CallerColumn.SESSION_TOKEN:  # records tell when a token was issued, no more
        assert of_replay(requests) == found
    if way is Way.PUBLIC and "session" not in CALLERS[column]:
        assert of_batch(requests) == found


PEOPLE = {
    CallerColumn.ROOT_USER: f"arn:aws:iam::{HOME}:root",
    CallerColumn.USER: f"arn:aws:iam::{HOME}:user/maya",
    CallerColumn.ROLE_SESSION: f"arn:aws:iam::{HOME}:role/keeper",
    CallerColumn.SERVICE: "sns.amazonaws.com",
    CallerColumn.ANONYMOUS: "anonymous",
}
OF_THE_CALL = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"]


def is_proved(principal: str, key: str, word: str) -> bool:
    """Whether a claim that nothing lets somebody at an object is proved."""
    claim = {"principal": principal, "action": "s3:GetObject", "resource": f"{BUCKET}/{word}/{key}"}
    return PROVED.prove({"never": claim}).result == "PASS"


@pytest.mark.parametrize("column", PEOPLE, ids=lambda column: column.name.lower())
def test_claims_read_the_rows_alike(column: CallerColumn) -> None:
    """What is refused to whoever lacks a key that nobody like that has is refused for certain; and
    so is what is refused to whoever has a key that all of them have."""
    ways = [way for way in Way if (column, way) in PLACES]
    for key in KEYS:
        found = {presence_of(key.lower(), column, way) for way in ways}
        if Presence.SOMETIMES in found or (column, key) == (
            CallerColumn.SERVICE,
            "aws:PrincipalArn",
        ):
            continue  # whether it is there, other facts tell; services are taken to have no ARN
        assert is_proved(PEOPLE[column], key, LACKS) is (found == {Presence.NEVER}), key
        assert is_proved(PEOPLE[column], key, HAS) is (found == {Presence.ALWAYS}), key


@pytest.mark.parametrize("key", OF_THE_CALL)
def test_claims_are_about_calls_that_services_make_for_somebody(key: str) -> None:
    """What a caller can have only through a service it can have; services and whoever does not sign
    have no identity that is passed on."""
    for column, principal in PEOPLE.items():
        assert is_proved(principal, key, LACKS) is (column not in FORWARDED)
