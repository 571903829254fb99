"""An explanation goes when nobody holds it: Python's collector of cycles has nothing to do."""

from __future__ import annotations

import gc
import json

import pytest

import iamsim

ALLOW = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/secret*"}


def home(thing: object) -> str:
    """The module that made a function, or whose class this is."""
    made_in = getattr(thing, "__module__", None)
    return made_in if isinstance(made_in, str) else type(thing).__module__


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
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        verdicts = {explain().decision.verdict.value for _ in range(20)}
        gc.collect()
        # threads of other tests leave cycles of their own at any time
        left = {module for thing in gc.garbage if (module := home(thing)).startswith("iamsim")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not left
    assert len(verdicts) == 1
