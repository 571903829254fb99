"""Terraform: addresses, references, unknown values, scopes, and what a plan changes."""

from __future__ import annotations

import json

import pytest

from iamsim.catalog.resource_types import find_terraform_type
from iamsim.importers.options import SourceOptions
from iamsim.importers.terraform.addresses import (
    Address,
    full_references,
    parse_address,
    parse_steps,
)
from iamsim.importers.terraform.changes import plan_changes
from iamsim.importers.terraform.importer import LATE_READERS, READERS
from tests.unit.plans import POLICY, TRUST, account_of, config, imported, references, resource


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("aws_iam_role.app", Address((), "managed", "aws_iam_role", "app")),
        ("aws_iam_role.app[0]", Address((), "managed", "aws_iam_role", "app", 0)),
        ('aws_iam_role.app["a.b[c]"]', Address((), "managed", "aws_iam_role", "app", "a.b[c]")),
        ("data.aws_region.here", Address((), "data", "aws_region", "here")),
        (
            'module.a["x"].module.b[1].data.aws_region.here["y"]',
            Address((("a", "x"), ("b", 1)), "data", "aws_region", "here", "y"),
        ),
        ("module.a", None),
        ("aws_iam_role", None),
        ("not an address", None),
        ("", None),
        ('aws_iam_role["x"].y', None),
    ],
)
def test_addresses_are_taken_apart(text, address):
    """Modules, keys of `count` and `for_each`, data sources; anything else is no address."""
    assert parse_address(text) == address


def test_references_are_the_longest_ones():
    """A plan repeats each reference step by step; one that occurs twice counts once."""
    references = ['a_b.c["x"].arn', 'a_b.c["x"]', "a_b.c", "var.x", "a_b.d.id", "a_b.d", "var.x"]
    assert full_references(references) == ['a_b.c["x"].arn', "var.x", "a_b.d.id"]
    assert full_references(None) == []
    assert parse_steps("a.b[0].c") == ["a", "b", 0, "c"]


NAMED = [
    resource("aws_iam_role.app", {"name": "app", "assume_role_policy": TRUST}),
    resource("aws_iam_policy.a", {"name": "a", "policy": POLICY}, {"arn": True}),
    resource("aws_iam_policy.b[0]", {"name": "b0", "policy": POLICY}, {"arn": True}),
    resource("aws_iam_policy.b[1]", {"name": "b1", "policy": POLICY}, {"arn": True}),
]


@pytest.mark.parametrize(
    ("expression", "attached", "remarked"),
    [
        (references("aws_iam_policy.a.arn", "aws_iam_policy.a"), ["a"], None),
        (references("aws_iam_policy.a"), ["a"], None),
        (
            references("aws_iam_policy.b[1].arn", "aws_iam_policy.b[1]", "aws_iam_policy.b"),
            ["b1"],
            None,
        ),
        (references("var.given"), ["SecurityAudit"], None),
        (references("var.default"), ["ReadOnlyAccess"], None),
        (references("var.map.key"), ["SecurityAudit"], None),
        (references("local.x"), [], "`policy_arn` depends on `local.x`"),
        (references("aws_iam_policy.b"), [], "`policy_arn` depends on `aws_iam_policy.b`"),
        (
            references("aws_iam_policy.none.arn"),
            [],
            "`policy_arn` depends on `aws_iam_policy.none.arn`",
        ),
        (references("var.missing"), [], "`policy_arn` depends on `var.missing`"),
        (references("module.none.arn"), [], "`policy_arn` depends on `module.none.arn`"),
        (references("each.value"), [], "`policy_arn` depends on `each.value`"),
        (references("!"), [], "`policy_arn` depends on `!`"),
        ({"constant_value": "arn:aws:iam::aws:policy/SecurityAudit"}, ["SecurityAudit"], None),
    ],
)
def test_an_attachment_follows_its_reference(tmp_path, expression, attached, remarked):
    """What an attachment refers to, in every form that leads somewhere, and in some that do not."""
    arn = "arn:aws:iam::aws:policy/{}"
    found = imported(
        tmp_path,
        [
            *NAMED,
            resource("aws_iam_role_policy_attachment.x", {"role": "app"}, {"policy_arn": True}),
        ],
        {
            "resources": [config("aws_iam_role_policy_attachment.x", policy_arn=expression)],
            "variables": {"default": {"default": arn.format("ReadOnlyAccess")}},
        },
        variables={
            "given": {"value": arn.format("SecurityAudit")},
            "map": {"value": {"key": arn.format("SecurityAudit")}},
        },
    )
    policies = found.data["accounts"]["111122223333"]["roles"]["app"].get("policies", [])
    known = [name for name in policies if isinstance(name, str)]
    assert [name.rpartition("/")[2] for name in known] == attached
    unknown = [policy["unknown"] for policy in policies if isinstance(policy, dict)]
    assert unknown == (
        [remarked.partition("` ")[2].replace("depends", "it depends")] if remarked else []
    )
    assert [remark.message for remark in found.remarks] == ([remarked] if remarked else [])


NO_DELETE = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
OF_BUCKET = json.dumps(
    {"Version": "2012-10-17", "Statement": [NO_DELETE | {"Resource": "arn:aws:s3:::b"}]}
)


def test_a_choice_with_one_side_there_is_taken_and_remarked(tmp_path):
    """Modules choose with `count`: what is not there can't be meant, what is there is said."""
    kind = "aws_s3_bucket_public_access_block"
    choices = {
        "bucket": ["local.own", "aws_s3_bucket_policy.p[0].id", "aws_s3_bucket.b[0].id"],
        "gone": ["aws_s3_bucket.none[0].id", "aws_s3_bucket.b[0].id"],
        "open": ["aws_s3_bucket.c.id", "aws_s3_bucket.b[0].id"],
    }
    policy = config("aws_s3_bucket_policy.p", bucket=references("aws_s3_bucket.b[0].id"))
    found = imported(
        tmp_path,
        [
            resource("aws_s3_bucket.b[0]", {"bucket": "b"}, {"id": True}),
            resource("aws_s3_bucket.c", {"bucket": "c"}, {"id": True}),
            resource(
                "aws_s3_bucket_policy.p[0]", {"policy": OF_BUCKET}, {"id": True, "bucket": True}
            ),
            *(
                resource(f"{kind}.{name}", {"block_public_policy": True}, {"bucket": True})
                for name in choices
            ),
        ],
        {
            "resources": [policy]
            + [config(f"{kind}.{name}", bucket=references(*choices[name])) for name in choices]
        },
    )
    first = (
        "an expression with `local.own` and `aws_s3_bucket_policy.p[0].id` and"
        " `aws_s3_bucket.b[0].id`"
    )
    second = "an expression with `aws_s3_bucket.none[0].id` and `aws_s3_bucket.b[0].id`"
    buckets = account_of(found)["resources"]
    assert "public_access_block" in buckets["arn:aws:s3:::b"]
    assert "unknown" in buckets["arn:aws:s3:::c"]["public_access_block"]  # it may be this one's
    assert [remark.message for remark in found.remarks] == [
        f"`bucket` is {first}: it is taken to be `b`",
        f"`bucket` is {second}: it is taken to be `b`",
        "`bucket` depends on an expression with `aws_s3_bucket.c.id` and `aws_s3_bucket.b[0].id`",
    ]


def test_a_module_without_a_provider_of_its_own_is_in_the_account_of_the_root(tmp_path):
    """Older plans name the provider of a module after the module."""
    user = config("aws_iam_user.a") | {"provider_config_key": "module.m:aws"}
    role = {"role_arn": {"constant_value": "arn:aws:iam::222222222222:role/x"}}
    found = imported(
        tmp_path,
        [resource("module.m.aws_iam_user.a", {"name": "a"})],
        {"module_calls": {"m": {"module": {"resources": [user]}}}},
        options=SourceOptions(),
        configuration={
            "provider_config": {
                "aws": {"name": "aws", "expressions": {"assume_role": [role]}},
                "module.m:aws": {"name": "aws", "module_address": "module.m"},
            },
            "root_module": {"module_calls": {"m": {"module": {"resources": [user]}}}},
        },
    )
    assert list(found.data["accounts"]) == ["222222222222"]


def test_an_expression_of_several_references_is_not_guessed(tmp_path):
    """A choice between two policies is not in a plan; both are named as what it depends on."""
    expression = references("aws_iam_policy.a.arn", "aws_iam_policy.b[0].arn")
    found = imported(
        tmp_path,
        [
            *NAMED,
            resource("aws_iam_role_policy.x", {"role": "app"}, {"policy": True, "name": True}),
        ],
        {"resources": [config("aws_iam_role_policy.x", policy=expression)]},
    )
    inline = found.data["accounts"]["111122223333"]["roles"]["app"]["inline_policies"]
    assert [list(policy) for policy in inline.values()] == [["unknown", "source"]]
    message = (
        "`policy`: the policy is not known: it depends on an expression with"
        " `aws_iam_policy.a.arn` and `aws_iam_policy.b[0].arn`"
    )
    assert [remark.message for remark in found.remarks] == [message]


SCOPES = [
    (
        {"assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::222222222222:role/x"}}]},
        "222222222222",
    ),
    ({"assume_role": [{"role_arn": references("var.role")}]}, "333333333333"),
    ({"allowed_account_ids": {"constant_value": ["444444444444"]}}, "444444444444"),
    ({"allowed_account_ids": {"constant_value": ["444444444444", "555555555555"]}}, None),
    ({}, None),
]


@pytest.mark.parametrize(("expressions", "account"), SCOPES)
def test_the_account_is_read_from_the_provider(tmp_path, expressions, account):
    """What a provider says about its account; else the user, else a placeholder with a remark."""
    more = {
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": expressions}},
            "root_module": {
                "resources": [config("aws_iam_user.a") | {"provider_config_key": "aws"}]
            },
        },
        "variables": {"role": {"value": "arn:aws:iam::333333333333:role/x"}},
    }
    changes = [resource("aws_iam_user.a", {"name": "a"})]
    found = imported(tmp_path, changes, **more, options=SourceOptions())
    assert list(found.data["accounts"]) == [account or "000000000000"]
    assert [remark.code for remark in found.remarks] == ([] if account else ["account-unknown"])
    found = imported(tmp_path, changes, **more, options=SourceOptions(account="999999999999"))
    assert list(found.data["accounts"]) == [account or "999999999999"]


ROLE = {"assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::222222222222:role/x"}}]}
LOST_ROLE: dict[str, object] = {"assume_role": [{"role_arn": {"constant_value": None}}]}
ALLOWED: dict[str, object] = {"allowed_account_ids": {"constant_value": ["222222222222"]}}
PROFILE: dict[str, object] = {"profile": {"constant_value": "a"}}
OTHER_FILE: dict[str, object] = {"shared_config_files": {"constant_value": ["b"]}}
# What one provider says of which the account is told, another, and whether it works there, too.
SHARED: list[tuple[dict[str, object], dict[str, object], bool]] = [
    (ALLOWED, {}, True),
    (ALLOWED | PROFILE, PROFILE, True),
    (ALLOWED | PROFILE, {}, False),
    (ALLOWED | PROFILE, {"profile": {"constant_value": "b"}}, False),
    (ALLOWED | PROFILE, PROFILE | OTHER_FILE, False),
    (ALLOWED | PROFILE, {"profil": {"constant_value": "a"}}, False),
    (ALLOWED | PROFILE, {"profile": references("var.profile")}, False),
    (ALLOWED, LOST_ROLE, False),
    (ALLOWED, {"assume_role": None}, False),
    (ALLOWED, {"allowed_account_ids": None}, False),
    (ROLE, {}, False),
]


@pytest.mark.parametrize(("told", "other", "shared"), SHARED)
def test_providers_with_the_same_credentials_are_in_one_account(tmp_path, told, other, shared):
    """Whose credentials are others, or were lost, may be in any account."""
    users = [
        config(f"aws_iam_user.{name}") | {"provider_config_key": key}
        for name, key in (("a", "aws"), ("b", "aws.b"))
    ]
    providers = {
        "aws": {"name": "aws", "expressions": told},
        "aws.b": {"name": "aws", "alias": "b", "expressions": other},
    }
    found = imported(
        tmp_path,
        [resource(f"aws_iam_user.{name}", {"name": name}) for name in "ab"],
        configuration={"provider_config": providers, "root_module": {"resources": users}},
        options=SourceOptions(),
    )
    accounts = found.data["accounts"]
    assert "a" in accounts["222222222222"]["users"]
    assert "b" in accounts["222222222222" if shared else "000000000000"]["users"]


def test_a_boundary_tells_the_account(tmp_path):
    """Where nothing else does: a boundary is of the same account."""
    boundary = "arn:aws:iam::222222222222:policy/b"
    user = resource("aws_iam_user.a", {"name": "a", "permissions_boundary": boundary})
    found = imported(tmp_path, [user], options=SourceOptions())
    assert list(found.data["accounts"]) == ["222222222222"]


def test_a_region_is_missed_only_where_an_arn_needs_one(tmp_path):
    """A user has no region; a queue has."""
    user = resource("aws_iam_user.a", {"name": "a"})
    queue = resource("aws_sqs_queue.q", {"name": "q", "tags": {"a": "b"}})
    options = SourceOptions(account="111122223333")
    assert imported(tmp_path, [user], options=options).remarks == ()
    found = imported(tmp_path, [user, queue], options=options)
    assert [remark.code for remark in found.remarks] == ["region-unknown"]
    own = resource("aws_sqs_queue.q", {"name": "q", "tags": {"a": "b"}, "region": "eu-north-1"})
    found = imported(tmp_path, [own], options=options)
    assert found.remarks == ()
    [arn] = found.data["accounts"]["111122223333"]["resources"]
    assert arn == "arn:aws:sqs:eu-north-1:111122223333:q"


def test_what_a_plan_changes():
    """Every list of actions has a name; a deposed object is deleted; junk is left out."""
    actions = {
        "a": ["create"],
        "b": ["update"],
        "c": ["delete"],
        "d": ["delete", "create"],
        "e": ["create", "delete"],
        "f": ["no-op"],
        "g": ["read"],
        "h": ["forget"],
        "i": "what",
    }
    changes: list[object] = [
        {"address": address, "type": "t", "change": {"actions": value, "before": {"x": 1}}}
        for address, value in actions.items()
    ]
    deposed = {"address": "a", "type": "t", "deposed": "1", "change": {"actions": ["delete"]}}
    found = plan_changes({"resource_changes": [*changes, deposed, 3, {"address": 1, "change": {}}]})
    assert [(change.address, change.kind) for change in found] == [
        ("a", "create"),
        ("a", "delete"),
        ("b", "update"),
        ("c", "delete"),
        ("d", "replace"),
        ("e", "replace"),
        ("f", "no-op"),
        ("g", "read"),
        ("h", "forget"),
        ("i", "no-op"),
    ]
    assert found[2].before == {"x": 1}
    assert found[2].after is None
    assert plan_changes([]) == ()


def test_every_type_that_stands_for_itself_has_a_kind():
    """A reader of a resource with an ARN of its own needs the table of kinds."""
    others = ("aws_iam_role", "aws_s3_bucket_public_access_block")
    own = [kind for kind in LATE_READERS if kind not in others]
    assert all(find_terraform_type(kind) for kind in own)
    assert all(kind.startswith("aws_") for kind in READERS)


SCP = json.dumps({"Statement": [{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}]})


def test_an_organization_that_does_not_exist_yet(tmp_path):
    """Units and policies whose ids AWS will make hang together by their addresses."""
    unit, policy = "aws_organizations_organizational_unit.u", "aws_organizations_policy.p"
    attachments = {
        "made": (references(f"{policy}.id", policy), references(f"{unit}.id", unit)),
        "root": (references(f"{policy}.id", policy), {"constant_value": "r-ab12"}),
        "full": ({"constant_value": "p-FullAWSAccess"}, {"constant_value": "r-ab12"}),
        "lost": ({"constant_value": "p-elsewhere"}, {"constant_value": "r-ab12"}),
    }
    kind = "aws_organizations_policy_attachment"
    found = imported(
        tmp_path,
        [
            resource(unit, {"name": "Workloads", "parent_id": "r-ab12"}, {"id": True}),
            resource("aws_organizations_account.a", {"name": "new"}, {"id": True}),
            resource(policy, {"name": "NoUsers", "content": SCP}, {"id": True}),
            resource("aws_organizations_organization.o", {}, {"id": True, "roots": True}),
            *(
                resource(f"{kind}.{name}", {}, {"policy_id": True, "target_id": True})
                for name in attachments
            ),
        ],
        {
            "resources": [
                config(f"{kind}.{name}", policy_id=policy_id, target_id=target)
                for name, (policy_id, target) in attachments.items()
            ]
        },
    )
    organization = found.data["organization"]
    assert organization["management_account"] == "111122223333"
    root = organization["root"]
    lost = "what the policy `p-elsewhere` is does not stand here"
    assert root["scps"] == ["FullAWSAccess", "NoUsers", {"unknown": lost, "source": "plan.json"}]
    assert root["units"]["Workloads"]["scps"] == ["FullAWSAccess", "NoUsers"]
    assert [(remark.place, remark.code) for remark in found.remarks if remark.place] == [
        ("aws_organizations_account.a", "id-unknown"),
        (f"{kind}.lost", "policy-missing"),
        (f"{kind}.root", "attachments-elsewhere"),
    ]


def test_a_control_policy_without_a_tree_is_remarked(tmp_path):
    """A plan that knows a unit by its id alone can't say whom it bears on."""
    policy = {"id": "p-1", "name": "P", "content": SCP}
    found = imported(
        tmp_path,
        [
            resource("aws_organizations_policy.p", policy),
            resource(
                "aws_organizations_policy_attachment.a", {"policy_id": "p-1", "target_id": "ou-1"}
            ),
        ],
    )
    assert "node-unknown" in {remark.code for remark in found.remarks}


def test_resources_of_the_rarer_kinds(tmp_path):
    """Access points, endpoint policies, keys with policies of their own, buckets by their ARN."""
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    )
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    found = imported(
        tmp_path,
        [
            resource(
                "aws_s3_access_point.p",
                {
                    "name": "p",
                    "bucket": "b",
                    "vpc_configuration": [{"vpc_id": "vpc-1"}],
                    "public_access_block_configuration": [{"block_public_policy": True}],
                    "policy": policy,
                },
            ),
            resource("aws_s3_bucket.b", {"bucket": "b", "policy": policy}),
            resource("aws_vpc_endpoint.e", {"id": "vpce-1", "service_name": "com.example.svc"}),
            resource("aws_vpc_endpoint_policy.e", {"vpc_endpoint_id": "vpce-1", "policy": policy}),
            resource("aws_kms_key.k", {"arn": key, "key_id": "1", "tags_all": {"a": "b"}}),
            resource("aws_kms_key_policy.k", {"key_id": "1", "policy": policy}),
            resource("aws_efs_file_system_policy.f", {"file_system_id": "fs-1", "policy": policy}),
            resource(
                "aws_cloudwatch_event_permission.o",
                {
                    "principal": "*",
                    "statement_id": "Org",
                    "condition": [
                        {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-1"}
                    ],
                },
            ),
            resource("aws_cloudwatch_event_permission.x", {"principal": "999900001111"}),
            resource("aws_sqs_queue_policy.bad", {"queue_url": "arn:x", "policy": policy}),
            resource("aws_iam_user.bad", {"name": "a/b"}),
        ],
    )
    account = account_of(found)
    document = json.loads(policy)
    point = account["resources"]["arn:aws:s3:eu-west-1:111122223333:accesspoint/p"]
    assert point["bucket"] == "arn:aws:s3:::b"
    assert point["network_origin"] == "VPC"
    assert point["policy"] == document
    assert account["resources"]["arn:aws:s3:::b"]["policy"] == document
    assert account["resources"][key]["policy"] == document
    assert account["resources"][key]["tags"] == {"a": "b"}
    assert account["vpc_endpoints"]["vpce-1"]["policy"] == document
    assert account["vpc_endpoints"]["vpce-1"]["service"] == "com.example.svc"
    files = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"
    assert account["resources"][files]["policy"] == document
    bus = account["resources"]["arn:aws:events:eu-west-1:111122223333:event-bus/default"]
    assert [statement["Sid"] for statement in bus["policy"]["Statement"]] == ["Org", "x"]
    assert ("aws_sqs_queue_policy.bad", "not-an-arn") in {
        (remark.place, remark.code) for remark in found.remarks
    }
    assert "a/b" not in account.get("users", {})


def test_each_value_follows_what_it_goes_over(tmp_path):
    """`each.value` of a constant, of a variable, of another resource, and of what is not told."""
    arns = {name: f"arn:aws:iam::aws:policy/{name}" for name in ("SecurityAudit", "ReadOnlyAccess")}
    loops = {
        "constant": {"constant_value": {"k": arns["SecurityAudit"]}},
        "variable": references("var.arns"),
        "resource": references("aws_iam_policy.each"),
        "local": references("local.arns"),
        "entry": references('aws_iam_policy.each["k"].arn', 'aws_iam_policy.each["k"]'),
    }
    kind = "aws_iam_role_policy_attachment"
    value = {"resource": "each.value.arn"}
    roles = [
        resource(f"aws_iam_role.{name}", {"name": name, "assume_role_policy": TRUST})
        for name in loops
    ]
    policy = {"name": "own", "policy": POLICY}
    found = imported(
        tmp_path,
        [
            *roles,
            resource('aws_iam_policy.each["k"]', policy, {"arn": True}),
            *(
                resource(f'{kind}.{name}["k"]', {"role": name}, {"policy_arn": True})
                for name in loops
            ),
        ],
        {
            "resources": [
                config(f"{kind}.{name}", policy_arn=references(value.get(name, "each.value")))
                | {"for_each_expression": loop}
                for name, loop in loops.items()
            ]
        },
        variables={"arns": {"value": {"k": arns["ReadOnlyAccess"]}}},
    )
    attached = {name: role.get("policies") for name, role in account_of(found)["roles"].items()}
    assert attached == {
        "constant": [arns["SecurityAudit"]],
        "variable": [arns["ReadOnlyAccess"]],
        "resource": ["own"],
        "local": [{"unknown": "it depends on `each.value`", "source": "`each.value`"}],
        "entry": ["own"],
    }
    taken = "arn:aws:iam::111122223333:policy/own"
    assert [remark.message for remark in found.remarks] == [
        f'`policy_arn` is an entry of `aws_iam_policy.each["k"].arn`: it is taken to be `{taken}`',
        "`policy_arn` depends on `each.value`",
    ]


def test_what_is_not_known_of_a_permission_is_marked(tmp_path):
    """A permission without its condition would let too many in."""
    permission = {"function_name": "f", "principal": "events.amazonaws.com", "action": "lambda:*"}
    found = imported(
        tmp_path,
        [resource("aws_lambda_permission.p", permission, {"source_arn": True})],
        {"resources": [config("aws_lambda_permission.p", source_arn=references("local.arn"))]},
    )
    [function] = account_of(found)["resources"].values()
    [statement] = function["policy"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {
        "unknown": "it depends on `local.arn`",
        "source": "`local.arn`",
    }
    assert [remark.message for remark in found.remarks] == ["`source_arn` depends on `local.arn`"]


@pytest.mark.parametrize(
    ("kind", "values", "arn"),
    [
        ("aws_sqs_queue", {"name": "q"}, "sqs:eu-west-1:111122223333:q"),
        ("aws_s3_bucket_policy", {"bucket": "b"}, "s3:::b"),
        (
            "aws_opensearch_domain_policy",
            {"domain_name": "d"},
            "es:eu-west-1:111122223333:domain/d",
        ),
    ],
)
@pytest.mark.parametrize("configured", [True, False])
def test_a_policy_known_after_apply_is_marked(kind, values, arn, configured, tmp_path):
    """With the configuration, which refers to it, and without any."""
    attribute = "access_policies" if "opensearch" in kind else "policy"
    module = {"resources": [config(f"{kind}.x", **{attribute: references("local.policy")})]}
    found = imported(
        tmp_path,
        [resource(f"{kind}.x", values, {attribute: True})],
        module if configured else None,
    )
    name = f"arn:aws:{arn.format(home='eu-west-1:111122223333')}"
    policy = account_of(found)["resources"][name]["policy"]
    assert "depends on" in policy["unknown"]
    assert "unknown-value" in [remark.code for remark in found.remarks]


@pytest.mark.parametrize(
    "module", [None, {"resources": [config("aws_iam_role_policy.x"), config("aws_iam_role.app")]}]
)
def test_a_policy_of_which_nobody_tells_whose_it_is_may_be_anybodys(tmp_path, module):
    """A policy, known after apply, whose role is too; also where its configuration is emptied."""
    found = imported(
        tmp_path,
        [
            resource("aws_iam_role.app", {"name": "app", "assume_role_policy": TRUST}),
            resource("aws_iam_role_policy.x", {"name": "x"}, {"role": True, "policy": True}),
        ],
        module,
    )
    (policy,) = account_of(found)["roles"]["app"]["policies"]
    assert "is attached to depends on" in policy["unknown"]


def test_a_policy_that_the_configuration_lost_is_marked(tmp_path):
    """A resource that is a policy has one, whatever its emptied configuration leaves out."""
    changes = [resource("aws_s3_bucket_policy.x", {"bucket": "b"}, {"policy": True})]
    found = imported(tmp_path, changes, {"resources": [config("aws_s3_bucket_policy.x")]})
    assert "unknown" in account_of(found)["resources"]["arn:aws:s3:::b"]["policy"]


def test_what_a_share_gives_is_marked(tmp_path):
    """AWS RAM lets principals do what its permission says, which no plan tells."""
    share, table = "arn:aws:ram:eu-west-1:111122223333:resource-share/s", "table/t"
    table = f"arn:aws:dynamodb:eu-west-1:111122223333:{table}"
    found = imported(
        tmp_path,
        [
            resource(
                "aws_ram_resource_association.x",
                {"resource_arn": table, "resource_share_arn": share},
            ),
            resource(
                "aws_ram_principal_association.x",
                {"principal": "444455556666", "resource_share_arn": share},
            ),
            resource(
                "aws_ram_principal_association.other",
                {"principal": "777788889999", "resource_share_arn": f"{share}2"},
            ),
        ],
    )
    [statement] = account_of(found)["resources"][table]["policy"]["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::444455556666:root"]}
    assert statement["Action"]["unknown"] == "which actions AWS RAM gives is not told"
    assert {remark.code for remark in found.remarks} == {"policy-not-read"}


def test_a_function_url_for_everyone_brings_its_permission(tmp_path):
    """Terraform itself adds the permission; with IAM as the authorization there is none."""
    urls = {"function_name": "f", "authorization_type": "NONE", "qualifier": "live"}
    own = {"function_name": "g", "authorization_type": "AWS_IAM"}
    found = imported(
        tmp_path,
        [resource("aws_lambda_function_url.f", urls), resource("aws_lambda_function_url.g", own)],
    )
    [(arn, function)] = account_of(found)["resources"].items()
    assert arn == "arn:aws:lambda:eu-west-1:111122223333:function:f:live"
    assert function["policy"]["Statement"][0]["Action"] == "lambda:InvokeFunctionUrl"


def test_data_sources_tell_what_is_there_already(tmp_path):
    """A policy and a role that the plan only looks at are part of the world."""
    arn = "arn:aws:iam::111122223333:{}"
    looked_at = [
        ("aws_iam_policy", {"arn": arn.format("policy/known"), "name": "known", "policy": POLICY}),
        ("aws_iam_policy", {"arn": "arn:aws:iam::aws:policy/X", "name": "X", "policy": POLICY}),
        ("aws_iam_role", {"arn": arn.format("role/r"), "name": "r", "assume_role_policy": TRUST}),
    ]
    resources = [
        {
            "address": f"data.{kind}.x{number}",
            "mode": "data",
            "type": kind,
            "name": f"x{number}",
            "values": values,
        }
        for number, (kind, values) in enumerate(looked_at)
    ]
    found = imported(
        tmp_path, [], prior_state={"values": {"root_module": {"resources": resources}}}
    )
    account = account_of(found)
    assert list(account["policies"]) == ["known"]
    assert account["roles"]["r"]["trust"] == json.loads(TRUST)


def test_limits_that_are_not_known_are_marked(tmp_path):
    """A boundary or an endpoint policy that is not known is marked, and remarked."""
    found = imported(
        tmp_path,
        [
            resource("aws_iam_user.u", {"name": "u"}, {"permissions_boundary": True}),
            resource("aws_vpc_endpoint.e", {"id": "vpce-1"}, {"policy": True}),
            resource("aws_vpc_endpoint.f", {"id": "vpce-2"}, {"policy": True}),
        ],
        {
            "resources": [
                config("aws_iam_user.u", permissions_boundary=references("local.b")),
                config("aws_vpc_endpoint.e", policy=references("local.p")),
                config("aws_vpc_endpoint.f"),
            ]
        },
    )
    account = account_of(found)
    assert account["users"]["u"]["boundary"]["unknown"] == "it depends on `local.b`"
    assert account["vpc_endpoints"]["vpce-1"]["policy"]["unknown"] == "it depends on `local.p`"
    assert "policy" not in account["vpc_endpoints"]["vpce-2"]
    assert {remark.code for remark in found.remarks} == {"unknown-value"}


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("aws_transfer_user", {"policy": POLICY}, "policy-not-read"),
        ("awscc_s3_bucket_policy", {"policy_document": POLICY}, "policy-not-read"),
        ("aws_ram_resource_share", {"name": "share"}, "policy-not-read"),
        ("aws_instance", {"user_data": "text"}, None),
        ("local_file", {"content": POLICY}, None),
    ],
)
def test_a_policy_that_no_reader_takes_is_remarked(kind, values, code, tmp_path):
    """In resources of AWS's providers; what a plan writes into files is none of its policies."""
    found = imported(tmp_path, [resource(f"{kind}.x", values)])
    assert [remark.code for remark in found.remarks if remark.place] == (
        [] if code is None else [code]
    )
