"""Principals that AWS stores and nobody can be: no question over a world stops at them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from iamsim.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html: of a
# deleted principal the unique id is left.
ODD = (
    "123456789",
    "AIDAJQABLZS4A3QDU576Q",
    "AROAJQABLZS4A3QDU576Q",
    "arn:aws:iam::123456789:root",
    "arn:aws:iam::ACCOUNT_ID:user/mia",
    "<account>",
)
BUCKET = "arn:aws:s3:::reports"
NOA = {"Type": "AWS::IAM::User", "Properties": {"UserName": "noa"}}
QUESTIONS = (
    ("findings",),
    ("paths",),
    ("who-can", "s3:GetObject", f"{BUCKET}/a"),
    ("access-matrix", "-a", "s3:GetObject", "-r", f"{BUCKET}/a"),
    ("changes", "--overlay", "OVERLAY"),
)


def _world(principal: str) -> dict[str, object]:
    """A role and a bucket that name somebody odd, beside somebody who is there."""
    named = ["arn:aws:iam::444455556666:root", principal]

    def policy(action: str, **more: str) -> dict[str, object]:
        statement = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": action, **more}
        return {"Version": "2012-10-17", "Statement": [statement]}

    return {
        "accounts": {
            "111122223333": {
                "users": {"mia": {}},
                "roles": {"app": {"trust": policy("sts:AssumeRole")}},
                "resources": {BUCKET: {"policy": policy("s3:GetObject", Resource=f"{BUCKET}/*")}},
            }
        }
    }


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
@pytest.mark.parametrize("principal", ODD)
def test_no_question_stops_at_them(
    principal: str,
    question: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The answer is that of the world, and the neighbour in the same list counts."""
    world, overlay = tmp_path / "world.json", tmp_path / "overlay.json"
    world.write_text(json.dumps(_world(principal)))
    overlay.write_text(json.dumps({"Resources": {"Noa": NOA}}))
    words = [str(overlay) if word == "OVERLAY" else word for word in question]
    code = main([*words, "--world", str(world), "--format", "json"])
    out = capsys.readouterr().out
    assert code in (0, 1)
    assert json.loads(out)
    if question[0] in ("findings", "who-can"):
        assert "444455556666" in out
