"""The playground without a browser: what its page asks of Python, its files, and its server."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import re
import shlex
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.play import files as play_files
from iamsim.play.server import FileServer
from iamsim.play.worker import HOMES, answer

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "iamsim" / "play" / "page"
EXAMPLES = json.loads((PAGE / "examples.json").read_text("utf-8"))
QUESTION = EXAMPLES[0]["state"]["explain"]
HARBOR = ROOT / "corpus" / "examples" / "harbor"


class Done(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def run_iamsim(capsys):
    """Run a command."""

    def run(*arguments):
        code = main(list(arguments))
        return Done(code, *capsys.readouterr())

    return run


def ask(method, **data):
    """Ask as the page does."""
    return json.loads(answer(method, json.dumps(data)))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["title"]["en"])
def test_examples_come_out_as_they_say(example):
    """Each example of the menu gets the verdict that its title leads one to expect, and its
    policies are what the checks take for written well."""
    state = example["state"]
    told = ask("compare" if state["tab"] == "compare" else "explain", **state[state["tab"]])
    assert told["verdict"] == example["expect"]
    for policy in state.get("explain", {}).get("policies", ()):
        asked = {name: state["explain"][name] for name in ("action", "resource")}
        found = ask("lint", **policy, **asked)["findings"]
        assert [entry["code"] for entry in found if entry["severity"] == "error"] == []
    assert set(example["title"]) == {"en", "ja"}


def test_an_answer_has_a_picture_and_the_whole_explanation():
    """Verdict, sentence, a picture as wide as the page has room, and markup of the templates."""
    told = ask("explain", **QUESTION, width=400, theme="dark")
    assert told["word"] == "denied implicitly"
    assert "`ReadReports`" in told["sentence"]
    assert 'width="400"' in told["svg"]
    assert "What decided, and what came close" in told["details"]
    assert "<h1" not in told["details"]
    assert "<script" not in told["details"]


def test_an_answer_speaks_japanese():
    """Verdict, sentence, picture and headings; policies, names and what has no words stay."""
    plain, told = (ask("explain", **QUESTION, language=word) for word in ("en", "ja"))
    assert told["word"] == "暗黙的な拒否"
    assert told["sentence"].endswith("が許可していません")
    assert "決め手" in told["svg"]
    assert "AWS が評価する順序" in told["details"]
    assert "What decided" not in told["details"]
    tags = [re.sub(r"[^<>]+(?=<)", "", entry["details"]) for entry in (plain, told)]
    assert len(re.findall("<[^>]+>", tags[0])) == len(re.findall("<[^>]+>", tags[1]))
    assert ask("explain", **QUESTION)["word"] == "denied implicitly"


def test_what_counts_is_what_is_on():
    """A policy that is off is as if it were not there; levels without a policy are no levels."""
    allow = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    deny = '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    policies = [
        {"layer": "identity", "text": allow},
        {"layer": "identity", "text": deny, "off": True},
        {"layer": "scp", "text": allow, "level": 3},
    ]
    told = ask("explain", **{**QUESTION, "policies": policies})
    assert told["verdict"] == "allowed"
    policies[1]["off"] = False
    assert ask("explain", **{**QUESTION, "policies": policies})["verdict"] == "explicitDeny"


def test_an_answer_is_held_against_an_earlier_one():
    """The sentence says what changes and why."""
    earlier = {**QUESTION, "context": "aws:SourceVpc = vpc-0a1b2c3d4e5f60718"}
    told = ask("explain", **QUESTION, before=earlier)
    assert told["compared"]["verdict"] == "allowed"
    assert told["compared"]["summary"].startswith("from allowed to denied implicitly")


def test_edits_lead_where_they_say():
    """Each set of edits that the page can make leads to the other verdict when it is made."""
    for example in EXAMPLES[:5]:
        question = example["state"]["explain"]
        told = ask("edit", **question)
        made = 0
        for edits in told["sets"]:
            if edits is None:
                continue
            policies = [dict(policy) for policy in question["policies"]]
            for number, text in edits["texts"].items():
                policies[int(number)]["text"] = text
            policies += edits["added"]
            lines = [
                line
                for line in question["context"].splitlines()
                if line.partition("=")[0].strip() not in edits["context"]
            ]
            lines += [f"{key} = {value}" for key, value in edits["context"].items() if value]
            context = "\n".join(lines)
            after = ask("explain", **{**question, "policies": policies, "context": context})
            assert after["verdict"] == "allowed", edits
            made += 1
        assert made, example["title"]["en"]


@pytest.mark.parametrize("form", ["scenario", "test"])
def test_a_question_is_taken_away_as_a_file(form, tmp_path, run_iamsim):
    """The file asks the same, and the command line gives the same verdict."""
    told = ask("export", **QUESTION, form=form)
    path = tmp_path / told["name"]
    path.write_text(told["text"], encoding="utf-8")
    assert ("expect: implicitDeny" in told["text"]) is (form == "test")
    done = run_iamsim("test" if form == "test" else "explain", str(path))
    assert done.code == 0
    assert "implicitDeny" in done.out or "1 passed" in done.out


def test_a_question_is_taken_away_as_a_command(run_iamsim):
    """The command asks the same, names with quotes and dollars included."""
    for example in EXAMPLES[:-1]:
        question = example["state"]["explain"]
        text = ask("export", **question, form="command")["text"]
        words = shlex.split(text.replace("\\\n", " "))
        done = run_iamsim(*words[1:], "-q")
        assert done.out.split() == [example["expect"]], example["title"]["en"]


def test_faults_are_told_with_their_place():
    """A broken policy, a request that can't be asked, a page of somebody else's making."""
    broken = [{"layer": "identity", "text": '{"Statement":\n [{]}'}]
    told = ask("explain", **{**QUESTION, "policies": broken})["fault"]
    assert (told["policy"], told["line"], told["column"]) == ("identity-1", 2, 4)
    assert ask("explain", **{**QUESTION, "context": "nothing"})["fault"]["hint"]
    for hostile in (
        {"policies": 7},
        {"policies": [7]},
        {"policies": [{"layer": "secret", "text": "{}"}]},
        {"policies": [{"layer": "identity", "text": 7}]},
        {"policies": [{"layer": "boundary", "text": QUESTION["policies"][0]["text"]}] * 2},
        {"principal": ["x"]},
        {"action": None},
    ):
        assert ask("explain", **{**QUESTION, **hostile})["fault"]["code"] != "internal-error"
    assert ask("nothing")["fault"]["code"] == "internal-error"


def test_findings_stand_where_browsers_count():
    """A character of two units of UTF-16 before a finding moves it by two."""
    statement = '{"Effect": "Allow", "Action": "s3:Gett", "Resource": "*"}'
    text = f'{{"Id": "\U0001f600", "Statement": {statement}}}'
    found = ask("lint", text=text, layer="identity", action="", resource="")["findings"]
    wrong = next(entry for entry in found if entry["code"] == "INVALID_ACTION")
    units = text.encode("utf-16-le")
    quoted = units[wrong["from"] * 2 : wrong["to"] * 2].decode("utf-16-le")
    assert quoted.strip('"') == "s3:Gett"


def test_proposals_fit_the_place():
    """Actions in an Action, keys of these actions in a Condition, formats in a Resource."""

    def proposed(text):
        offset = text.index("|")
        return ask("complete", text=text.replace("|", ""), offset=offset, editor="1")

    start = '{"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", '
    actions = proposed('{"Statement": [{"Effect": "Allow", "Action": "s3:Put|"}]}')
    labels = [option["label"] for option in actions["options"]]
    assert "s3:PutObject" in labels
    proposed(f'{start}"Resource": "*|"}}]}}')  # a text that reads, so that its actions are known
    keys = proposed(f'{start}"Condition": {{"StringEquals": {{"|": ""}}}}}}]}}')
    assert "s3:x-amz-acl" in [option["label"] for option in keys["options"]]
    fields = ask("complete_field", field="action", text="s3:", action="")["options"]
    assert "s3:GetObject" in fields
    arns = ask("complete_field", field="resource", text="", action="s3:GetObject")["options"]
    assert "arn:${Partition}:s3:::${BucketName}/${ObjectName}" in arns


def test_two_policies_are_compared_with_a_witness():
    """The witness is a page that explains it: allowed by the new policy, in its layer."""
    compare = EXAMPLES[-1]["state"]["compare"]
    told = ask("compare", **compare)
    assert ask("explain", **told["witness"])["verdict"] == "allowed"
    same = ask("compare", **{**compare, "new": compare["existing"]})
    assert same["verdict"] == "PASS"
    scp = ask("compare", **{**compare, "type": "scp"})
    assert ask("explain", **scp["witness"])["verdict"] == "allowed"


def test_a_world_is_dropped_and_asked():
    """Files become a world; each question gets its answer as a document."""
    names = [path.relative_to(HARBOR.parent) for path in HARBOR.rglob("*") if path.is_file()]
    dropped = [
        {"name": str(name), "content": b64encode((HARBOR.parent / name).read_bytes()).decode()}
        for name in names
    ]
    told = ask("drop", files=dropped)
    assert (told["files"], told["accounts"]) == (len(dropped), 2)
    assert "deploy" in told["html"]
    who = ask("ask_world", ask="who-can", action="s3:GetObject", resource="*")
    assert "arn:aws:iam::111122223333" in who["html"]
    for question in ("show", "findings", "paths"):
        assert ask("ask_world", ask=question)["html"]
    plan = (HARBOR.parent / "harbor-plan.json").read_bytes()
    changed = [{"name": "plan.json", "content": b64encode(plan).decode()}]
    assert ask("ask_world", ask="changes", files=changed)["html"]
    assert "fault" in ask("ask_world", ask="everything")
    broken = ask("drop", files=[{"name": "x.json", "content": b64encode(b"{").decode()}])["fault"]
    assert broken["policy"] == "x.json"
    assert "no world" in ask("ask_world", ask="findings")["fault"]["message"]


def test_a_dropped_name_stays_in_its_folder():
    """Names that lead out of the folder are cut; nothing is written elsewhere."""
    content = b64encode((HARBOR.parent / "harbor-plan.json").read_bytes()).decode()
    told = ask("drop", files=[{"name": "../../../etc/plan.json", "content": content}])
    assert told.get("files") == 1 or "fault" in told
    assert not Path("/etc/plan.json").exists()


def test_every_question_of_the_page_has_a_home():
    """What the scripts ask for is there, and nothing else is."""
    scripts = "".join(path.read_text("utf-8") for path in PAGE.glob("*.js"))
    asked = set(re.findall(r'python\.ask\("(\w+)"', scripts))
    assert asked == set(HOMES)


def _once(pairs):
    """An object in which no key stands twice: the second would hide the first."""
    assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
    return dict(pairs)


def test_words_are_there_in_both_languages():
    """The same keys, as many places for values, and all that the page and its scripts name."""
    spoken = {
        name: json.loads(
            (PAGE / "words" / f"{name}.json").read_text("utf-8"), object_pairs_hook=_once
        )
        for name in ("en", "ja")
    }
    assert spoken["en"].keys() == spoken["ja"].keys()
    for key, text in spoken["en"].items():
        assert set(re.findall(r"\{\d\}", text)) == set(re.findall(r"\{\d\}", spoken["ja"][key])), (
            key
        )
    page = (PAGE / "index.html").read_text("utf-8")
    named = set(re.findall(r'data-w(?:-label|-placeholder)?="([\w-]+)"', page))
    for key, text in re.findall(r'data-w="([\w-]+)"[^>]*>([^<]*)<', page):
        assert spoken["en"][key] == text
    scripts = "".join(path.read_text("utf-8") for path in PAGE.glob("*.js"))
    named |= set(re.findall(r'\bt\("([\w-]+)"', scripts))
    assert named <= spoken["en"].keys()


def vendor(folder):
    """Stand-ins for Pyodide and CodeMirror."""
    (folder / "pyodide").mkdir(parents=True)
    (folder / "pyodide" / "pyodide.mjs").write_text("export {};", encoding="utf-8")
    (folder / "licenses").mkdir()
    (folder / "licenses" / "NOTICE.txt").write_text("all", encoding="utf-8")
    (folder / "modules.json").write_text('{"x": "codemirror/x.js"}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of the playground, with stand-ins."""
    return play_files.playground_files(vendor(tmp_path_factory.mktemp("vendor") / "vendor"))


def test_the_page_forbids_itself_what_it_does_not_need(files):
    """Nothing by default, no inline script but the map of modules, which is known by its hash, and
    no inline style."""
    page = files["index.html"].decode()
    policy = re.search(r'Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    assert len(inline) == 1
    digest = b64encode(sha256(inline[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert json.loads(inline[0]) == {"imports": {"x": "./vendor/codemirror/x.js"}}
    assert not re.search(r"\sstyle=|<style|\son\w+=|https?://", page)


def test_everything_is_listed_once_and_there(files):
    """What the service worker keeps is what there is; the page loads nothing else."""
    listed = json.loads(files["files.json"])
    assert set(listed["files"]) == {
        name for name in files if name != "files.json" and "licenses" not in name
    }
    page = files["index.html"].decode()
    loaded = re.findall(r'(?:src|href)="([\w./-]+)"', page)
    assert set(loaded) <= set(files)


def test_the_package_is_whole_without_what_a_browser_has_no_use_for(files):
    """The archives hold the rooms that answer, the grammar and the corpus, and nothing twice."""
    first, later = (
        set(zipfile.ZipFile(io.BytesIO(files[f"packages/{name}.zip"])).namelist())
        for name in ("iamsim", "corpus")
    )
    assert not first & later
    assert {"iamsim/play/worker.py", "iamsim/report/html/templates/document.html.j2"} <= first
    assert any(name.startswith("iamsim/_grammar/") for name in first)
    assert any(name.startswith("iamsim/_corpus/lessons/") for name in later)
    assert not any(name.startswith(("iamsim/cli/", "iamsim/serve/")) for name in first | later)


def test_the_same_files_have_the_same_version(files, tmp_path):
    """The version names the contents, so that browsers keep what did not change."""
    again = play_files.playground_files(vendor(tmp_path / "vendor"))
    assert again == files


def test_the_server_sends_files_to_whom_it_was_told(files):
    """Files with their type, compressed where that helps; nobody who calls it by another name."""
    server = FileServer(files)
    Thread(target=server.run, daemon=True).start()
    try:
        port = server.server_address[1]

        def get(path, method="GET", **headers):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request(method, path, headers={"Host": server.host, **headers})
            response = connection.getresponse()
            content = response.read()
            connection.close()
            return response, content

        response, body = get("/", **{"Accept-Encoding": "gzip"})
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert gzip.decompress(body) == files["index.html"]
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert get("/play.js?x")[1] == files["play.js"]
        assert get("/packages/iamsim.zip")[1] == files["packages/iamsim.zip"]
        assert get("/", method="HEAD")[1] == b""
        assert get("/../pyproject.toml")[0].status == 404
        assert get("/", Host="example.com")[0].status == 403
        with pytest.raises(RequestError, match="can't listen"):
            FileServer(files, port)
    finally:
        server.stop()


def test_the_playground_is_written_for_a_static_host(monkeypatch, tmp_path, run_iamsim):
    """`--build` writes every file."""
    monkeypatch.setattr(play_files, "find_vendor", lambda: vendor(tmp_path / "vendor"))
    done = run_iamsim("play", "--build", str(tmp_path / "site"))
    assert done.code == 0
    assert (tmp_path / "site" / "packages" / "iamsim.zip").is_file()
    assert "files" in done.err


def test_what_is_missing_is_named(monkeypatch, tmp_path, run_iamsim):
    """Without the wheel, and without npm in a checkout, the command says what to install."""
    monkeypatch.setattr(play_files, "BUILT", tmp_path / "nowhere")
    monkeypatch.setattr(play_files.shutil, "which", lambda _: None)
    done = run_iamsim("play", "--build", str(tmp_path / "site"))
    assert done.code == 2
    assert "pip install iamsim-playground" in done.err
    assert "npm" in done.err


def test_a_checkout_builds_what_is_missing(monkeypatch, tmp_path):
    """With npm, the script brings it; one that fails is told."""
    monkeypatch.setattr(play_files, "BUILT", tmp_path / "built")
    monkeypatch.setattr(play_files.shutil, "which", lambda _: "npm")
    ran = []

    def build(command, **_):
        ran.append(command)
        (tmp_path / "built" / "vendor").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(play_files.subprocess, "run", build)
    assert play_files.find_vendor() == tmp_path / "built" / "vendor"
    assert ran == [[sys.executable, str(play_files.BUILDER)]]
    monkeypatch.setattr(play_files, "BUILT", tmp_path / "again")
    monkeypatch.setattr(
        play_files.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 1),
    )
    with pytest.raises(RequestError, match="could not be brought"):
        play_files.find_vendor()


def test_pins_have_hashes():
    """Every package of the playground is pinned to one version and to its hash."""
    pins = ROOT / "scripts" / "playground"
    lock = json.loads((pins / "package-lock.json").read_text("utf-8"))["packages"]
    assert all(value["integrity"].startswith("sha512-") for name, value in lock.items() if name)
    assert not any("resolved" in entry for entry in lock.values())
    named = json.loads((pins / "package.json").read_text("utf-8"))
    versions = {**named["dependencies"], **named["devDependencies"]}
    assert all(re.fullmatch(r"[\d.]+", version) for version in versions.values())
    text = (pins / "requirements.txt").read_text("utf-8")
    assert text.count("==") == text.count("--hash=sha256:")
    assert b64decode(lock["node_modules/pyodide"]["integrity"].removeprefix("sha512-"))
