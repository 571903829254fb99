"""The wheel that users get carries what it needs and works away from the checkout."""

from __future__ import annotations

import posixpath
import subprocess
import zipfile
from urllib.request import urlopen

import pytest

from tests.docs.walking import walk
from tests.repo.conftest import ROOT, run

# One worker builds and installs; the others need not.
pytestmark = pytest.mark.xdist_group("wheel")
EXAMPLES = ("iamsim/_corpus/examples/", "iamsim/_corpus/lessons/")


def test_wheel_carries_grammar_corpus_types_and_data(wheel):
    """Grammars, examples, the marker of typed packages and the catalog are in the wheel."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "iamsim/py.typed" in names
    for folder, home in (
        ("grammar", "_grammar"),
        ("corpus/escalation/paths", "_corpus/escalation/paths"),
        ("corpus/examples", "_corpus/examples"),
        ("corpus/lessons", "_corpus/lessons"),
    ):
        shipped = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert shipped
        for path in shipped:
            assert f"iamsim/{home}/{path.relative_to(ROOT / folder).as_posix()}" in names
    package = ROOT / "iamsim"
    data = [path for path in package.rglob("data/*") if path.is_file()]
    data += package.rglob("templates/*.j2")
    assert {path.relative_to(ROOT).as_posix() for path in data} <= names


def test_examples_in_the_wheel_name_schemas_in_the_wheel(wheel):
    """The first line of every YAML file leads to a schema, seen from where the wheel has it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        examples = [name for name in names if name.startswith(EXAMPLES) and name.endswith(".yaml")]
        assert examples
        for name in examples:
            first = archive.read(name).decode("utf-8").partition("\n")[0]
            path = first.removeprefix("# yaml-language-server: $schema=")
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) in names, name


def test_wheel_carries_nothing_else(wheel):
    """No tests, caches or documents slip into the wheel."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top.split("-")[0] for top in tops} == {"iamsim"}
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if "__pycache__" in name]


def test_installed_command_explains_a_request(installed, tmp_path):
    """In an empty environment, outside the checkout, `iamsim explain` answers a request."""
    policy = tmp_path / "policy.json"
    policy.write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:Send*",'
        ' "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders"}]}',
        encoding="utf-8",
    )
    question = ["explain", "-p", "arn:aws:iam::111122223333:user/nora", "-a", "sqs:SendMessage"]
    for queue, verdict in (("orders", "allowed"), ("invoices", "implicitDeny")):
        arn = f"arn:aws:sqs:eu-west-1:111122223333:{queue}"
        done = run(
            *(str(installed / "iamsim"), *question, "-r", arn, "--expect", verdict),
            *("--identity-policy", str(policy)),
            cwd=tmp_path,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert queue in done.stdout


def test_installed_command_knows_its_version(installed, wheel, tmp_path):
    """`iamsim --version` names the version of the wheel."""
    done = run(str(installed / "iamsim"), "--version", cwd=tmp_path)
    assert done.stdout == f"iamsim {wheel.name.split('-')[1]}\n"


def test_installed_package_finds_its_grammar_and_examples(installed, tmp_path):
    """A syntax error is placed by the shipped grammar, and the shipped examples answer right."""
    program = (
        "import iamsim, pathlib\n"
        "try:\n"
        "    iamsim.parse_policy('{\"Statement\": [],}')\n"
        "except iamsim.PolicyError as error:\n"
        "    print(error.code, error.span.place)\n"
        "print(pathlib.Path(iamsim.__file__).parent / '_corpus' / 'examples')\n"
    )
    done = run(str(installed / "python"), "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    error, examples = done.stdout.splitlines()
    assert ":1:" in error
    answered = run(
        *(str(installed / "iamsim"), "explain", f"{examples}/why-was-this-denied.yaml"),
        cwd=tmp_path,
    )
    assert (answered.returncode, answered.stderr) == (0, "")


def test_installed_package_teaches(installed, tmp_path):
    """The lessons come along: they are listed, and one is taught outside of the checkout."""
    listed = run(str(installed / "iamsim"), "learn", "-q", cwd=tmp_path)
    names = [path.stem.partition("-")[2] for path in sorted((ROOT / "corpus/lessons").glob("*"))]
    assert listed.stdout.splitlines() == names
    taught = run(str(installed / "iamsim"), "learn", "1", "--answers", cwd=tmp_path)
    assert (taught.returncode, taught.stderr) == (0, "")
    assert "denied implicitly, by the identity-based policy" in taught.stdout


def test_the_tutorial_needs_nothing_but_the_wheel(installed, tmp_path):
    """A newcomer with an empty environment and an empty folder gets what the page shows."""
    page = ROOT / "docs" / "tutorial" / "from-access-denied-to-tests.md"
    walk(page.read_text("utf-8"), tmp_path, installed)


def test_installed_package_serves_and_names_its_extras(installed, tmp_path):
    """The endpoint needs no extra; what needs one says with which command it is got."""
    command = [str(installed / "iamsim"), "serve", "--world", "example:harbor", "--quiet"]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    with server:
        address = server.stdout.readline().strip()
        form = b"Action=GetCallerIdentity&Version=2011-06-15"
        with urlopen(address, form, timeout=30) as answer:  # noqa: S310 - our own address
            assert b"<Account>111122223333</Account>" in answer.read()
        server.terminate()
    assert server.returncode == 0
    for extra in ("mcp", "lsp"):
        done = run(str(installed / "iamsim"), extra, cwd=tmp_path)
        assert done.returncode == 2
        assert f"pip install 'iamsim[{extra}]'" in done.stderr
