"""An explanation goes when nobody holds it: Python's collector of cycles has nothing to do."""

from __future__ import annotations

import gc
import json

import pytest

import iamsim

ALLOW = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/secret*"}


@pytest.mark.parametrize("key", ["open", "secret"])
def test_an_explanation_leaves_no_cycle(tmp_path, key):
    """Whatever the verdict is: what was made for one question leads back to nothing."""
    policy = {"Version": "2012-10-17", "Statement": [ALLOW, DENY]}
    file = tmp_path / "world.json"
    users = {"maya": {"policies": [policy]}}
    file.write_text(json.dumps({"accounts": {"111122223333": {"users": users}}}), "utf-8")
    world = iamsim.load(file)

    def explain():
        return world.explain(
            principal="arn:aws:iam::111122223333:user/maya",
            action="s3:GetObject",
            resource=f"arn:aws:s3:::b/{key}",
        )

    explain()  # what is kept for the next question is made now
    gc.collect()
    gc.disable()
    try:
        verdicts = {explain().decision.verdict.value for _ in range(20)}
        assert gc.collect() == 0
    finally:
        gc.enable()
    assert len(verdicts) == 1
