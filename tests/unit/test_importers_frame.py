"""The way of an import: reading files of all kinds, laying out, writing, and loading directly."""

from __future__ import annotations

import ast
import gzip
import io
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

import iamsim
from iamsim.checks.validate import Validator
from iamsim.cli.main import main
from iamsim.core.errors import RequestError, WorldError
from iamsim.importers.frame import import_sources
from iamsim.importers.layout import lay_out
from iamsim.importers.load import is_source, load_worlds
from iamsim.importers.recipe import recipe_policy, recipe_script
from iamsim.importers.salvage import salvage
from iamsim.importers.writing import MANIFEST, compare_folder, write_folder
from iamsim.world.load import load_world
from iamsim.world.yaml_writing import write_yaml
from tests.unit.expanding import expanded

ROOT = Path(__file__).parent.parent.parent
IMPORTS = ROOT / "tests" / "data" / "imports"
DETAILS = IMPORTS / "identity-center" / "account-authorization-details.json"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW = {"Version": "2012-10-17", "Statement": [ALL]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
CUT = {"unknown": "the text breaks off here"}


class TestSources:
    """Files in all shapes give the same world."""

    def same(self, path, lost=0):
        """Compare with the plain file, beside which so many sources are lost."""
        found = import_sources([str(path)])
        assert len(found.data.pop("unlisted", [])) == lost
        assert found.data == import_sources([str(DETAILS)]).data
        return found

    def test_gzip(self, tmp_path):
        """A gzipped file."""
        path = tmp_path / "details.json.gz"
        path.write_bytes(gzip.compress(DETAILS.read_bytes()))
        self.same(path)

    def test_a_key_that_stands_twice(self, tmp_path):
        """Neither of its values counts: the object is not known, in a file and in a text."""
        twice = f'{{"Statement": [{json.dumps(ALL)}], "Statement": []}}'
        for document, why in (
            (twice, "the key `Statement` stands twice in the object"),
            (json.dumps(twice), "the key `Statement` stands twice in the object"),
        ):
            path = tmp_path / "details.json"
            arn = "arn:aws:iam::111122223333:user/mia"
            user = '{{"UserName": "mia", "Path": "/", "Arn": "{}", "UserPolicyList": [{}]}}'.format(
                arn,
                f'{{"PolicyName": "p", "PolicyDocument": {document}}}',
            )
            lists = '"GroupDetailList": [], "RoleDetailList": [], "Policies": []'
            path.write_text(f'{{"UserDetailList": [{user}], {lists}}}')
            found = import_sources([str(path)])
            inline = found.data["accounts"]["111122223333"]["users"]["mia"]["inline_policies"]
            assert inline["p"] == {"unknown": why}

    def test_an_archive_in_an_archive_is_said_not_to_be_read(self, tmp_path):
        """It may hold anything; code that the CDK packs holds nothing that is imported."""
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.write(DETAILS, "details.json")
        for name, codes in (("in/more.zip", ["source-not-readable"]), ("asset.ab12.zip", [])):
            path = tmp_path / "both.zip"
            with zipfile.ZipFile(path, "w") as archive:
                archive.write(DETAILS, "details.json")
                archive.writestr(name, inner.getvalue())
            remarks = import_sources([path]).remarks
            found = [remark for remark in remarks if remark.code == "source-not-readable"]
            assert [remark.code for remark in found] == codes
            assert all(remark.severity == "unknown" for remark in found)

    def test_zip(self, tmp_path):
        """An archive with a folder in it."""
        path = tmp_path / "details.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/details.json", DETAILS.read_bytes())
            archive.writestr("folder/notes.txt", b"not read")
            archive.writestr("__MACOSX/folder/._details.json", b"what macOS puts beside")
            archive.writestr("folder/.cache/x.json", b"hidden")
        self.same(path)

    def test_utf_16(self, tmp_path):
        """What Windows shells make of redirected output."""
        path = tmp_path / "details.json"
        path.write_text(DETAILS.read_text("utf-8"), encoding="utf-16")
        self.same(path)

    def test_several_values(self, tmp_path):
        """Pages behind each other, as a loop in a shell writes them."""
        pages = json.loads((IMPORTS / "gaad" / "paged-unmerged.json").read_text("utf-8"))
        path = tmp_path / "details.json"
        path.write_text("\n".join(json.dumps(page) for page in pages), encoding="utf-8")
        assert self.same(path).formats == {"account authorization details": 2}

    def test_broken_files_are_remarked(self, tmp_path):
        """Files that can't be read cost nothing else."""
        (tmp_path / "good.json").write_bytes(DETAILS.read_bytes())
        (tmp_path / "bad.json.gz").write_bytes(b"no gzip")
        (tmp_path / "bad.yaml").write_text("a: [", encoding="utf-8")
        (tmp_path / "bad.json").write_bytes(b"\xff{")
        (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
        (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
        (tmp_path / "long-line.csv").write_text("a\n1,2,3\n", encoding="utf-8")
        (tmp_path / ".hidden.json").write_text("?", encoding="utf-8")
        (tmp_path / "node_modules").mkdir()
        (tmp_path / "node_modules" / "package.json").write_text("?", encoding="utf-8")
        found = self.same(tmp_path, lost=4)
        assert sorted(remark.code for remark in found.remarks) == [
            *["source-not-readable"] * 4,
            *["source-not-recognised"] * 2,
        ]

    @pytest.mark.parametrize("output", ["world", "."])
    def test_what_an_import_wrote_is_no_source(self, tmp_path, output):
        """`iamsim import . -o world` finds the same the second time; files of others count."""
        (tmp_path / "details.json").write_bytes(DETAILS.read_bytes())
        first = import_sources([str(tmp_path)])
        write_folder(first.data, str(tmp_path / output))
        again = import_sources([str(tmp_path)])
        assert again._replace(places=first.places) == first
        (tmp_path / output / "other.json").write_text('{"a": 1}', encoding="utf-8")
        [remark] = import_sources([str(tmp_path)]).remarks
        assert remark.source.endswith("/other.json")

    def test_a_world_beside_sources_is_remarked(self, tmp_path):
        """A world that an import wrote is not merged into the next one without a word."""
        write_folder(import_sources([str(DETAILS)]).data, str(tmp_path))
        [remark] = import_sources([str(DETAILS), str(tmp_path)]).remarks
        assert remark.message == "this is a world already: `--world` takes it"

    def test_nothing_to_import_is_an_error(self, tmp_path):
        """A folder without sources, a file that is not there, and an archive that is none."""
        with pytest.raises(WorldError, match="nothing that iamsim can import"):
            import_sources([str(tmp_path)])
        with pytest.raises(WorldError, match="can't read"):
            import_sources([str(tmp_path / "missing.json")])
        (tmp_path / "a.zip").write_bytes(b"?")
        with pytest.raises(WorldError, match="is no zip archive"):
            import_sources([str(tmp_path / "a.zip")])

    def test_why_there_is_nothing_to_import(self, tmp_path):
        """The hint names the fault of a file, or says that there is a world already."""
        (tmp_path / "bad.json").write_text('{"a": [', encoding="utf-8")
        with pytest.raises(WorldError) as caught:
            import_sources([str(tmp_path)])
        assert "bad.json (line 1): this is not JSON" in caught.value.hint
        with pytest.raises(WorldError) as caught:
            import_sources([str(ROOT / "corpus" / "examples" / "harbor")])
        assert caught.value.hint == "this is a world already: `--world` takes it"

    def test_progress_is_told(self):
        """First of sources, then of policies."""
        told = []
        import_sources([str(DETAILS)], progress=lambda *state: told.append(state))
        assert told[0] == (0, 1, str(DETAILS))
        assert told[-1][2] == "policies"

    @pytest.mark.parametrize(
        ("text", "rest"),
        [
            ('{"a": [{"b": 1}, {"c": "x', {"a": [{"b": 1}, CUT], **CUT}),
            ('{"a": ["x", "y', {"a": ["x", CUT], **CUT}),
            ('{"a": [{"b": "}]"}, {"c": ]}, {"d": 1}]}', {"a": [{"b": "}]"}, CUT], **CUT}),
            ("[[1], [2], [3", [[1], [2], CUT]),
            ('{"a": 1', None),
            ("]", None),
        ],
    )
    def test_salvage(self, text, rest):
        """Values of lists that stand in full before the fault are kept; what was open is marked."""
        assert salvage(text) == rest


class TestWriting:
    """Worlds in folders."""

    def test_writing_again_touches_nothing(self, tmp_path):
        """The second import of the same sources writes no file."""
        data = import_sources([str(IMPORTS / "moto")]).data
        assert write_folder(data, str(tmp_path)).any
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        assert not write_folder(data, str(tmp_path)).any
        assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    def test_what_is_gone_is_removed_and_what_is_others_stays(self, tmp_path):
        """Files of an earlier import are removed, with their folders; no others are."""
        write_folder(import_sources([str(IMPORTS / "moto")]).data, str(tmp_path))
        mine = tmp_path / "accounts" / "123456789012" / "notes.txt"
        mine.write_text("mine", encoding="utf-8")
        data = import_sources([str(DETAILS)]).data
        assert compare_folder(data, str(tmp_path)).removed
        changes = write_folder(data, str(tmp_path))
        assert "accounts/123456789012/world.yaml" in changes.removed
        assert mine.exists()
        assert not (tmp_path / "accounts" / "959098223003").exists()
        assert list(load_world(tmp_path).accounts) == ["222222222222"]

    def test_a_world_of_somebody_else_is_not_overwritten(self, tmp_path):
        """A world without our list of files was not imported."""
        (tmp_path / "world.yaml").write_text("accounts: {}\n", encoding="utf-8")
        with pytest.raises(RequestError, match="was not imported"):
            write_folder({}, str(tmp_path))

    def test_a_list_of_files_can_not_lead_outside(self, tmp_path):
        """Paths that leave the folder are never removed."""
        inside = tmp_path / "world"
        inside.mkdir()
        outside = tmp_path / "precious.json"
        outside.write_text("{}", encoding="utf-8")
        listed = json.dumps({"files": ["../precious.json", str(outside), 3]})
        (inside / MANIFEST).write_text(listed, encoding="utf-8")
        write_folder({}, str(inside))
        assert outside.exists()

    def test_a_folder_that_can_not_be_written_is_an_error(self, tmp_path):
        """A file in the place of the folder."""
        (tmp_path / "file").write_text("", encoding="utf-8")
        with pytest.raises(RequestError, match="can't write"):
            write_folder({}, str(tmp_path / "file"))

    def test_equal_documents_are_one_file(self):
        """Within an account, between accounts, and under the name of a managed policy."""
        roles = {name: {"trust": dict(TRUST)} for name in ("a", "b")}
        data = {
            "accounts": {
                "111122223333": {"roles": roles, "policies": {"All": ALLOW}},
                "444455556666": {
                    "roles": {"c": {"trust": TRUST, "inline_policies": {"x": dict(ALLOW)}}}
                },
            }
        }
        layout = lay_out(data)
        paths = sorted(layout.documents)
        assert paths[0] == "accounts/111122223333/policies/All.json"
        assert paths[1].startswith("shared/trust-policy-")
        assert len(paths) == 2
        other = layout.worlds["accounts/444455556666/world.yaml"]["accounts"]["444455556666"]
        inline = other["roles"]["c"]["inline_policies"]["x"]
        assert inline == "../../accounts/111122223333/policies/All.json"
        assert data["accounts"]["111122223333"]["policies"]["All"] is ALLOW

    def test_names_that_no_file_can_have(self):
        """Names differ in letter case alone, begin with a dot, or hold what files can't."""
        names = ("a/b", "A_B", "..", "x" * 200)
        policies = {name: {**ALLOW, "Id": name} for name in names}
        layout = lay_out({"policies": policies})
        assert len({path.lower() for path in layout.documents}) == len(names)
        assert all(re.fullmatch(r"policies/[\w-][\w.-]*\.json", path) for path in layout.documents)

    def test_yaml_of_a_world(self):
        """Lists of short texts on one line, account ids in quotes, long lists in blocks."""
        data = {
            "111122223333": {"groups": ["a", "b"], "empty": {}, "none": [], "when": "2026-01-01"},
            "long": ["x" * 60, "y" * 60],
            "keys": [{"id": "AKIA", "on": True}, ["m"]],
        }
        assert write_yaml(data) == (
            '"111122223333":\n'
            "  groups: [a, b]\n"
            "  empty: {}\n"
            "  none: []\n"
            '  when: "2026-01-01"\n'
            f"long:\n  - {'x' * 60}\n  - {'y' * 60}\n"
            "keys:\n"
            "  - id: AKIA\n"
            '    "on": true\n'
            "  - [m]\n"
        )


class TestLoading:
    """Every place that takes a world takes sources."""

    PRINCIPAL = "arn:aws:iam::222222222222:role/service/app"

    def test_sources_and_worlds_are_told_apart(self, tmp_path):
        """By what is in them; what is neither is left to the reader of worlds."""
        assert is_source(str(DETAILS))
        assert is_source(str(IMPORTS / "iam-collect"))
        assert not is_source(str(ROOT / "corpus" / "examples" / "harbor"))
        assert not is_source(str(tmp_path / "missing.json"))
        assert not is_source(str(tmp_path))
        other = tmp_path / "other.json"
        other.write_text('{"acounts": {}}', encoding="utf-8")
        assert not is_source(str(other))
        with pytest.raises(WorldError, match="did you mean `accounts`"):
            load_worlds(other)

    def test_a_world_and_sources_are_merged(self, tmp_path):
        """A world file adds what the sources don't say."""
        more = tmp_path / "more.yaml"
        more.write_text('accounts: {"444455556666": {name: other}}\n', encoding="utf-8")
        world = load_worlds(more, DETAILS)
        assert sorted(world.accounts) == ["222222222222", "444455556666"]

    def test_the_python_interface_takes_sources(self):
        """`iamsim.load` imports on the way, and answers name the files of the import."""
        world = iamsim.load(DETAILS, IMPORTS / "organizations")
        answer = world.explain(
            principal=self.PRINCIPAL,
            action="s3:GetObject",
            resource="arn:aws:s3:::acme-data/data/x",
            context={"aws:RequestedRegion": "eu-west-1", "aws:PrincipalOrgID": "o-exampleorg1"},
        )
        assert answer.allowed
        files = {entry["file"] for entry in answer.to_dict()["decided_by"]}
        assert "accounts/222222222222/policies/app-data.json" in files

    def test_an_included_world_is_read_once(self, tmp_path):
        """Includes may repeat and go in a circle; one that is not there is an error."""
        (tmp_path / "a").mkdir()
        text = 'include: [a, a/world.yaml, world.yaml]\naccounts: {"111122223333": {}}\n'
        (tmp_path / "world.yaml").write_text(text, encoding="utf-8")
        inner = 'include: [../world.yaml]\naccounts: {"444455556666": {}}\n'
        (tmp_path / "a" / "world.yaml").write_text(inner, encoding="utf-8")
        assert sorted(load_world(tmp_path).accounts) == ["111122223333", "444455556666"]
        (tmp_path / "world.yaml").write_text("include: [missing.yaml]\n", encoding="utf-8")
        with pytest.raises(WorldError, match=r"world\.yaml:1:11: can't read"):
            load_world(tmp_path)


# Actions that are not called like the operation, and calls that need none.
ACTIONS = {
    "s3api:get-bucket-encryption": "s3:GetEncryptionConfiguration",
    "apigateway:get-rest-apis": "apigateway:GET",
    "s3api:list-buckets": "s3:ListAllMyBuckets",
    "s3api:get-public-access-block": "s3:GetBucketPublicAccessBlock",
    "s3control:get-public-access-block": "s3:GetAccountPublicAccessBlock",
    "sts:get-caller-identity": None,
    "apigateway:get-domain-names": "apigateway:GET",
    "s3api:list-directory-buckets": "s3express:ListAllMyDirectoryBuckets",
    "s3control:list-access-points-for-directory-buckets": (
        "s3express:ListAccessPointsForDirectoryBuckets"
    ),
    "s3control:list-regional-buckets": "s3-outposts:ListRegionalBuckets",
}
# Calls of S3 that need an action of another service for directory buckets and on Outposts.
OF_OTHERS = {
    "s3-outposts:getaccesspointpolicy",
    "s3-outposts:getbucketpolicy",
    "s3-outposts:listaccesspoints",
    "s3express:getaccesspointpolicy",
    "s3express:getbucketpolicy",
}
ACCOUNT = "111122223333"
# An AWS CLI that knows two buckets and may not list queues.
REFUSES = f"""#!/usr/bin/env bash
case "$*" in
  "sqs list-queues "*) echo AccessDenied >&2; exit 254 ;;
  *"get-caller-identity --query Account "*) echo {ACCOUNT} ;;
  "s3api list-buckets --query "*) printf 'b1\\tb2\\n' ;;
  "iam generate-credential-report"*) exit 254 ;;
  "s3api get-bucket-policy "*) echo '{{}}' ;;
  *) echo None ;;
esac
"""
PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "amp": "aps",
    "bedrock-agent": "bedrock",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "cloudhsmv2": "cloudhsm",
    "codeguruprofiler": "codeguru-profiler",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "eventbridgev2": "events",
    "lexv2-models": "lex",
    "migration-hub-refactor-spaces": "refactor-spaces",
    "mwaa": "airflow",
    "opensearch": "es",
    "pinpoint-sms-voice-v2": "sms-voice",
    "s3api": "s3",
    "s3control": "s3",
    "s3outposts": "s3-outposts",
    "sesv2": "ses",
    "sso-admin": "sso",
    "stepfunctions": "states",
}


class TestRecipe:
    """The script, and the policy that it needs."""

    @pytest.mark.parametrize("organization", [False, True])
    def test_the_policy_holds_what_the_script_calls(self, organization):
        """Every call has its action, and every action its call."""
        script = recipe_script(organization=organization)
        words = r"(?:aws|each|rows|\.json\") ([a-z0-9-]+) ([a-z]+-[a-z0-9-]+)"
        calls = set(re.findall(words, script))
        actions = {self.action(*call) for call in calls} - {None}
        allowed = set()
        for statement in recipe_policy(organization=organization)["Statement"]:
            allowed |= expanded(statement["Action"])
        called = {action.lower() for action in actions} | OF_OTHERS
        assert called == {action.lower() for action in allowed}

    def action(self, service, call):
        """The action of a call."""
        known = f"{service}:{call}"
        if known in ACTIONS:
            return ACTIONS[known]
        return f"{PREFIXES.get(service, service)}:{call.replace('-', '')}"

    @pytest.mark.parametrize("organization", [False, True])
    def test_our_own_checks_find_nothing(self, organization):
        """`iamsim validate` has nothing to say about it, and a managed policy holds it."""
        document = recipe_policy(organization=organization)
        found = Validator().validate_text(json.dumps(document, indent=2), name="policy.json")
        assert [finding.code for finding in found] == []
        assert len(json.dumps(document, separators=(",", ":"))) <= 6_144

    def test_a_list_that_is_refused_is_said(self, tmp_path):
        """What can't be listed is missing in the world: the script says so, and goes on."""
        aws = tmp_path / "aws"
        aws.write_text(REFUSES, encoding="utf-8")
        aws.chmod(0o755)
        done = subprocess.run(
            ["bash", "-s", str(tmp_path / "out")],  # noqa: S607 - bash is found on the path
            input=recipe_script(organization=False),
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "AWS_REGIONS": "eu-west-1"},
        )
        assert "not listed: sqs list-queues --query QueueUrls" in done.stderr
        assert (tmp_path / "out" / ACCOUNT / "get-bucket-policy.b2.json").is_file()

    @pytest.mark.parametrize("organization", [False, True])
    def test_bash_accepts_the_script(self, organization):
        """The script has no fault of syntax."""
        script = recipe_script(organization=organization)
        done = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - bash is found on the path
            input=script,
            text=True,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_every_remark_is_documented():
    """The page of the importers names the code of every remark of the importers of AWS's files."""
    page = (ROOT / "docs" / "reference" / "importers.md").read_text("utf-8")
    for path in (ROOT / "iamsim" / "importers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "remark":
                code = node.args[0] if node.args else None
                if isinstance(code, ast.Constant):
                    assert f"`{code.value}`" in page, code.value


class TestCommand:
    """`iamsim import` from the command line, where it writes."""

    def test_write_check_and_write_again(self, tmp_path, capsys):
        """Writing says what it wrote; a check finds nothing then; writing again does nothing."""
        folder = str(tmp_path / "world")
        assert main(["import", str(DETAILS), "-o", folder]) == 0
        assert f"{folder} is written: 9 files" in capsys.readouterr().out
        assert main(["import", str(DETAILS), "-o", folder, "--check", "-q"]) == 0
        assert main(["import", str(DETAILS), "-o", folder]) == 0
        assert f"{folder} is up to date" in capsys.readouterr().out
        (tmp_path / "world" / "world.yaml").unlink()
        assert main(["import", str(DETAILS), "-o", folder, "--check", "--format", "json"]) == 1
        data = json.loads(capsys.readouterr().out)
        assert data["files"] == {"added": ["world.yaml"], "changed": [], "removed": []}

    def test_strict_writes_nothing(self, tmp_path, capsys):
        """A remark is an error, and the folder is not made."""
        folder = tmp_path / "world"
        assert main(["import", str(IMPORTS / "config"), "-o", str(folder), "--strict"]) == 2
        assert "unknown-policy" in capsys.readouterr().out
        assert not folder.exists()

    def test_a_dump_gives_no_orders_to_the_terminal(self, tmp_path, capsys):
        """Escape sequences in names of a dump are shown, not obeyed."""
        user = {"UserName": "\x1b[2Ju", "Arn": f"arn:aws:iam::{ACCOUNT}:user/u"}
        path = tmp_path / "details.json"
        path.write_text(json.dumps({"UserDetailList": [user]}), encoding="utf-8")
        assert main(["import", str(path)]) == 0
        shown = capsys.readouterr().out
        assert "\x1b" not in shown
        assert "`\\x1b[2Ju` is not a name that IAM accepts" in shown

    def test_the_recipe_may_go_to_a_file(self, tmp_path, capsys):
        """With `--recipe`, `-o` names the file of the script."""
        path = tmp_path / "collect.sh"
        assert main(["import", "--recipe", "-o", str(path)]) == 0
        assert path.read_text("utf-8") == recipe_script(organization=False)
        assert main(["import", "--recipe", str(DETAILS)]) == 2
        assert "does not take" in capsys.readouterr().err

    def test_what_is_not_known_is_said_beside_answers(self, capsys):
        """An import on the way says so on standard error, unless told to be quiet."""
        role = "arn:aws:iam::222222222222:role/service/app"
        command = ["explain", "--world", str(IMPORTS / "config"), "-p", role]
        command += ["-a", "s3:ListAllMyBuckets"]
        assert main(command) == 0
        assert "note: one thing is not known of the sources" in capsys.readouterr().err
        assert main([*command, "-q"]) == 0
        assert capsys.readouterr().err == ""


def test_remarks_that_differ_in_names_alone_are_counted(capsys, tmp_path):
    """Five of them are shown in every form, the others counted; JSON has all."""
    units = [{"Id": f"ou-ab12-{number:08}", "Name": f"unit {number}"} for number in range(9)]
    for parent, children in {"r-ab12": units, **{unit["Id"]: [] for unit in units}}.items():
        name = f"list-organizational-units-for-parent.{parent}.json"
        (tmp_path / name).write_text(json.dumps({"OrganizationalUnits": children}))
    everywhere = [{"TargetId": "r-ab12"}, *({"TargetId": unit["Id"]} for unit in units)]
    kinds = [
        {"Type": f"{word}_CONTROL_POLICY", "Status": "ENABLED"} for word in ("SERVICE", "RESOURCE")
    ]
    full = {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}
    for name, output in {
        "list-roots": {"Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": kinds}]},
        "describe-organization": {
            "Organization": {"Id": "o-a1b2c3d4e5", "MasterAccountId": "1" * 12}
        },
        "list-policies.SERVICE_CONTROL_POLICY": {"Policies": [full]},
        "list-targets-for-policy.p-FullAWSAccess": {"Targets": everywhere},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(output))
    main(["import", str(tmp_path), "--format", "json"])
    messages = [remark["message"] for remark in json.loads(capsys.readouterr().out)["remarks"]]
    alike = [message for message in messages if "resource control policies" in message]
    assert len(alike) == 10
    for form in ("text", "markdown", "html"):
        main(["import", str(tmp_path), "--format", form])
        text = " ".join(capsys.readouterr().out.split())
        assert text.count("no source lists the resource control policies") == 5
        left = re.search(r"(\d+) more are like these", text)
        assert left is not None
        assert int(left[1]) >= 5
