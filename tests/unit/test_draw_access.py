"""Graphs of who reaches what are made of the answers that `who-can`, `paths` and trust give."""

from __future__ import annotations

import pytest

from iamsim.cli.main import main
from iamsim.draw.access import draw_paths, draw_trust, draw_who_can
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.query.role_chains import trusted_roles
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.world.load import load_world

HARBOR = "corpus/examples/harbor"
REPORT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
SHOP = """
accounts:
  "111122223333":
    name: shop
    users:
      dora: {policies: [Assume]}
      dave: {policies: [SelfService]}
    roles:
      ci: {trust: {Version: "2012-10-17", Statement: {Effect: Allow,
        Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole"}}, policies: [Deploy]}
      runner: {trust: {Version: "2012-10-17", Statement: {Effect: Allow,
        Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}}, policies: [Admin]}
    policies:
      Assume: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "sts:AssumeRole",
        Resource: "*", Condition: {Bool: {"aws:MultiFactorAuthPresent": "true"}}}}
      Deploy: {Version: "2012-10-17", Statement: {Effect: Allow,
        Action: ["lambda:*", "iam:PassRole"], Resource: "*"}}
      SelfService: {Version: "2012-10-17", Statement: {Effect: Allow,
        Action: "iam:PutUserPolicy", Resource: "*"}}
      Admin: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}
    resources:
      "arn:aws:kms:eu-west-1:111122223333:key/1":
        policy: {Version: "2012-10-17", Statement: {Effect: Allow,
          Principal: {AWS: "arn:aws:iam::111122223333:role/ci"}, Action: "kms:*", Resource: "*"}}
      "arn:aws:s3:::letters": {kms_key: "arn:aws:kms:eu-west-1:111122223333:key/1"}
"""


def batch_of(path) -> Batch:
    """A world that is ready to be asked about everybody."""
    return Batch(CompiledWorld.checked(load_world(path)))


@pytest.fixture
def shop(tmp_path):
    """A world with ways to more permissions."""
    file = tmp_path / "world.yaml"
    file.write_text(SHOP, encoding="utf-8")
    return file


def test_who_can_is_drawn_with_accounts_as_frames():
    """Direct access, access through roles, and conditions."""
    batch = batch_of(HARBOR)
    actions = ("s3:GetObject", "s3:DeleteObject")
    found = find_who_can(batch, actions, REPORT, via_roles=True)
    dot = draw_who_can(found, batch.world.model).render("dot").decode()
    assert "who can s3:GetObject, s3:DeleteObject on" in dot
    assert "production (111122223333)" in dot
    assert "<b>codebuild.amazonaws.com</b>" in dot
    assert "[label=<assumes>" in dot
    assert "shape=cylinder" in dot


@pytest.mark.parametrize(
    ("action", "said"), [("s3:DeleteObject", "1 kept out"), ("s3:GetObject", "nobody")]
)
def test_whom_guardrails_keep_out_is_a_question_of_its_own(action, said):
    """Who can was not asked, so that nothing is said of it."""
    batch = batch_of(HARBOR)
    found = find_who_can(batch, (), REPORT)
    found.actions, found.blocked = (action,), find_blocked(batch, (action,), REPORT, {})
    dot = draw_who_can(found, batch.world.model).render("dot").decode()
    assert f"who only guardrails keep from {action} on" in dot
    assert f">{said}<" in dot
    assert ("permissions boundary<br/>closed" in dot) is (said != "nobody")
    assert "can:" not in dot


def test_conditions_stand_on_the_arrows(shop):
    """What a call depends on is written where it is drawn."""
    batch = batch_of(shop)
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    found = find_who_can(batch, ("kms:Decrypt",), key, via_roles=True)
    dot = draw_who_can(found, batch.world.model).render("dot").decode()
    assert "assumes<br/>if MFA was used<br/>depends" in dot


def test_whom_the_key_keeps_out_has_an_arrow_to_the_key(shop):
    """What the bucket allows and its key does not."""
    batch = batch_of(shop)
    letters = "arn:aws:s3:::letters/a"
    found = find_who_can(batch, ("s3:GetObject",), letters, with_dependencies=True)
    dot = draw_who_can(found, batch.world.model).render("dot").decode()
    assert "kms:Decrypt<br/>closed" in dot


def test_paths_are_drawn_with_their_ways(shop):
    """Each hop is an arrow with the title of its way and its condition."""
    batch = batch_of(shop)
    found = find_escalations(batch)
    chains = shortest_chains(found, administrators(found))
    picture = draw_paths(found, chains, batch.world.model, goal="administrator of an account")
    dot = picture.render("dot").decode()
    assert "who can become administrator of an account" in dot
    assert "administrator of 111122223333" in dot
    assert "assume a role<br/>if MFA was used<br/>depends" in dot
    assert "is administrator" in dot


def test_somebody_with_a_group_besides_is_a_node_of_their_own():
    """Joining the group is an arrow to it, and what it allows goes on from there."""
    batch = batch_of("tests/golden/paths/group/world.yaml")
    found = find_escalations(batch)
    chains = shortest_chains(found, administrators(found))
    picture = draw_paths(found, chains, batch.world.model, goal="administrator of an account")
    dot = picture.render("dot").decode()
    assert "with builders" in dot
    assert "with AdministratorAccess" in dot
    assert dot.count("join a group") == 1
    assert dot.count("<b>ana</b>") == 2


def test_trust_is_drawn_as_the_engine_decides_it(shop):
    """Every role with those who may assume it; some roles alone, where they are named."""
    batch = batch_of(shop)
    seen = []
    roles = [
        role.arn for _, role in sorted(batch.world.model.accounts["111122223333"].roles.items())
    ]
    trusted = trusted_roles(batch, roles, lambda done, total: seen.append((done, total)))
    dot = draw_trust(trusted, batch.world.model).render("dot").decode()
    assert seen == [(0, 2), (1, 2)]
    assert dot.count(" -> ") == 3
    assert "if MFA was used<br/>depends" in dot
    assert "<b>lambda.amazonaws.com</b>" in dot
    only = draw_trust(trusted[1:], batch.world.model).render("dot").decode()
    assert only.count(" -> ") == 1


def test_the_commands_draw(shop, capsys):
    """`who-can` and `paths` have the formats of pictures."""
    ask = ("who-can", "--world", HARBOR, "s3:GetObject", REPORT)
    assert main([*ask, "--format", "dot", "--theme", "dark"]) == 0
    assert "who can s3:GetObject" in capsys.readouterr().out
    assert main(["paths", "--world", str(shop), "--format", "dot", "--fail"]) == 1
    assert "who can become" in capsys.readouterr().out
