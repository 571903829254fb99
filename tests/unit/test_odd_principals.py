"""Principals that AWS stores and nobody can be: no question over a world stops at them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import iamsim
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


ALLOW: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
REFUSED = "bad name"


def _world_with(kind: str) -> dict[str, Any]:
    """Two users, one of them in a group, and something of a kind whose name IAM refuses."""
    account: dict[str, Any] = {
        "users": {
            "mia": {"inline_policies": {"x": ALLOW}},
            "leo": {"inline_policies": {"x": ALLOW}, "groups": ["devs"]},
        },
        "groups": {"devs": {}},
    }
    account.setdefault(kind, {})[REFUSED] = {"inline_policies": {"x": ALLOW}}
    if kind == "groups":
        account["users"]["leo"]["groups"] = [REFUSED]
    return {"accounts": {"111122223333": account}}


@pytest.mark.parametrize("kind", ["users", "groups", "roles"])
def test_one_name_that_iam_refuses_leaves_the_others(tmp_path: Path, kind: str) -> None:
    """It is not known what it stands for: who is listed is decided, and a member of such a group
    may have any policy."""
    (tmp_path / "world.json").write_text(json.dumps(_world_with(kind)), encoding="utf-8")
    world = iamsim.load(tmp_path)

    def verdict(name: str) -> str:
        caller = f"arn:aws:iam::111122223333:user/{name}"
        return world.explain(
            principal=caller, action="s3:GetObject", resource=f"{BUCKET}/a"
        ).verdict.value

    assert verdict("mia") == "allowed"
    assert verdict("leo") == ("conditional" if kind == "groups" else "allowed")
    assert verdict("zoe") == "conditional"


def test_such_a_name_is_said_and_refused_where_all_must_be_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`world lint` finds it at its place, a gate over findings fails, `--strict` refuses it."""
    file = tmp_path / "world.json"
    file.write_text(json.dumps(_world_with("roles"), indent=1), encoding="utf-8")
    assert main(["world", "lint", "--world", str(file)]) == 1
    assert "invalid-name" in capsys.readouterr().out
    findings = ["findings", "--world", str(file)]
    assert main(findings) == 0
    assert main([*findings, "--fail-on", "any"]) == 1
    assert f"`{REFUSED}` is not a name that IAM accepts" in capsys.readouterr().err
    assert main([*findings, "--strict"]) == 2
    assert f"`{REFUSED}` is not a name that IAM accepts" in capsys.readouterr().err
