"""Line drawings: the steps of a decision, and the organization as a tree."""

from __future__ import annotations

import iamsim
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.reason import Reason
from iamsim.draw.organization import tree_of
from iamsim.draw.terminal import decision_lines, tree_lines
from iamsim.words.steps import picture_of
from tests.unit import report_samples as samples

HARBOR = "corpus/examples/harbor"
DEPLOY = "arn:aws:iam::111122223333:role/deploy"
FILE = "arn:aws:s3:::harbor-reports/finance/2026.csv"


def harbor(action: str, resource: str = "*", **more: object):
    """An answer about the example company, and its world."""
    world = iamsim.load(HARBOR)
    answer = world.explain(principal=DEPLOY, action=action, resource=resource, **more)
    return world.model, answer._inner


def test_steps_stand_below_each_other():
    """The sentence first; then denies, guardrails and ways in, with why each gate stands so. The
    line is dotted behind the gate that decides, and there is no arrow at the end of a denial."""
    _, answer = harbor("s3:DeleteObject", FILE)
    levels = "allowed by Root, Workloads, 111122223333"
    allows = "statement 1 “WholeBucket” of Deploy, deploy.json:4"
    near = "closest: statement 1 “ReadAndWriteReports” of DeployBoundary, deploy-boundary.json:4"
    failing = "its Action says s3:Get*, s3:List*, s3:PutObject, the request s3:DeleteObject"
    boundary = f"none of 2 statements allows it, {near}, {failing}"
    assert decision_lines(picture_of(answer), 300) == [
        "  ✕ denied implicitly: the permissions boundary “DeployBoundary” does not allow it",
        "  ● Explicit denies: none applies",
        "  │",
        "  ● Guardrails: each must allow",
        f"  │   ✓ open    resource control policy: {levels}",
        f"  │   ✓ open    service control policy: {levels}",
        "  │",
        "  ● Ways in: one is enough",
        "  ┊   identity-based policy of the caller",
        f"  ┊   ├─✓ open    identity-based policy: {allows}",
        f"  ┊   ├─✕ closed  permissions boundary ◀ decides: {boundary}",
        "  ┊   └─not asked: resource-based policy",
        "  ┊   resource-based policy naming the caller or everyone",
        "  ┊   ├─✕ closed  resource-based policy: none of 2 statements allows it",
        "  ┊   └─not asked: identity-based policy, permissions boundary",
        "  ┊   resource-based policy naming the role",
        "  ┊   ├─✕ closed  resource-based policy: none of 2 statements allows it",
        f"  ┊   ├─(closed)  permissions boundary: {boundary}",
        "  ┊   └─not asked: identity-based policy",
        "  ┊",
        "  ✕ denied implicitly",
    ]


def test_an_allow_ends_in_an_arrow_in_plain_ascii_too():
    """Character by character the same, quotes apart."""
    _, answer = harbor("s3:PutObject", FILE)
    lines = decision_lines(picture_of(answer), 100)
    plain = decision_lines(picture_of(answer), 100, ascii_only=True)
    assert len(lines) == len(plain)
    assert all(line.isascii() for line in plain)
    assert lines[-2:] == ["  ▼", "  ✓ allowed"]
    assert plain[-2:] == ["  v", "  + allowed"]


def test_long_texts_are_broken_beside_their_gate():
    """No line is wider than the terminal, down to a width in which words have no room."""
    _, answer = harbor("s3:DeleteObject", FILE)
    for width in (40, 60, 100):
        lines = decision_lines(picture_of(answer), width)
        assert max(map(len, lines)) <= width
    assert max(map(len, decision_lines(picture_of(answer), 1))) == 38


def test_without_a_way_in_the_sentence_stands_there():
    """What is always allowed has no gates."""
    _, answer = harbor("sts:GetCallerIdentity")
    assert decision_lines(picture_of(answer), 100) == [
        "  ✓ allowed: always allowed, whatever policies say",
        "  ● Explicit denies: none applies",
        "  │",
        "  ● Ways in",
        "  │   always allowed, whatever policies say",
        "  │",
        "  ▼",
        "  ✓ allowed",
    ]


def test_an_explicit_deny_stands_first_and_all_behind_it_in_parentheses():
    """A service that no RCP covers is said, too; ways without a policy are one line."""
    _, answer = harbor("cloudtrail:StopLogging")
    lines = decision_lines(picture_of(answer), 300)
    assert lines[1] == "  ● Explicit denies: one is enough"
    assert lines[2].startswith(
        "  ┊   ✕ deny    service control policy ◀ decides: Workloads: closed"
    )
    assert "  ┊   (n/a)     resource control policy: it does not cover this service" in lines
    assert "  ┊   ├─(closed)  identity-based policy: none of 2 statements allows it" in lines
    assert lines[-3].startswith("  ┊   nothing there to let it in: ")


def test_paint_does_not_move_anything():
    """Only words are painted."""
    _, answer = harbor("s3:DeleteObject", FILE)
    painted = decision_lines(picture_of(answer), 100, paint=lambda text, state: f"<{text}>")
    plain = decision_lines(picture_of(answer), 100)
    assert [line.replace("<", "").replace(">", "") for line in painted] == plain
    assert painted[0].startswith("  <✕ denied implicitly>: ")


def test_what_is_not_known_may_deny_first():
    """A layer that may deny stands in the first step; the way that asks it is neither open nor
    closed."""
    layers = (
        samples.layer(Layer.IDENTITY_BASED_POLICY, Outcome.UNKNOWN, Reason.DEPENDS_ON_UNKNOWN),
    )
    ways = samples.near_miss_answer().explanation.ways[1:]
    answer = samples.answer(Verdict.CONDITIONAL, layers=layers, ways=ways)
    lines = decision_lines(picture_of(answer), 100, ascii_only=True)
    gate = "? depends identity-based policy: depends on what is not known"
    assert lines[1:] == [
        "  * Explicit denies: not known whether it applies",
        f"  |   {gate}",
        "  |",
        "  * The way in",
        "  :   identity-based policy of the caller",
        f"  :   +-{gate}",
        "  :",
        "  ? conditional",
    ]


def test_the_organization_is_a_tree_with_its_policies():
    """The level that blocks says why."""
    model, answer = harbor("cloudtrail:StopLogging")
    lines = tree_lines(tree_of(model, answer), 120)
    assert lines[0] == "organization o-harbor00001"
    assert lines[1] == f"cloudtrail:StopLogging by {DEPLOY} on *"
    why = "statement 2 “KeepTheTrail” of StayInEurope, stay-in-europe.json:11"
    assert lines[2:] == [
        "root Root (r-hb01)",
        "│  SCP open FullAWSAccess",
        "│  RCP RCPFullAWSAccess",
        "├─ management account 999999999999",
        "│     SCP FullAWSAccess",
        "│     RCP RCPFullAWSAccess",
        "└─ unit Workloads (ou-hb01-workload)",
        f"   │  SCP closed FullAWSAccess, StayInEurope: {why}",
        "   │  RCP RCPFullAWSAccess",
        "   ├─ account production (111122223333)",
        "   │     SCP open FullAWSAccess",
        "   │     RCP RCPFullAWSAccess",
        "   └─ account analytics (444455556666)",
        "         SCP FullAWSAccess",
        "         RCP RCPFullAWSAccess",
    ]
    narrow = tree_lines(tree_of(model, answer), 60, ascii_only=True)
    assert all(len(line) <= 60 for line in narrow)
    plain = tree_lines(tree_of(model), 60, ascii_only=True)
    assert all(line.isascii() for line in plain)
