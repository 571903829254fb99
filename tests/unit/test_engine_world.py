"""Worlds made ready: what is found, checked, remembered, forgotten and shipped."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError, WorldError
from iamsim.engine import authorize, world
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.question import NOTHING_ATTACHED, PLAIN_SESSION, Session
from tests.unit.questions import (
    KEY,
    ROLE,
    SESSION,
    USER,
    A,
    allow,
    deny,
    policy,
    question_of,
    verdict,
)

Data = dict[str, Any]
ALL = policy(allow())
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def broken(where: str) -> Data:
    """Make a world with a policy that can't be compiled at one place, and good ones elsewhere."""
    bad = policy(allow(Action="s3 :*"))
    bad_resource = policy(allow(Principal="*", Action="s3 :*"))
    bad_rcp = policy(deny(Principal="*", Action="s3 :*"))
    bad_trust = policy(allow(Principal="*", Action=" sts:AssumeRole", Resource=None))
    good: dict[str, Any] = {
        "root scp": bad,
        "root rcp": bad_rcp,
        "unit scp": bad,
        "account scp": bad,
        "account rcp": bad_rcp,
        "group": bad,
        "user": bad,
        "user boundary": bad,
        "role": bad,
        "role boundary": bad,
        "trust": bad_trust,
        "set": bad,
        "set inline": bad,
        "set boundary": bad,
        "resource": bad_resource,
        "endpoint": bad_resource,
    }
    fine = {
        **dict.fromkeys(good, ALL),
        "root rcp": policy(deny(Principal="*", Action="s3:*")),
        "account rcp": policy(deny(Principal="*", Action="s3:*")),
        "trust": policy(allow(Principal="*", Action="sts:AssumeRole", Resource=None)),
        "resource": policy(allow(Principal="*")),
        "endpoint": policy(allow(Principal="*")),
    }
    used = {**fine, where: good[where]} if where else fine
    return {
        "organization": {
            "id": "o-1",
            "management_account": "999999999999",
            "root": {
                "id": "r-1",
                "scps": [used["root scp"]],
                "rcps": [used["root rcp"]],
                "units": {"Work": {"id": "ou-1", "accounts": [A], "scps": [used["unit scp"]]}},
            },
        },
        "accounts": {
            A: {
                "scps": [used["account scp"]],
                "rcps": [used["account rcp"]],
                "groups": {"devs": {"policies": [used["group"]]}},
                "users": {
                    "maya": {"policies": [used["user"]], "boundary": used["user boundary"]},
                    "lee": {},
                },
                "roles": {
                    "app": {
                        "policies": [used["role"]],
                        "boundary": used["role boundary"],
                        "trust": used["trust"],
                    },
                    "bare": {},
                },
                "permission_sets": {
                    "Dev": {
                        "policies": [used["set"]],
                        "inline": used["set inline"],
                        "boundary": used["set boundary"],
                    },
                    "Bare": {},
                },
                "resources": {KEY: {"policy": used["resource"]}, "arn:aws:s3:::b": {}},
                "vpc_endpoints": {"vpce-1": {"policy": used["endpoint"]}, "vpce-2": {}},
            }
        },
    }


PLACES = [
    *("root scp", "root rcp", "unit scp", "account scp", "account rcp", "group", "user"),
    *("user boundary", "role", "role boundary", "trust", "set", "set inline", "set boundary"),
    *("resource", "endpoint"),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_check_finds_broken_policies_everywhere(place: str) -> None:
    """A policy that can't be compiled is found wherever it is attached, asked about or not."""
    _, compiled = question_of({"principal": "anonymous"}, broken(place))
    with pytest.raises(PolicyError) as caught:
        compiled.check()
    assert caught.value.code == "invalid-action-pattern"


def test_a_sound_world_passes_its_check() -> None:
    """Sixteen policies are in use in the sample, each as what it is; none of them is broken."""
    _, compiled = question_of({}, broken(""))
    compiled.check()
    uses = [use for _, use in policies_in_use(compiled.model)]
    assert len(uses) == len(PLACES)
    assert set(uses) == set(PolicyType) - {PolicyType.SESSION}


def test_a_world_without_anything_passes_its_check() -> None:
    """An empty world has no policies in use."""
    _, compiled = question_of({}, {})
    compiled.check()
    assert not list(policies_in_use(compiled.model))


def test_managed_policies_come_from_the_catalog() -> None:
    """An AWS managed policy is attached by its ARN, and decides with its shipped text."""
    world_data = {"accounts": {A: {"users": {"maya": {"policies": [READ_ONLY]}}}}}
    assert verdict({}, world_data) == "allowed"
    assert verdict({"action": "s3:PutObject"}, world_data) == "implicitDeny"


@pytest.mark.parametrize(
    ("name", "close"),
    [("ReadOnlyAcces", "ReadOnlyAccess`"), ("Qqqqqqqqqqqqqqqq", None)],
)
def test_unknown_managed_policies_are_not_known(name: str, close: str | None) -> None:
    """What a managed policy says that the shipped data lacks is not known; a check guesses which
    was meant, where one is near."""
    arn = f"arn:aws:iam::aws:policy/{name}"
    world_data = {"accounts": {A: {"users": {"maya": {"policies": [arn]}}}}}
    assert verdict({}, world_data) == "conditional"
    _, compiled = question_of({}, world_data)
    with pytest.raises(WorldError) as caught:
        compiled.check()
    assert caught.value.code == "unknown-managed-policy"
    assert (caught.value.hint is None) is (close is None)
    assert (close or "") in (caught.value.hint or "")


def test_what_was_worked_out_is_used_again() -> None:
    """A second question about the same caller and resource finds both, and their situation."""
    question, compiled = question_of({}, broken(""))
    question = replace(question, attached=NOTHING_ATTACHED)
    first, second = authorize.prepare(question, compiled), authorize.prepare(question, compiled)
    assert first.situation is second.situation
    other = replace(question, session=Session(tags={"team": "blue"}))
    assert authorize.prepare(other, compiled).situation is not first.situation
    assert "aws:principaltag/team" in authorize.prepare(other, compiled).request.context


def test_sessions_are_told_apart() -> None:
    """Sessions with other policies, tags or names have nothing in common but their role."""
    keys = {
        world.session_key(session)
        for session in (
            Session(),
            Session(name="a"),
            Session(policies=()),
            Session(tags={"a": "1"}),
            Session(source_identity="x"),
            Session(source_user=USER),
        )
    }
    assert len(keys) == 6
    assert world.session_key(PLAIN_SESSION) is None


def test_a_full_memory_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered has a limit: beyond it the oldest goes, and answers stay the same."""
    monkeypatch.setattr(world, "REMEMBERED", 2)
    question, compiled = question_of({"principal": SESSION}, broken(""))
    question = replace(question, attached=NOTHING_ATTACHED)
    for number in range(7):
        asked = replace(question, session=Session(tags={"n": str(number)}))
        assert authorize.prepare(asked, compiled).request.context["aws:principaltag/n"] == str(
            number
        )
        assert 1 <= len(compiled._own.callers) <= 2
        assert 1 <= len(compiled._own.situations) <= 2


def test_a_pickled_world_decides_alike() -> None:
    """A worker gets the world alone and works everything out anew."""
    question, compiled = question_of({"principal": ROLE}, broken(""))
    before = authorize.decide(question, compiled)
    there = pickle.loads(pickle.dumps(compiled))  # noqa: S301 - made here
    assert there.rcp_services == compiled.rcp_services
    assert authorize.decide(question, there).verdict is before.verdict


def test_endpoints_are_found_by_their_id() -> None:
    """An endpoint of any account is found; no id and an unknown id find none."""
    _, compiled = question_of({}, broken(""))
    found = compiled.endpoint("vpce-1")
    assert found is not None
    assert found.account == A
    assert compiled.endpoint("vpce-9") is None
    assert compiled.endpoint(None) is None
