"""Terraform: policy documents from their blocks, and permission sets that are not there yet."""

from __future__ import annotations

import json

import pytest

from iamsim.core.unknown import find_unknowns
from tests.unit.plans import config, imported, references, resource


def document(name: str, unknown: object = None, **values: object) -> dict[str, object]:
    """Make the record of a policy document that is read after apply."""
    marks = {"json": True} | (unknown if isinstance(unknown, dict) else {})
    return resource(f"aws_iam_policy_document.{name}", values, marks) | {
        "address": f"data.aws_iam_policy_document.{name}",
        "mode": "data",
    }


def rendered(tmp_path, *documents: object, **expressions: object):
    """Import a policy whose document is the first of the given ones."""
    policy = config("aws_iam_policy.p", policy=references("data.aws_iam_policy_document.d.json"))
    blocks = [
        config(f"aws_iam_policy_document.{name}", **expression) | {"mode": "data"}
        for name, expression in expressions.items()
    ]
    found = imported(
        tmp_path,
        [*documents, resource("aws_iam_policy.p", {"name": "p"}, {"policy": True})],
        {"resources": [policy, *blocks]},
    )
    policies = found.data.get("accounts", {}).get("111122223333", {}).get("policies", {})
    return policies.get("p"), [remark.message for remark in found.remarks]


ANY = {"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["*"]}


def test_blocks_become_a_document(tmp_path):
    """Conditions of one key are joined, principals by type, variables rewritten, ids kept."""
    conditions = [
        {"test": "StringEquals", "variable": "aws:PrincipalTag/a", "values": ["1"]},
        {"test": "StringEquals", "variable": "aws:PrincipalTag/a", "values": ["2", "3"]},
        {"test": "StringLike", "variable": "s3:prefix", "values": ["&{aws:username}/*"]},
    ]
    policy, remarks = rendered(
        tmp_path,
        document(
            "d",
            policy_id="id",
            version="2008-10-17",
            statement=[
                {"sid": "A", "not_actions": ["iam:*"], "not_resources": ["arn:aws:s3:::a"]},
                ANY | {"condition": conditions},
            ],
        ),
    )
    assert remarks == []
    assert policy == {
        "Version": "2008-10-17",
        "Id": "id",
        "Statement": [
            {
                "Sid": "A",
                "Effect": "Allow",
                "NotAction": "iam:*",
                "NotResource": "arn:aws:s3:::a",
            },
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"aws:PrincipalTag/a": ["1", "2", "3"]},
                    "StringLike": {"s3:prefix": "${aws:username}/*"},
                },
            },
        ],
    }


def test_documents_are_merged_by_their_sids(tmp_path):
    """Sources come first, own statements take the place of theirs, overrides that of all."""
    one = ANY | {"sid": "One"}
    text = json.dumps(
        {"Statement": {"Sid": "Two", "Effect": "Deny", "Action": "*", "Resource": "*"}}
    )
    policy, remarks = rendered(
        tmp_path,
        document(
            "d",
            {"source_policy_documents": [True]},
            source_policy_documents=[],
            override_policy_documents=[text, "", None, "[]"],
            statement=[one, ANY | {"sid": "Two"}],
        ),
        document("e", statement=[one | {"actions": ["s3:PutObject"]}, ANY | {"sid": "Three"}]),
        d={"source_policy_documents": references("data.aws_iam_policy_document.e.json")},
    )
    assert remarks == [
        "`policy`: statement 3 is not known: it depends on a policy document that is no object"
    ]
    *known, unknown = policy["Statement"]
    assert [(item["Sid"], item["Effect"]) for item in known] == [
        ("One", "Allow"),
        ("Three", "Allow"),
        ("Two", "Deny"),
    ]
    assert unknown["unknown"] == "it depends on a policy document that is no object"
    assert policy["Statement"][0]["Action"] == "s3:GetObject"


def test_documents_that_count_left_out_are_not_missed(tmp_path):
    """Modules list documents of which `count` makes some, and variables without a value."""
    names = [f"data.aws_iam_policy_document.{name}[0].json" for name in ("made", "left_out")]
    made = document("made", statement=[ANY | {"sid": "Made"}])
    policy, remarks = rendered(
        tmp_path,
        document("d", {"source_policy_documents": True}),
        made | {"address": f"{made['address']}[0]", "index": 0},
        d={"source_policy_documents": references(*names, "var.attach", "var.policy")},
    )
    assert remarks == []
    assert [item["Sid"] for item in policy["Statement"]] == ["Made"]


UNKNOWN_BLOCKS = [
    ({}, {"statement": True}, "`data.aws_iam_policy_document.d.statement`"),
    ({"statement": [3]}, {}, "`data.aws_iam_policy_document.d.statement`"),
    (
        {"statement": [{"actions": ["s3:*"]}]},
        {"statement": [{"principals": True}]},
        "`data.aws_iam_policy_document.d.statement.principals`",
    ),
    (
        {"statement": [ANY | {"principals": [{"identifiers": ["a"]}]}]},
        {"statement": [{"principals": [{"type": True}]}]},
        "`data.aws_iam_policy_document.d.statement.principals.type`",
    ),
    (
        {"statement": [ANY]},
        {"statement": [{"condition": True}]},
        "`data.aws_iam_policy_document.d.statement.condition`",
    ),
    (
        {"statement": [ANY | {"condition": [{"test": "Bool", "values": ["true"]}]}]},
        {"statement": [{"condition": [{"variable": True}]}]},
        "a condition of which test or variable is not known",
    ),
    (
        {"statement": [], "source_policy_documents": []},
        {"source_policy_documents": True},
        "`data.aws_iam_policy_document.d.source_policy_documents`",
    ),
]


@pytest.mark.parametrize(("values", "unknown", "why"), UNKNOWN_BLOCKS)
def test_blocks_that_are_not_known_are_marked(tmp_path, values, unknown, why):
    """Whatever is not known of a block is marked in the statement, and the report says why."""
    policy, remarks = rendered(tmp_path, document("d", unknown, **values))
    assert [entry.why for entry in find_unknowns(policy)] == [f"it depends on {why}"]
    assert any(message.endswith(f"depends on {why}") for message in remarks)


def test_permission_sets_that_do_not_exist_yet(tmp_path):
    """Assignments and policies of a permission set hang together by its address."""
    arn = references("aws_ssoadmin_permission_set.dev.arn")
    managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    kinds = {
        "account_assignment": {"target_id": "444455556666", "target_type": "AWS_ACCOUNT"},
        "managed_policy_attachment": {
            "managed_policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"
        },
        "customer_managed_policy_attachment": {
            "customer_managed_policy_reference": [{"path": "/"}]
        },
        "permissions_boundary_attachment": {
            "permissions_boundary": [
                {"customer_managed_policy_reference": [{"name": "b", "path": "/x/"}]}
            ]
        },
    }
    lost = {"target_id": "444455556666", "permission_set_arn": "arn:aws:sso:::permissionSet/i/lost"}
    found = imported(
        tmp_path,
        [
            resource("aws_ssoadmin_permission_set.dev", {"name": "Dev"}, {"arn": True}),
            resource("aws_ssoadmin_account_assignment.lost", lost),
            *(
                resource(f"aws_ssoadmin_{kind}.x", values, {"permission_set_arn": True})
                for kind, values in kinds.items()
            ),
        ],
        {"resources": [config(f"aws_ssoadmin_{kind}.x", permission_set_arn=arn) for kind in kinds]},
    )
    permission_set = found.data["accounts"]["444455556666"]["permission_sets"]["Dev"]
    attachment = "aws_ssoadmin_customer_managed_policy_attachment.x"
    why = f"the policy that `{attachment}` attaches can't be read"
    assert permission_set["policies"] == [managed, {"unknown": why, "source": "plan.json"}]
    assert {remark.code for remark in found.remarks} == {
        "permission-set-missing",
        "unknown-policy",
        "unknown-value",
    }
