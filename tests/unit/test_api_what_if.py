"""Changed worlds and chains of roles from Python."""

from __future__ import annotations

import pickle

import pytest

import iamsim
from iamsim.api.world import World
from iamsim.world.load import load_world_data
from tests.unit.questions import OBJECT, USER, A, B, allow, deny, policy

ASKED = {"principal": USER, "action": "s3:GetObject", "resource": OBJECT}
READER = f"arn:aws:iam::{B}:role/reader"


@pytest.fixture
def world() -> World:
    """A user who may do everything but read, and a role of another account that reads."""
    trust = policy({**allow(Action="sts:*", Resource=None), "Principal": {"AWS": USER}})
    loop = policy({**allow(Action="sts:AssumeRole", Resource=None), "Principal": {"AWS": READER}})
    model = {
        "accounts": {
            A: {
                "users": {"maya": {"policies": ["All", "NoReads"]}},
                "policies": {"All": policy(allow()), "NoReads": policy(deny(Action="s3:Get*"))},
            },
            B: {
                "roles": {
                    "reader": {"trust": trust, "policies": [policy(allow())]},
                    "next": {"trust": loop},
                },
                "resources": {"arn:aws:s3:::reports": {}},
            },
        }
    }
    return World(load_world_data(model))


def test_without_a_policy(world):
    """The changed world is another one; it can be changed again, and pickled."""
    grant = policy({**allow(), "Principal": {"AWS": USER}})
    changed = world.what_if(without=["NoReads"], with_policies={"resource-based-policy": grant})
    assert changed.explain(**ASKED).allowed
    assert changed.decide(**ASKED).allowed
    assert world.explain(**ASKED).verdict is iamsim.Verdict.EXPLICIT_DENY
    again = changed.what_if(without="resource-based-policy[0]")
    assert again.explain(**ASKED).verdict is iamsim.Verdict.IMPLICIT_DENY
    back = pickle.loads(pickle.dumps(changed))  # noqa: S301 - our own
    assert back.explain(**ASKED).allowed


def test_policies_in_several_forms(world):
    """One document, a list of them, or policies by layer; a layer that is left out."""
    nothing = policy(deny())
    for given in (nothing, [nothing], {"permissions-boundary": [nothing]}):
        changed = world.what_if(with_policies=given)
        request = {**ASKED, "action": "s3:PutObject", "resource": f"arn:aws:sqs:eu-west-1:{A}:q"}
        assert changed.decide(**request).verdict is iamsim.Verdict.EXPLICIT_DENY
    unlayered = world.what_if(without_layers="identity-based-policy")
    assert unlayered.explain(**ASKED).verdict is iamsim.Verdict.IMPLICIT_DENY


def test_a_trust_policy_is_one_without_resources(world):
    """It is added to the trust policy of the role that is asked about."""
    trust = policy({**allow(Action="sts:AssumeRole", Resource=None), "Principal": {"AWS": USER}})
    request = {"principal": USER, "action": "sts:AssumeRole", "resource": READER[:-6] + "next"}
    assert not world.decide(**request).allowed
    changed = world.what_if(with_policies={"resource-based-policy": trust})
    assert changed.decide(**request).allowed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"without": ["NoReds"]}, "policy-not-in-play"),
        ({"without_layers": ["boundary"]}, "unknown-layer"),
        ({"without_layers": ["xyz"]}, "unknown-layer"),
        ({"with_policies": {"s3-block-public-access": []}}, "unknown-layer"),
    ],
)
def test_what_is_not_there_is_an_error(world, arguments, code):
    """Names of policies and layers are checked at once."""
    with pytest.raises(iamsim.RequestError) as caught:
        world.what_if(**arguments)
    assert caught.value.code == code


def test_a_chain_asks_as_its_last_session(world):
    """The chain says who asks, and goes on from there."""
    chain = world.assume(READER, principal=USER, session={"name": "s1"})
    assert chain.allowed
    assert chain.verdict is iamsim.Verdict.ALLOWED
    assert chain.principal == f"arn:aws:sts::{B}:assumed-role/reader/s1"
    assert chain.explain(action="s3:GetObject", resource=OBJECT).allowed
    further = chain.assume("next", session={"name": "s2"})
    assert [hop.verdict.value for hop in further.hops] == ["allowed", "allowed"]
    assert not further.explain(action="s3:GetObject", resource=OBJECT).allowed
    assert str(chain).startswith("chain of roles: 1 hop, allowed; arn:aws:sts::")
    assert repr(further) == f"<Chain allowed: {READER} > arn:aws:iam::{B}:role/next>"
    assert [hop["role"] for hop in further.to_dict()["hops"]] == [READER, READER[:-6] + "next"]
    with pytest.raises(TypeError, match="no truth value"):
        bool(chain)


def test_a_broken_chain_does_not_ask(world):
    """Its hops say why; there is no session that could ask or go on."""
    chain = world.assume("next", principal=USER)
    assert not chain.allowed
    assert "hop is denied" in str(chain)
    for go_on in (lambda: chain.explain(action="s3:GetObject"), lambda: chain.assume(READER)):
        with pytest.raises(iamsim.RequestError) as caught:
            go_on()
        assert caught.value.code == "broken-chain"


def test_a_chain_in_a_changed_world(world):
    """A policy that is gone is gone for hops as well."""
    changed = world.what_if(without=["All"])
    assert not changed.assume(READER, principal=USER).allowed
