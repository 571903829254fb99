"""Corners of the rooms that decide, which otherwise only slower tests come to."""

from __future__ import annotations

import iamsim
from iamsim.core.caret import without_orders
from iamsim.core.ways import undecided_layers
from iamsim.engine.authorize import prepare
from iamsim.engine.documents import PolicyLibrary
from iamsim.symbolic.partial import answer
from iamsim.world.load import load_world_data
from tests.unit.questions import (
    BUCKET,
    KEY,
    ROLE,
    USER,
    A,
    Data,
    allow,
    compiled,
    deny,
    policy,
    question_of,
    request_of,
)

LOST = {"unknown": "the file was not there", "source": "p.json"}
POINT = f"arn:aws:s3::{A}:accesspoint/both.mrap"


def test_orders_in_markup_are_replaced_and_other_text_is_the_same() -> None:
    """Text that reorders its neighbours never reaches a page; a plain text stays as it is."""
    assert without_orders("<b>plain</b>") == "<b>plain</b>"
    assert "\u202e" not in without_orders("<b>\u202e</b>")


def test_what_is_not_known_is_named_and_its_layer_is_undecided() -> None:
    """A lost policy is named whole, a lost statement by its number."""
    for lost, what in (
        (LOST, "the policy `identity_policies[0]`"),
        (policy(LOST), "statement 1 of the policy `identity_policies[0]`"),
    ):
        found = iamsim.explain(
            principal=USER,
            action="s3:GetObject",
            resource=f"{BUCKET}/k",
            identity_policies=[lost],
        )
        assert [unknown.what for unknown in found.unknowns] == [what]
        assert [layer.value for layer in undecided_layers(found)] == ["identity-based-policy"]


def test_all_conditions_of_a_statement_are_looked_at() -> None:
    """The second is asked where the first holds."""
    made = compiled(allow(Condition={"StringEquals": {"aws:a": "1"}, "Bool": {"aws:b": "true"}}))
    assert made.matches(request_of(context={"aws:a": "1", "aws:b": "true"}))
    assert not made.matches(request_of(context={"aws:a": "1", "aws:b": "false"}))


def test_a_variable_of_which_the_key_is_known_leaves_nothing_open() -> None:
    """Of the keys that are not known only those in a pattern keep it open."""
    made = compiled(allow(Resource=f"{BUCKET}/${{aws:username}}"))
    assert made.residual(request_of(resource=f"{BUCKET}/maya", context={"aws:username": "maya"}))


def test_a_request_through_an_access_point_is_seen_by_each_bucket() -> None:
    """As each bucket behind a Multi-Region Access Point sees it, beside the point itself."""
    resources: Data = {
        POINT: {"buckets": ["arn:aws:s3:::east", "arn:aws:s3:::west"]},
        "arn:aws:s3:::east": {},
        "arn:aws:s3:::west": {},
    }
    world = {"accounts": {A: {"users": {"maya": {}}, "resources": resources}}}
    views = prepare(*question_of({"resource": f"{POINT}/object/k"}, world)).views()
    assert [view.resource for view in views] == [
        f"{POINT}/object/k",
        "arn:aws:s3:::east/k",
        "arn:aws:s3:::west/k",
    ]


def test_grants_of_a_key_are_read_once() -> None:
    """The grants of a key are the same set of policies in each question."""
    grant = {"grantee": ROLE, "operations": ["Decrypt"]}
    account = {"roles": {"app": {"trust": policy()}}, "resources": {KEY: {"grants": [grant]}}}
    model = load_world_data({"accounts": {A: account}})
    library, key = PolicyLibrary(), model.find_resource(KEY)
    assert key is not None
    assert library.grants(key) is library.grants(key)


def test_a_trust_policy_that_denies_tags_may_allow_them_too() -> None:
    """Whether a session brings tags is open where an Allow stands behind a Deny."""
    trust = policy(
        deny(Principal={"AWS": "222222222222"}, Action="sts:TagSession", Resource=None),
        allow(
            Principal={"AWS": USER},
            Action=["sts:AssumeRole", "sts:TagSession"],
            Resource=None,
            Condition={"StringEquals": {"aws:RequestTag/team": "a"}},
        ),
    )
    world = {"accounts": {A: {"users": {"maya": {}}, "roles": {"app": {"trust": trust}}}}}
    request = {"action": "sts:AssumeRole", "resource": ROLE, "unknown": ["aws:RequestTag/team"]}
    residual = answer(*question_of(request, world)).residual
    assert residual is not None
    assert residual.keys == ("aws:RequestTag/team",)
