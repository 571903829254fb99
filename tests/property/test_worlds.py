"""The generated cases are worth testing with: valid, varied, and decided by every layer."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import decide
from tests.oracle.document import statements
from tests.property import rarities, worlds
from tests.property.tape import Tape


def tapes(source: random.Random, *sizes: int) -> list[Tape]:
    """Make tapes as hypothesis would, but without hypothesis."""
    return [Tape(source.randbytes(size)) for size in sizes]


def in_a_world(source: random.Random) -> tuple[Any, Any]:
    """Make one case with a world."""
    return worlds.case(*tapes(source, 120, 160, 220, 110, 140))


def alone(source: random.Random) -> tuple[Any, Any]:
    """Make one case without a world."""
    return None, worlds.standalone(*tapes(source, 120, 160, 110, 200))


@pytest.mark.parametrize("make", [in_a_world, alone])
def test_every_verdict_and_layer_occurs_often_enough(make: Any) -> None:
    """Each verdict is at least 15 % of the cases, and each layer decides some of them."""
    source = random.Random(20261124)  # noqa: S311 (a fixed sample, no secret)
    questions = [make(source) for _ in range(2000)]
    answers = [decide(request, world) for world, request in questions]
    verdicts = Counter(answer["decision"] for answer in answers)
    assert min(verdicts[name] for name in ("allowed", "explicitDeny", "implicitDeny")) >= 300
    assert {answer["layer"] for answer in answers} == {
        None,
        "service-control-policy",
        "resource-control-policy",
        "resource-based-policy",
        "identity-based-policy",
        "permissions-boundary",
        "session-policy",
        "vpc-endpoint-policy",
        "s3-block-public-access",
    }


@pytest.mark.parametrize("theme", dict.fromkeys(rarities.THEMES), ids=lambda one: one.__name__)
def test_every_rare_theme_is_allowed_and_denied(theme: Any) -> None:
    """Of the cases of each theme some are allowed, some denied by a Deny and some without one;
    but nobody with an account gets into another partition."""
    source = random.Random(20261126)  # noqa: S311 (a fixed sample, no secret)
    verdicts = Counter()
    for _ in range(150):
        world, request = theme(Tape(source.randbytes(140)), tapes(source, 120, 160, 220, 150, 140))
        foreign = theme is rarities.other_partition and request["principal"] != "anonymous"
        decision = decide(request, world)["decision"]
        assert not (foreign and decision == "allowed")
        verdicts[decision] += 1
    expected = {"allowed", "explicitDeny", "implicitDeny"}
    assert set(verdicts) == expected


@given(worlds.cases(overlays=True))
def test_layers_of_a_request_fit_into_worlds(question: tuple[Any, Any]) -> None:
    """Every generated case is one that can be answered: no policy in it is invalid."""
    world, request = question
    answer = decide(request, world)
    assert answer["layer"] is not None or request["action"] == "sts:GetCallerIdentity"


@given(worlds.standalone_cases())
def test_a_permission_more_takes_nothing_away(request_: Any) -> None:
    """Another Allow in the identity policies leaves an allowed request allowed."""
    more = [*request_.get("identity_policies", []), worlds.FULL]
    if decide(request_)["decision"] == "allowed":
        assert decide({**request_, "identity_policies": more})["decision"] == "allowed"


@given(worlds.cases())
def test_a_deny_of_everything_beats_everything(question: tuple[Any, Any]) -> None:
    """A boundary that denies everything stops every user and role, granted or not."""
    world, request = question
    everything = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    boundary = {"Version": "2012-10-17", "Statement": everything}
    answer = decide({**request, "boundary": boundary}, world)
    kind = request["principal"].partition("/")[0].rpartition(":")[2]
    if kind in ("user", "role", "assumed-role") and answer["layer"] is not None:
        assert answer["decision"] == "explicitDeny"


KINDS = ["identity", "boundary", "session", "scp", "rcp", "resource", "trust", "vpce"]


@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), worlds.policies(kind))))
def test_generated_documents_are_valid(made: tuple[str, Any]) -> None:
    """Every generated document is one that AWS would store as a policy of its kind."""
    kind, policy = made
    assert statements(policy, kind)


@given(worlds.conditions(), worlds.statements())
def test_generated_parts_are_valid(condition: Any, statement: Any) -> None:
    """Generated statements and Condition blocks are valid on their own and together."""
    whole = {"Statement": {**statement, "Condition": condition}}
    assert statements(whole, "identity")[0]["condition"] == condition
