"""Folders of git revisions: read as they were, with nothing of the repository run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.inputs.revisions import is_revision, open_revision

USER = """\
resource "aws_iam_user" "a" {{
  name = "a"
}}
module "m" {{
  source = "../shared"
  user   = aws_iam_user.a.name
  action = "{action}"
}}
"""
SHARED = """\
variable "user" {}
variable "action" {}
resource "aws_iam_user_policy" "p" {
  name   = "p"
  user   = var.user
  policy = file("${path.module}/p.json")
}
"""
POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "%s", "Resource": "*"}}'
)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a configuration, whose module lies beside it, in two revisions."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "infra").mkdir()
    (tmp_path / "shared").mkdir()
    git("init", "-q", "-b", "main")
    (tmp_path / "infra/main.tf").write_text(USER.format(action="x"))
    (tmp_path / "shared/main.tf").write_text(SHARED)
    (tmp_path / "shared/p.json").write_text(POLICY % "s3:GetObject")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/link.tf").symlink_to("/etc/passwd")
    (tmp_path / ".gitattributes").write_text("*.tf export-ignore\n")
    commit("first")
    (tmp_path / "shared/p.json").write_text(POLICY % "s3:*")
    commit("second")
    return tmp_path


def git(*words):
    """Call git."""
    about = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    program = shutil.which("git") or "git"
    subprocess.run((program, *about, *words), check=True, capture_output=True)


def commit(message):
    """Commit everything."""
    git("add", "-A")
    git("commit", "-q", "-m", message)


def test_a_revision_is_written_without_following_links(repository):
    """Files are as they were; what is exported with `git archive` does not matter. What a link
    stands for can't be read, so that nobody takes it for nothing."""
    with open_revision("HEAD:other") as path:
        assert (Path(path) / "link.tf").read_text().startswith("(a symbolic link")
    assert is_revision("HEAD~1:infra")
    assert not is_revision("infra")
    with open_revision("HEAD~1:infra") as path:
        assert sorted(entry.name for entry in Path(path).iterdir()) == ["main.tf"]
        assert "GetObject" in (Path(path).parent / "shared/p.json").read_text()
    assert not Path(path).exists()


def test_two_revisions_of_a_configuration_are_compared(repository, capsys):
    """The module beside it counts, and the working tree does for a plain path."""
    assert main(["changes", "HEAD~1:infra", "HEAD:infra", "-q", "--account", "111122223333"]) == 0
    assert "user/a" in capsys.readouterr().out
    assert main(["changes", "HEAD:infra", "infra", "--fail-on", "changed"]) == 0
    assert "no decision changes" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argument",
    [
        "--output=/tmp/x:infra",
        "nothing:infra",
        "HEAD:../..",
        "HEAD:/etc",
        "HEAD:missing",
        "HEAD^{tree}:infra",
        "-h:infra",
    ],
)
def test_names_from_outside_are_no_options(repository, argument):
    """A clear error for what is no revision, or not in it."""
    with pytest.raises(RequestError) as error, open_revision(argument):
        pass
    assert error.value.code in ("no-such-revision", "not-in-revision")


def test_a_plan_alone_is_compared_before_and_after(capsys):
    """What is there before comes from the plan itself."""
    plan = Path(__file__).parents[2] / "corpus/imports/terraform/changed-account/source/plan.json"
    assert main(["changes", str(plan), "--fail-on", "opened", "--accept-unknown"]) == 0
    assert "closes" in capsys.readouterr().out
    assert main(["changes", str(plan.parent.parent / "questions.yaml")]) == 2


def test_a_review_joins_what_is_asked(repository, capsys, tmp_path):
    """Each part says whether it passes; one that fails gives the exit code."""
    (tmp_path / "claims.yaml").write_text(
        "claims:\n  - name: nobody deletes\n"
        '    never: {action: "s3:DeleteBucket", resource: "arn:aws:s3:::reports"}\n'
    )
    about = ["HEAD~1:infra", "HEAD:infra", "--account", "111122223333"]
    words = [*about, "--claims", "claims.yaml", "--policies", "infra", "shared"]
    assert main(["review", *about, "--policies", "shared"]) == 0
    assert "passes" in capsys.readouterr().out
    assert main(["review", *words[:-1], "--fail-on", "opened", "--format", "markdown"]) == 1
    text = capsys.readouterr().out
    assert "## What changes: fails" in text
    assert "## What must hold: fails" in text
    assert "## What is wrong with policies: passes" in text
    assert main(["review", *about, "--format", "json"]) == 0
    assert '"findings"' in capsys.readouterr().out


def test_two_folders_with_the_same_files_are_not_compared_any_further(tmp_path, capsys):
    """Nothing differs; who asks for nobody is told so, and claims about the change hold."""
    world = "accounts:\n  '111122223333':\n    users:\n      mia: {policies: [p.json]}\n"
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
    document = f'{{"Version": "2012-10-17", "Statement": {statement}}}'
    claims = tmp_path / "claims.yaml"
    claims.write_text("claims: [{name: nothing opens, no_new_access: true}]\n")
    sides = [tmp_path / "before", tmp_path / "after"]
    for side in sides:
        side.mkdir()
        (side / "world.yaml").write_text(world)
        (side / "p.json").write_text(document)
    both = list(map(str, sides))
    assert main(["diff", *both, "--fail-on", "changed", "--forbid", str(claims)]) == 0
    assert "no decision changes" in capsys.readouterr().out
    assert main(["diff", *both, "-p", "arn:aws:iam::*:user/nobody"]) == 2
    assert "no principal of either world fits" in capsys.readouterr().err
    assert main(["diff", *both, "-p", "arn:aws:iam::*:user/mia", "--strict"]) == 0
    (sides[1] / "p.json").write_text(document.replace("Allow", "Deny"))
    assert main(["diff", *both, "--fail-on", "changed"]) == 1
