"""What says that sources are whole: the list of sums beside them."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import iamsim
from iamsim.cli.main import main
from iamsim.core.decision import Verdict
from iamsim.importers.frame import import_sources
from iamsim.importers.sums import SUMS, sum_of, sums_text

NOBODY = {"GroupDetailList": [], "RoleDetailList": []}  # AWS prints empty lists, too

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "111122223333"
MIA = f"arn:aws:iam::{ACCOUNT}:user/mia"
BUCKET = "arn:aws:s3:::ledger"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NO_BUCKETS = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def policy(*statements: object) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def dump(*statements: object) -> dict[str, Any]:
    """The dump of an account with a user that has a policy of these statements."""
    inline = {"PolicyName": "own", "PolicyDocument": policy(*statements)}
    return {
        "UserDetailList": [{"UserName": "mia", "Arn": MIA, "UserPolicyList": [inline]}],
        **NOBODY,
    }


def public() -> dict[str, str]:
    """What prints a policy of a bucket that denies everybody."""
    denies = {**NO_BUCKETS, "Principal": "*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    return {"Policy": json.dumps(policy(denies))}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Two sources with their sums."""
    folder = tmp_path / "aws-world"
    files = {
        f"{ACCOUNT}/get-account-authorization-details.json": dump(ALL, NO_BUCKETS),
        f"{ACCOUNT}/get-bucket-policy.ledger.json": public(),
        f"{ACCOUNT}/list-buckets.json": {"Buckets": [{"Name": "ledger"}]},
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))
    digests = {name: sum_of((folder / name).read_bytes()) for name in files}
    (folder / SUMS).write_text(sums_text(digests))
    return folder


def verdict(folder: Path, action: str = "s3:GetObject", principal: str = MIA) -> Verdict:
    """Ask about the object of a bucket."""
    world = iamsim.load(str(folder))
    return world.explain(principal=principal, action=action, resource=f"{BUCKET}/k").verdict


def codes(folder: Path) -> set[str]:
    """The codes of the remarks of an import."""
    return {remark.code for remark in import_sources([str(folder)]).remarks}


def test_sources_that_are_whole_are_known(sources: Path) -> None:
    """Nothing is remarked, and nothing of the world is left open."""
    imported = import_sources([str(sources)])
    assert (imported.remarks, imported.unverified) == ((), 0)
    assert "unverified" not in imported.data
    assert verdict(sources) is Verdict.EXPLICIT_DENY


def test_the_list_is_one_that_other_programs_check(sources: Path) -> None:
    """`sha256sum -c` takes it."""
    ran = subprocess.run(
        ["sha256sum", "--check", "--strict", SUMS],  # noqa: S607 - of the system
        cwd=sources,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.count(": OK")) == (0, 3), ran.stderr


@pytest.mark.parametrize(
    "name", ["get-account-authorization-details.json", "get-bucket-policy.ledger.json"]
)
def test_a_file_that_is_gone_is_not_known(sources: Path, name: str) -> None:
    """Nothing but the list names it."""
    (sources / ACCOUNT / name).unlink()
    assert verdict(sources) in {Verdict.CONDITIONAL, Verdict.EXPLICIT_DENY}
    assert codes(sources) >= {"source-missing"}


def test_a_statement_that_is_gone_is_not_known(sources: Path) -> None:
    """The file is whole by itself; without the list, the policy of the bucket is missing alone."""
    (sources / ACCOUNT / "get-bucket-policy.ledger.json").unlink()
    digests = {}
    file = sources / ACCOUNT / "get-account-authorization-details.json"
    digests[f"{ACCOUNT}/{file.name}"] = sum_of(file.read_bytes())
    (sources / SUMS).write_text(sums_text(digests))
    assert verdict(sources) is Verdict.EXPLICIT_DENY
    file.write_text(json.dumps(dump(ALL)))
    assert verdict(sources) is Verdict.CONDITIONAL
    assert codes(sources) == {"source-changed", "policy-missing"}
    (sources / SUMS).unlink()
    assert codes(sources) == {"policy-missing"}
    assert import_sources([str(sources)]).data["unverified"] == 2  # type: ignore[comparison-overlap]


def test_a_list_may_be_in_an_archive(sources: Path, tmp_path: Path) -> None:
    """What it names is looked for there."""
    archive = tmp_path / "aws-world.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(sources.rglob("*")):
            if file.is_file() and file.name != "get-bucket-policy.ledger.json":
                packed.write(file, file.relative_to(sources).as_posix())
    assert codes(archive) == {"source-missing"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("what is this\n", "line 1"),
        (f"{'0' * 64}  ../elsewhere.json\n", "line 1"),
        (f"{'0' * 64}  /etc/elsewhere.json\n", "line 1"),
        ("# 4 files\n", ""),
    ],
)
def test_a_list_that_can_not_be_read_is_said(sources: Path, text: str, line: str) -> None:
    """Files that it named may be missing."""
    (sources / SUMS).write_text(text)
    (remark,) = import_sources([str(sources)]).remarks
    assert (remark.code, remark.place, remark.severity) == ("source-not-readable", line, "unknown")


def test_other_files_of_a_list_are_no_sources(sources: Path) -> None:
    """Such as those that importers pass over, and a list may be of the `shasum` of macOS."""
    lines = (sources / SUMS).read_text().splitlines()
    more = [f"{'0' * 64} *notes.txt", "", f"{'0' * 64}  .hidden.json"]
    (sources / SUMS).write_text("\n".join([*lines[:-1], *more]))
    assert codes(sources) == set()


def test_templates_are_what_people_write(tmp_path: Path) -> None:
    """Of them nothing is missing that does not stand there."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}
    (tmp_path / "app.json").write_text(json.dumps({"Resources": {"Queue": queue}}))
    assert import_sources([str(tmp_path)]).unverified == 0


def test_that_nothing_says_so_is_said(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the import, in the world that is written, and by gates that pass over it."""
    (sources / SUMS).unlink()
    world = str(tmp_path / "world")
    assert main(["import", str(sources), "-o", world]) == 0
    said = "nothing says whether the 3 collected files behind this are whole"
    assert said in " ".join(capsys.readouterr().out.split())
    assert main(["world", "lint", "--world", world, "--fail-on", "warning"]) == 0
    assert said in " ".join(capsys.readouterr().out.split())
    for command in ("show", "stats"):
        assert main(["world", command, "--world", world]) == 0
        assert said in " ".join(capsys.readouterr().out.split())
        assert main(["world", command, "--world", world, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["unverified"] == 3
    gates = (
        (["findings", "--fail-on", "any", "--world", world], 0),
        (["paths", "--fail-on", "any", "--world", world], 1),
        (["diff", "--fail-on", "opened", world, world], 0),
    )
    for gate, code in gates:
        assert main(gate) == code
        assert (said in " ".join(capsys.readouterr().err.split())) == (code == 0)
    assert main(["findings", "--fail-on", "any", "--world", world, "-q"]) == 0
    assert said not in capsys.readouterr().err


AWS = """\
#!/bin/bash
case "$*" in
  *get-caller-identity*Account*) echo 111122223333 ;;
  *get-account-authorization-details*) cat "$DETAILS" ;;
  *list-buckets*text*) echo ledger ;;
  *list-buckets*) echo '{"Buckets": [{"Name": "ledger"}]}' ;;
  *get-bucket-policy*)
    echo >&2
    echo "An error occurred (AccessDenied) when calling the GetBucketPolicy operation" >&2
    exit 254
    ;;
  *get-bucket-tagging*)
    echo "An error occurred (NoSuchTagSet) when calling the GetBucketTagging operation" >&2
    exit 254
    ;;
  *describe-regions*) echo eu-west-1 ;;
  *list-keys*)
    echo "An error occurred (AccessDenied) when calling the ListKeys operation" >&2
    exit 254
    ;;
esac
"""


def test_the_recipe_seals_what_it_collects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And keeps errors of AWS where the outputs would stand."""
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    (tmp_path / "details.json").write_text(json.dumps(dump(ALL)))
    assert main(["import", "--recipe"]) == 0
    (tmp_path / "collect.sh").write_text(capsys.readouterr().out)
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "collect.sh"],  # noqa: S607 - of the system
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "DETAILS": str(tmp_path / "details.json")},
        capture_output=True,
        check=True,
    )
    folder = tmp_path / "aws-world"
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert files == {
        SUMS,
        f"{ACCOUNT}/eu-west-1/list-keys.kms.json",
        f"{ACCOUNT}/eu-west-1/list-keys.payment-cryptography.json",
        f"{ACCOUNT}/get-account-authorization-details.json",
        f"{ACCOUNT}/get-bucket-policy.ledger.json",
        f"{ACCOUNT}/list-buckets.json",
    }
    assert import_sources([str(folder)]).unverified == 0
    assert codes(folder) == {"source-not-readable"}
    assert verdict(folder) is Verdict.CONDITIONAL
