"""Single calls of escalation paths: what is decided once for many, and what is not."""

from __future__ import annotations

import pytest

from iamsim.checks.escalation_paths import Step, known_ways
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.asking import Asker
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.targets import Statements
from iamsim.world.load import load_world_data

HOME = "111111111111"
PASSED = "iam:PassedToService"


class Counting(Batch):
    """A batch that counts what it is asked."""

    asked = 0

    def who(self, *args, **more):
        """Count, and ask."""
        self.asked += 1
        return super().who(*args, **more)


def document(*statements):
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **condition):
    """A statement."""
    one = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**one, "Condition": condition} if condition else one


def setting(statement, roles=None):
    """An asker for one user and some roles."""
    account = {
        "users": {"ana": {"inline_policies": {"own": document(statement)}}},
        "roles": roles or {"one": {}, "two": {}},
    }
    model = load_world_data({"accounts": {HOME: account}})
    batch = Counting(CompiledWorld.checked(model))
    (ana,) = [
        candidate for candidate in batch.candidates if candidate.principal.endswith(":user/ana")
    ]
    return batch, Asker(batch, Statements(batch, HOME, [ana]), denied=False), ana


def passes(service):
    """Passing a role to a service."""
    return Step("iam:PassRole", "target", {PASSED: service})


def ask_all(batch, asker, ana, services=("lambda.amazonaws.com", "ec2.amazonaws.com")):
    """Ask for every role and service; gives who can pass which role to what."""
    found = set()
    for name, role in batch.world.model.accounts[HOME].roles.items():
        for service in services:
            answers = asker.ask(passes(service), role.arn, [ana], role)
            if any(answer.possible for answer in answers.values()):
                found.add((name, service.partition(".")[0]))
    return found


EVERY = {(role, service) for role in ("one", "two") for service in ("lambda", "ec2")}
ONE = f"arn:aws:iam::{HOME}:role/one"


@pytest.mark.parametrize(
    ("statement", "expected", "asked"),
    [
        (allow("iam:PassRole"), EVERY, 1),
        (allow("iam:PassRole", ONE), {("one", "lambda"), ("one", "ec2")}, 2),
        (
            allow("iam:PassRole", StringEquals={PASSED: "lambda.amazonaws.com"}),
            {("one", "lambda"), ("two", "lambda")},
            2,
        ),
        (allow("iam:PassRole", "arn:aws:iam::*:role/${aws:username}"), set(), 2),
        (allow("iam:PassRole", "*", Bool={"aws:MultiFactorAuthPresent": "true"}), EVERY, 1),
    ],
    ids=["everything", "by-name", "by-service", "by-variable", "by-another-key"],
)
def test_a_call_is_decided_again_only_where_a_policy_can_see_a_difference(
    statement, expected, asked
):
    """Between two roles, and between two services that they are passed to."""
    batch, asker, ana = setting(statement)
    assert ask_all(batch, asker, ana) == expected
    assert batch.asked == asked


def test_tags_tell_roles_apart():
    """A condition may ask for the tag of what is passed."""
    statement = allow("iam:PassRole", "*", StringEquals={"aws:ResourceTag/team": "red"})
    roles = {"one": {"tags": {"team": "red"}}, "two": {"tags": {"team": "blue"}}}
    batch, asker, ana = setting(statement, roles)
    assert ask_all(batch, asker, ana) == {("one", "lambda"), ("one", "ec2")}


def test_policies_are_told_apart_by_their_names_alone():
    """Two customer managed policies that no pattern distinguishes are asked for once."""
    step = Step("iam:CreatePolicyVersion", "target-policies", {})
    for resource, expected, asked in (("*", 2, 1), (f"arn:aws:iam::{HOME}:policy/a", 1, 2)):
        batch, asker, ana = setting(allow("iam:CreatePolicyVersion", resource))
        arns = [f"arn:aws:iam::{HOME}:policy/{name}" for name in "ab"]
        able = [arn for arn in arns if asker.ask(step, arn, [ana], None)]
        assert len(able) == expected
        assert batch.asked == asked


def test_what_is_forgotten_is_asked_again():
    """Answers are kept no longer than they are of use."""
    batch, asker, ana = setting(allow("iam:PassRole"))
    ask_all(batch, asker, ana)
    asker.forget()
    ask_all(batch, asker, ana)
    assert batch.asked == 2


def test_only_a_provider_that_may_assume_the_role_is_worth_changing():
    """A trust policy that names two, and denies one of them."""
    first, second = (f"arn:aws:iam::{HOME}:saml-provider/{name}" for name in ("corp", "guests"))
    action = "sts:AssumeRoleWithSAML"
    trust = document(
        {"Effect": "Allow", "Principal": {"Federated": [first, second]}, "Action": action},
        {"Effect": "Deny", "Principal": {"Federated": second}, "Action": action},
    )
    users = {
        name: {"inline_policies": {"own": document(allow("iam:UpdateSAMLProvider", provider))}}
        for name, provider in (("ana", first), ("ben", second))
    }
    account = {"users": users, "roles": {"people": {"trust": trust}}}
    model = load_world_data({"accounts": {HOME: account}})
    ways = [way for way in known_ways() if way.id == "iam-update-saml-provider"]
    found = find_escalations(Batch(CompiledWorld.checked(model)), ways=ways)
    role = f"arn:aws:iam::{HOME}:role/people"
    assert {
        source.rpartition("/")[2] for source, _ in found.graph.in_edges(role) if "user" in source
    } == {"ana"}


def test_pinned_values_name_the_partition():
    """A boundary that is set in China is one of China's policies."""
    (way,) = [way for way in known_ways() if way.id == "iam-put-user-permissions-boundary"]
    (step,) = way.steps
    filled = step.filled("aws-cn").context
    assert filled == {"iam:PermissionsBoundary": "arn:aws-cn:iam::aws:policy/AdministratorAccess"}
    plain = passes("lambda.amazonaws.com")
    assert plain.filled("aws-cn") is plain
