"""Callers of whom a world has no policies: accounts, organizations, principals, and what they are
asked as. Each answer is held against the engine's for the principal that stands for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamsim.core.decision import Layer, Verdict
from iamsim.core.hint import HintKind
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.external import find_external
from iamsim.query.batch import Batch, CandidateKind
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.query.who_can_remarks import Oddity
from iamsim.symbolic.partial import answer
from iamsim.universe.mentions import principals_like
from iamsim.world.load import load_world_data
from tests.unit.test_query_batch import AWAY, BUCKET, HOME, KEY, allow, user

OBJECT = f"{BUCKET}/x"
PARTNER, STRANGER = "777788889999", "888899990000"
NOBODY = "000000000000"
ROLE = f"arn:aws:iam::{HOME}:role/app"
OWN_POLICIES = "if the unknown identity-based policy allows it"


def statement(principal, action="s3:GetObject", resource=f"{BUCKET}/*", **more):
    """Make a statement of a resource-based policy."""
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        **more,
    }


def document(*statements):
    """Make a policy of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def world_of(*statements, **more):
    """A world whose bucket has a policy of these statements."""
    resources = {BUCKET: {"policy": document(*statements)}}
    return load_world_data({"accounts": {HOME: {"resources": resources}}, **more})


def trusting(*statements):
    """A world with one role that trusts somebody, and may read everything."""
    trust = [
        {"Effect": "Allow", "Action": "sts:AssumeRole", **entry} if "Action" not in entry else entry
        for entry in statements
    ]
    role = {"trust": document(*trust), "policies": [allow("s3:*")]}
    return load_world_data(
        {"accounts": {HOME: {"roles": {"app": role}, "resources": {BUCKET: {}}}}}
    )


def outside(model, action="s3:GetObject", resource=OBJECT, context=None, **options):
    """Those that are allowed and not of the world: principal to (verdict, condition, asked as)."""
    batch = Batch(CompiledWorld(model), **options)
    return {
        entry.principal: (
            entry.answer.verdict.value,
            entry.answer.residual.sentence.removeprefix("allowed ")
            if entry.answer.residual
            else None,
            entry.candidate.asked[0].principal,
        )
        for entry in batch.who(action, resource, context=context)
        if entry.candidate.account not in model.accounts
    }


def head(account):
    """The start of ARNs of an account."""
    return f"arn:aws:iam::{account}:"


def test_an_account_that_a_role_trusts_can_assume_it():
    """A root user can't assume roles, and the account stands for its roles and users as well."""
    model = trusting({"Principal": {"AWS": PARTNER}})
    asked = f"{head(PARTNER)}role/iamsim-outside"
    assert outside(model, "sts:AssumeRole", ROLE) == {
        f"{head(PARTNER)}root": ("conditional", OWN_POLICIES, asked)
    }
    found = find_who_can(Batch(CompiledWorld(model)), ["s3:GetObject"], OBJECT, via_roles=True)
    chains = {
        access.candidate.principal: (access.roles, access.verdict) for access in found.accesses
    }
    assert chains[f"{head(PARTNER)}root"] == ((ROLE,), Verdict.CONDITIONAL)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ({}, "role/iamsim-outside"),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, "role/iamsim-outside"),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, "user/iamsim-outside"),
        ({"StringEquals": {"aws:PrincipalType": "Account"}}, "root"),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:root"}}, "root"),
    ],
)
def test_an_account_can_what_one_kind_of_its_principals_can(condition, asked):
    """The first of role, user and root user that is allowed; of the root user nothing is open."""
    model = world_of(statement({"AWS": PARTNER}, Condition=condition))
    ((principal, (verdict, sentence, who)),) = outside(model).items()
    assert principal == f"{head(PARTNER)}root"
    assert who == f"{head(PARTNER)}{asked}"
    expected = ("allowed", None) if asked == "root" else ("conditional", OWN_POLICIES)
    assert (verdict, sentence) == expected


@pytest.mark.parametrize(
    ("principal", "unknown"),
    [
        (f"{head(PARTNER)}role/ci", {"identity-based-policy"}),
        (f"{head(PARTNER)}user/eve", {"identity-based-policy"}),
        (f"arn:aws:sts::{PARTNER}:assumed-role/ci/s", {"identity-based-policy"}),
        (f"arn:aws:sts::{PARTNER}:federated-user/f", {"identity-based-policy", "session-policy"}),
    ],
)
def test_named_principals_of_other_accounts_are_answered_as_the_engine_does(principal, unknown):
    """Their own policies are not known, and of a federated user not those of the session."""
    model = world_of(statement({"AWS": principal}))
    alone = answer(
        Question(principal, "s3:GetObject", OBJECT, unknown=frozenset(unknown)),
        CompiledWorld(model),
    )
    assert alone.residual is not None
    sentence = alone.residual.sentence.removeprefix("allowed ")
    assert outside(model) == {principal: ("conditional", sentence, principal)}


def test_a_federated_user_of_the_world_has_policies_that_nobody_names():
    """Named by its own account it needs none, but for a session policy that does not deny."""
    principal = f"arn:aws:sts::{HOME}:federated-user/f"
    batch = Batch(CompiledWorld(world_of(statement({"AWS": principal}))))
    found = {entry.principal: entry for entry in batch.who("s3:GetObject", OBJECT)}
    one = found[principal]
    assert one.candidate.kind is CandidateKind.SESSION
    alone = answer(batch.question_as(one.candidate, "s3:GetObject", OBJECT), batch.world)
    assert one.answer.verdict is alone.decision.verdict


def test_an_origin_access_identity_is_named_by_its_arn():
    """CloudFront reads a bucket with it: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html."""
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
    batch = Batch(CompiledWorld(world_of(statement({"AWS": identity}))))
    found = {entry.principal: entry for entry in batch.who("s3:GetObject", OBJECT)}
    assert found[identity].candidate.kind is CandidateKind.ORIGIN_ACCESS_IDENTITY
    assert found[identity].answer.verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("condition", "principal", "asked"),
    [
        (
            {"StringEquals": {"aws:PrincipalOrgID": "o-other"}},
            "o-other",
            f"{head(NOBODY)}role/iamsim-outside",
        ),
        (
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-other/r-1/*"}},
            "o-other/r-1/*",
            f"{head(NOBODY)}role/iamsim-outside",
        ),
        (
            {"StringEquals": {"aws:PrincipalAccount": PARTNER}},
            f"{head(PARTNER)}root",
            f"{head(PARTNER)}role/iamsim-outside",
        ),
        (
            {"ArnLike": {"aws:PrincipalArn": f"{head(PARTNER)}role/ci-*"}},
            f"{head(PARTNER)}role/ci-*",
            f"{head(PARTNER)}role/ci-x",
        ),
        (
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci-?"}},
            "arn:aws:iam::*:role/ci-?",
            f"{head(NOBODY)}role/ci-x",
        ),
        (
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::77*:user/*"}},
            "arn:aws:iam::77*:user/*",
            f"{head('770000000000')}user/x",
        ),
        (
            {"StringNotEquals": {"aws:PrincipalType": "Anonymous"}},
            "*",
            f"{head(NOBODY)}role/iamsim-outside",
        ),
    ],
)
def test_everyone_under_a_condition_is_those_whom_it_names(condition, principal, asked):
    """Nobody of the world can, and nobody without credentials."""
    model = world_of(statement("*", Condition=condition))
    found = outside(model)
    assert found[principal] == ("conditional", OWN_POLICIES, asked)
    assert "anonymous" not in found
    assert outside(model, partial=False)[principal] == ("conditional", OWN_POLICIES, asked)


def test_what_anyone_can_is_not_repeated_for_those_whom_nobody_names():
    """Conditions that do not ask who calls are the same for all."""
    address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    assert set(outside(world_of(statement("*", Condition=address)))) == {"anonymous"}
    typed = {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}
    both = world_of(statement("*", Condition=address), statement("*", Condition=typed))
    assert set(outside(both)) == {"anonymous", "*"}
    organization = {"StringEquals": {"aws:PrincipalOrgID": "o-other"}}
    assert set(outside(world_of(statement("*"), statement("*", Condition=organization)))) == {
        "anonymous"
    }


def test_a_pattern_of_an_account_that_can_is_not_repeated_but_beside_its_root_user():
    """Where the whole account can, a condition on some of its roles adds nothing."""
    arns = {"ArnLike": {"aws:PrincipalArn": f"{head(PARTNER)}role/ci-*"}}
    some = statement("*", Condition=arns)
    account = f"{head(PARTNER)}root"
    assert set(outside(world_of(statement({"AWS": PARTNER}), some))) == {account}
    typed = {"StringEquals": {"aws:PrincipalType": "Account"}}
    root = statement({"AWS": PARTNER}, Condition=typed)
    assert set(outside(world_of(root, some))) == {account, f"{head(PARTNER)}role/ci-*"}


@pytest.mark.parametrize("kind", ["AssumedRole", "User", "Account"])
def test_findings_ask_for_the_same_principals_of_an_account(kind):
    """Access from outside is reported whatever kind of principal alone has it."""
    condition = {"StringEquals": {"aws:PrincipalType": kind}}
    model = world_of(statement({"AWS": PARTNER}, Condition=condition))
    (finding,) = find_external(Batch(CompiledWorld(model))).findings
    assert finding.principal == {"AWS": PARTNER}
    assert finding.actions == ("s3:GetObject",)
    assert set(outside(model)) == {f"{head(PARTNER)}root"}


def test_the_service_of_a_resource_for_which_a_condition_lets_in_is_a_caller():
    """A queue that everyone may fill for one topic lets in the service of topics alone."""
    topic = f"arn:aws:sns:eu-west-1:{PARTNER}:news"
    model = world_of(statement("*", Condition={"ArnEquals": {"aws:SourceArn": topic}}))
    found = outside(model)
    assert set(found) == {"sns.amazonaws.com"}
    assert topic in found["sns.amazonaws.com"][1]


def test_accounts_of_the_organization_without_data_are_one_caller_for_each_place():
    """What the tree lists and no account of the world describes."""
    own = {"StringEquals": {"aws:PrincipalOrgID": "o-home"}}
    model = world_of(
        statement("*", Condition=own),
        organization={
            "id": "o-home",
            "management_account": HOME,
            "root": {
                "id": "r-1",
                "accounts": [HOME, AWAY],
                "units": {"Work": {"id": "ou-1", "accounts": [PARTNER, STRANGER]}},
            },
        },
    )
    found = outside(model)
    assert {name: who for name, (_, _, who) in found.items()} == {
        "o-home/r-1/": f"{head(AWAY)}role/iamsim-outside",
        "o-home/r-1/ou-1/": f"{head(PARTNER)}role/iamsim-outside",
    }


def test_whom_not_principal_spares_is_asked_for():
    """A Deny for all but one role leaves that role, not its account."""
    spared = [f"{head(PARTNER)}role/ci", f"{head(PARTNER)}root"]
    deny = {**statement("*"), "Effect": "Deny", "NotPrincipal": {"AWS": spared}}
    del deny["Principal"]
    found = outside(world_of(statement({"AWS": PARTNER}), deny))
    assert found[f"{head(PARTNER)}role/ci"][0] == "conditional"
    assert found[f"{head(PARTNER)}root"][2] == f"{head(PARTNER)}root"


def test_the_role_of_a_permission_set_may_be_named_where_no_account_lists_it():
    """Identity Center gave it a name of its own; the people are those of the permission set."""
    path = "/aws-reserved/sso.amazonaws.com/"
    arn = f"{head(HOME)}role{path}AWSReservedSSO_Dev_0123456789abcdef"
    resources = {BUCKET: {"policy": document(statement({"AWS": arn}))}}
    sets = {"Dev": {"assignments": ["group devs"]}}
    model = load_world_data({"accounts": {HOME: {"permission_sets": sets, "resources": resources}}})
    batch = Batch(CompiledWorld(model))
    found = {entry.principal: entry for entry in batch.who("s3:GetObject", OBJECT)}
    assert found[arn].candidate.people == ("group devs",)
    assert found[arn].candidate.kind is CandidateKind.IDENTITY_CENTER


def test_partitions_other_than_the_first_have_root_users_of_their_own():
    """An account id says no partition: the world does."""
    bucket = "arn:aws-cn:s3:::data"
    policy = document(statement({"AWS": PARTNER}, resource=f"{bucket}/*"))
    model = load_world_data(
        {"accounts": {HOME: {"partition": "aws-cn", "resources": {bucket: {"policy": policy}}}}}
    )
    found = outside(model, resource=f"{bucket}/x")
    assert set(found) == {f"arn:aws-cn:iam::{PARTNER}:root"}


@pytest.mark.parametrize("told", [False, True])
def test_canonical_users_are_those_of_the_account_that_has_them(told):
    """Principals of that account are callers; whose the id is otherwise nobody says."""
    identifier = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
    own = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    partner = {"users": {"lena": {"policies": [document(own)]}}}
    if told:
        partner["canonical_user_id"] = identifier
    named = document(statement({"CanonicalUser": identifier}))
    home = {"resources": {BUCKET: {"policy": named}}}
    model = load_world_data({"accounts": {HOME: home, PARTNER: partner}})
    found = find_who_can(Batch(CompiledWorld(model)), ["s3:GetObject"], OBJECT)
    callers = {access.candidate.principal for access in found.accesses}
    assert (f"{head(PARTNER)}user/lena" in callers) is told
    assert found.canonical_users == (() if told else ((identifier, "s3:GetObject"),))


def perimeter(**more):
    """A world whose resource control policy keeps other organizations out, and whose endpoint lets
    nobody read."""
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-home"}},
    }
    closed = document(statement("*", action="s3:PutObject", resource="*"))
    return load_world_data(
        {
            "organization": {
                "id": "o-home",
                "management_account": AWAY,
                "root": {"accounts": [HOME], "rcps": ["RCPFullAWSAccess", document(deny)]},
            },
            "accounts": {
                HOME: {
                    "users": {"ann": {"policies": [allow("s3:*")]}},
                    "resources": {BUCKET: {"policy": document(statement({"AWS": PARTNER}))}},
                    "vpc_endpoints": {"vpce-1": {"policy": closed}},
                    **more,
                }
            },
        }
    )


def test_guardrails_keep_accounts_outside_from_it():
    """With all that the other account may allow, a resource control policy denies; through an
    endpoint its policy denies the rest, too."""
    batch = Batch(CompiledWorld(perimeter()))
    elsewhere = {"aws:PrincipalOrgID": "o-other"}
    blocked = find_blocked(batch, ["s3:GetObject"], OBJECT, elsewhere)
    layers = {entry.candidate.principal: [by.layer for by in entry.blockers] for entry in blocked}
    assert layers[f"{head(PARTNER)}root"] == [Layer.RESOURCE_CONTROL_POLICY]
    through = find_blocked(batch, ["s3:GetObject"], OBJECT, {"aws:SourceVpce": "vpce-1"})
    layers = {entry.candidate.principal: [by.layer for by in entry.blockers] for entry in through}
    assert layers[user("ann")] == [Layer.VPC_ENDPOINT_POLICY]
    assert find_who_can(batch, ["s3:PutObject"], OBJECT, {"aws:SourceVpce": "vpce-1"}).accesses
    assert not find_who_can(batch, ["s3:GetObject"], OBJECT, {"aws:SourceVpce": "vpce-1"}).accesses


def test_the_call_to_the_key_comes_through_no_endpoint():
    """A service that calls another in the caller's name hands its network on to nobody."""
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    key = document(statement({"AWS": HOME}, "kms:*", "*", Condition=condition))
    users = {"ann": {"policies": [allow("*")]}}
    model = load_world_data(
        {
            "accounts": {
                HOME: {
                    "users": users,
                    "resources": {BUCKET: {"kms_key": KEY}, KEY: {"policy": key}},
                }
            }
        }
    )
    batch = Batch(CompiledWorld(model), partial=False)
    context = {"aws:SourceVpce": "vpce-1"}
    found = find_who_can(batch, ["s3:GetObject"], OBJECT, context, with_dependencies=True)
    assert {entry.candidate.principal for entry in found.denied_by_key} >= {user("ann")}


def test_what_a_question_gives_wins_over_what_stands_for_somebody():
    """A given organization is that of every caller, in whatever letter case."""
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-other"}}
    model = world_of(statement("*", Condition=condition))
    assert outside(model, context={"aws:principalorgid": "o-else"}) == {}
    everyone = outside(model, context={"aws:principalorgid": "o-other"})
    assert everyone["anonymous"][0] == "allowed"


def test_questions_in_the_name_of_somebody_keep_the_rest():
    """Only the caller and what is known of it are put in."""
    batch = Batch(CompiledWorld(world_of(statement({"AWS": PARTNER}))))
    (account,) = batch.named("s3:GetObject", OBJECT)
    plain = batch.question(f"{head(PARTNER)}role/iamsim-outside", "s3:GetObject", OBJECT)
    asked = batch.question_as(account, "s3:GetObject", OBJECT)
    assert asked.unknown == {"identity-based-policy"}
    assert replace(asked, unknown=plain.unknown, unset=plain.unset) == plain


def test_chains_begin_outside_with_services_and_providers_and_people():
    """Each hop is what the engine answers for the call of the one who makes it."""
    path = "/aws-reserved/sso.amazonaws.com/"
    people = f"{head(HOME)}role{path}AWSReservedSSO_Dev_0123456789abcdef"
    saml, oidc = (
        f"{head(HOME)}{word}" for word in ("saml-provider/city", "oidc-provider/id.example")
    )
    desk, reader = f"{head(HOME)}role/desk", f"{head(HOME)}role/reader"
    trust = document(
        statement({"AWS": [PARTNER, people]}, "sts:AssumeRole"),
        statement({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole"),
        statement({"Federated": saml}, "sts:AssumeRoleWithSAML"),
        statement({"Federated": oidc}, "sts:AssumeRoleWithWebIdentity"),
        statement(
            "*", "sts:AssumeRole", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-other"}}
        ),
    )
    for entry in trust["Statement"]:
        del entry["Resource"]
    back = document({"Effect": "Allow", "Principal": {"AWS": desk}, "Action": "sts:AssumeRole"})
    model = load_world_data(
        {
            "organization": {"id": "o-home", "management_account": HOME},
            "accounts": {
                HOME: {
                    "permission_sets": {
                        "Dev": {"assignments": ["group devs"], "inline": allow("sts:AssumeRole")}
                    },
                    "roles": {
                        "desk": {"trust": trust, "policies": [allow("sts:AssumeRole")]},
                        "reader": {"trust": back, "policies": [allow("s3:GetObject")]},
                    },
                    "resources": {BUCKET: {}},
                }
            },
        }
    )
    batch = Batch(CompiledWorld(model))
    found = find_who_can(batch, ["s3:GetObject"], OBJECT, via_roles=True)
    chains = {
        access.candidate.principal: access
        for access in found.accesses
        if access.roles == (desk, reader)
    }
    assert set(chains) == {
        people,
        saml,
        oidc,
        "lambda.amazonaws.com",
        "o-other",
        f"{head(PARTNER)}root",
    }
    assert chains[people].candidate.people == ("group devs",)
    actions = {saml: "sts:AssumeRoleWithSAML", oidc: "sts:AssumeRoleWithWebIdentity"}
    for principal, chain in chains.items():
        action = actions.get(principal, "sts:AssumeRole")
        alone = answer(batch.question_as(chain.candidate, action, desk), batch.world)
        assert chain.hops[0].verdict is alone.decision.verdict
        second = answer(batch.question(desk, "sts:AssumeRole", reader), batch.world)
        assert chain.hops[1].verdict is second.decision.verdict is Verdict.ALLOWED
        last = answer(batch.question(reader, "s3:GetObject", OBJECT), batch.world)
        assert chain.answer.verdict is last.decision.verdict is Verdict.ALLOWED
    outsiders = {"o-other", f"{head(PARTNER)}root"}
    assert {
        name for name, chain in chains.items() if chain.verdict is Verdict.CONDITIONAL
    } == outsiders


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (OBJECT, ()),
        ("*", ()),
        ("arn:aws:s3:::*", ()),
        (f"{BUCKET}/*", (Oddity.WILDCARD,)),
        (f"{BUCKET}/?", (Oddity.WILDCARD,)),
        ("arn:aws-us-gov:s3:::data/x", (Oddity.PARTITION,)),
    ],
)
def test_odd_resources_are_said(resource, expected):
    """A wildcard stands for itself, and no caller reaches another partition."""
    batch = Batch(CompiledWorld(world_of(statement({"AWS": HOME}))))
    assert find_who_can(batch, ["s3:GetObject"], resource).odd == expected


def test_hints_are_those_of_a_question_about_few_actions():
    """A misspelled action and a resource of another type are said, however many are asked."""
    batch = Batch(CompiledWorld(world_of(statement({"AWS": HOME}))))
    found = find_who_can(batch, ["s3:GetObjct", "sqs:SendMessage"], OBJECT)
    kinds = [hint.kind for hint in found.hints]
    assert kinds == [HintKind.UNKNOWN_ACTION, HintKind.RESOURCE_OF_OTHER_TYPE]
    many = [f"sqs:{name}" for name in ("SendMessage", "ReceiveMessage", "DeleteMessage")]
    hints = find_who_can(batch, [*many, "sqs:PurgeQueue", "sqs:DeleteQueue"], OBJECT).hints
    assert {hint.kind for hint in hints} == {HintKind.RESOURCE_OF_OTHER_TYPE}


@pytest.mark.parametrize(
    ("service", "pattern", "examples"),
    [
        ("iam", "*", ["role/iamsim-outside", "user/iamsim-outside", "root"]),
        ("iam", "role/ci-*", ["role/ci-x"]),
        ("iam", "r*/ci-?", ["role/x/ci-x"]),
        ("iam", "*admin*", ["role/xadminx", "user/xadminx"]),
        ("iam", "root", ["root"]),
        ("iam", "x", []),
        ("sts", "assumed-role/ci/*", []),
        ("sts", "federated-user/*", ["federated-user/x"]),
    ],
)
def test_examples_of_patterns_are_principals(service, pattern, examples):
    """A pattern of aws:PrincipalArn that no principal fits has none."""
    assert principals_like(service, pattern) == examples


def test_a_pattern_that_is_no_principal_is_no_error():
    """A whole account by the key of its principals, as perimeters have it."""
    limit = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:*"}}
    world = world_of(statement("*", Condition=limit))
    assert find_external(Batch(CompiledWorld(world))).findings
