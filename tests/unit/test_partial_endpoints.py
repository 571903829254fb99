"""An unknown aws:SourceVpce may name an endpoint of the world: its policy counts there."""

from __future__ import annotations

import json

import pytest

import iamsim

MIA = "arn:aws:iam::111122223333:user/mia"
KEY = {"aws:SourceVpce": "vpce-0abc"}


def statement(**members):
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Resource": "*", **members}]}


def world(*allowed):
    """A bucket that only requests through an endpoint reach, which lets some actions through."""
    account = {
        "users": {"mia": {"policies": [statement(Effect="Allow", Action="s3:*")]}},
        "resources": {
            "arn:aws:s3:::ledger": {
                "policy": statement(
                    Effect="Deny",
                    Principal="*",
                    Action="s3:*",
                    Resource="arn:aws:s3:::ledger/*",
                    Condition={"StringNotEquals": KEY},
                )
            }
        },
        "vpc_endpoints": {
            "vpce-0abc": {
                "service": "s3",
                "vpc": "vpc-1",
                "policy": statement(Effect="Allow", Principal="*", Action=list(allowed)),
            }
        },
    }
    return {"accounts": {"111122223333": account}}


@pytest.mark.parametrize(
    ("allowed", "verdict"),
    [(["s3:GetObject"], "conditional"), (["s3:PutObject"], "implicitDeny")],
)
def test_the_policy_of_an_endpoint_that_a_condition_names_counts(tmp_path, allowed, verdict):
    """The answer with the key unknown is what the answers with and without the key come to."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(world(*allowed)), "utf-8")
    made = iamsim.load(path)
    asked = {"principal": MIA, "action": "s3:GetObject", "resource": "arn:aws:s3:::ledger/x"}
    answer = made.explain(**asked, unknown=["aws:SourceVpce"])
    assert answer.verdict.value == verdict
    through = made.decide(**asked, context=KEY)
    assert through.allowed is (verdict == "conditional")
    assert not made.decide(**asked).allowed
    if answer.residual is not None:
        assert answer.residual.holds(KEY) is through.allowed
        assert not answer.residual.holds({"aws:SourceVpce": "vpce-other"})
