"""Names from outside command no terminal, forge no line of a build log and mention nobody: a world
full of them, in every format of every command that prints. Commands and formats are those of the
tables from which the command line is made.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from xml.etree import ElementTree as ET

import pytest

from iamsim.cli.commands import MODULES
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.main import main
from iamsim.proofs.same_access import SameAccess

A = "111122223333"
EVIL = "x\x1b[31m\x9b2J\u202e\n::error file=a::b\n@team |a <img src=x> `c"
ANN = f"arn:aws:iam::{A}:user/ann"
OBJECT = "arn:aws:s3:::reports/a"
ASKED = ("-p", ANN, "-r", OBJECT)
USAGE = 2
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def policy(**elements):
    """A policy whose Sid is hostile."""
    return {"Version": "2012-10-17", "Statement": [{"Sid": EVIL, **elements}]}


def world(actions):
    """Hostile texts wherever the format takes any text."""
    tagged = {"StringEquals": {f"aws:PrincipalTag/{EVIL}": EVIL}}
    return {
        "policies": {
            EVIL: policy(Effect="Deny", Action="s3:DeleteObject", Resource="*", Condition=tagged)
        },
        "organization": {
            "id": "o-exampleorg1",
            "management_account": "999999999999",
            "root": {
                "id": "r-ab12",
                "name": EVIL,
                "accounts": ["999999999999"],
                "units": {
                    EVIL: {
                        "id": "ou-ab12-11112222",
                        "accounts": [A],
                        "scps": ["FullAWSAccess", EVIL],
                    }
                },
            },
        },
        "accounts": {
            "999999999999": {"name": EVIL},
            A: {
                "name": EVIL,
                "users": {"ann": {"policies": ["Own"], "tags": {EVIL: EVIL}}},
                "roles": {
                    "app": {
                        "trust": policy(
                            Effect="Allow",
                            Principal={"AWS": ANN, "Federated": EVIL},
                            Action="sts:AssumeRole",
                        ),
                        "policies": [
                            policy(
                                Effect="Allow",
                                Action=["iam:PassRole", "iam:AttachRolePolicy"],
                                Resource="*",
                                Condition=tagged,
                            )
                        ],
                        "boundary": "Own",
                    },
                    # What is not known stays harmless, and what it keeps from being decided.
                    "lost": {"trust": LOST, "policies": [LOST, "Own"], "boundary": LOST},
                    "half": {
                        "trust": policy(
                            Effect="Allow", Principal={"AWS": [ANN, LOST]}, Action="sts:AssumeRole"
                        ),
                        "policies": [policy(Effect="Deny", Action=LOST, Resource=["*", LOST])],
                    },
                },
                "policies": {
                    "Own": policy(
                        Effect="Allow",
                        Action=actions,
                        Resource=["*", f"arn:aws:s3:::reports/{EVIL}"],
                        Condition={"StringLike": {"aws:SourceVpc": EVIL}},
                    )
                },
                "resources": {
                    "arn:aws:s3:::reports": {
                        "policy": policy(
                            Effect="Allow",
                            Principal={"AWS": ["444455556666", f"arn:aws:iam::{A}:user/{EVIL}"]},
                            Action="s3:GetObject",
                            Resource="arn:aws:s3:::reports/*",
                        ),
                        "tags": {EVIL: EVIL},
                    },
                    "arn:aws:s3:::lost": {"policy": LOST},
                },
            },
        },
    }


LOST = {"unknown": EVIL, "source": EVIL}
DENY = policy(Effect="Deny", Action="s3:GetObject", Resource="*")
RECORD = {
    "eventID": "1",
    "eventTime": "2026-01-01T00:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "recipientAccountId": A,
    "userAgent": EVIL,
    "userIdentity": {"type": "IAMUser", "arn": ANN, "accountId": A, "userName": EVIL},
    "requestParameters": {"bucketName": "reports", "key": EVIL},
    "resources": [{"ARN": f"arn:aws:s3:::reports/{EVIL}", "type": "AWS::S3::Object"}],
}
TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "Own": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": "reports",
                "PolicyDocument": policy(
                    Effect="Allow",
                    Principal={"AWS": "444455556666"},
                    Action="s3:*",
                    Resource=["arn:aws:s3:::reports/*", f"arn:aws:s3:::reports/{EVIL}"],
                ),
            },
        },
        EVIL: {"Type": f"AWS::{EVIL}", "Properties": {"Name": EVIL}},
    },
}
CLAIM = {"name": EVIL, "never": {"principal": "role", "action": "s3:*", "resource": OBJECT}}
COMMANDS = {
    "who-can": ("who-can", "s3:GetObject", OBJECT, "--via-roles"),
    "what-can": ("what-can", ANN, "-v"),
    "access-matrix": ("access-matrix", "-a", "s3:GetObject", "-r", OBJECT),
    "findings": ("findings",),
    "paths": ("paths", "--blocked"),
    "show": ("world", "show"),
    "tree": ("world", "tree"),
    "stats": ("world", "stats"),
    "lint": ("world", "lint"),
    "trust": ("world", "trust"),
    "explain": ("explain", *ASKED, "-a", "s3:GetObject", "-v"),
    "denied": ("explain", *ASKED, "-a", "s3:DeleteObject", "-v", "--edits"),
    "partial": ("explain", *ASKED, "-a", "s3:DeleteObject", "--partial"),
    "what-if": ("explain", *ASKED, "-a", "s3:GetObject", "--without", EVIL),
    "changes": ("changes", "--overlay", "template.json"),
    "diff": ("diff", "world.json", "other.json"),
    "review": ("review", "world.json", "other.json", "--claims", "claims.yaml"),
    "validate": ("validate", "world.json"),
    "test": ("test", "suite.iamtest.yaml", "--cov"),
    "mutate": ("test", "suite.iamtest.yaml", "--mutate"),
    "keys": ("keys", *ASKED, "-a", "s3:GetObject"),
    "context": ("context", *ASKED, "-a", "s3:GetObject", "-c", f"aws:PrincipalTag/{EVIL}={EVIL}"),
    "scenario": ("explain", "suite.iamtest.yaml"),
    "message": (
        "explain",
        "--denied",
        f'User: {ANN} is not authorized to perform: s3:GetObject on resource: "{OBJECT}{EVIL}"',
    ),
    "event": ("explain", "--event", "trail.json"),
    "anything": ("explain", "trail.json", "world.json"),
    "forbid": ("diff", "world.json", "other.json", "--forbid", "suite.iamtest.yaml"),
    "not": ("who-can", "s3:GetObject", OBJECT, "--not"),
    "as-policy": ("what-can", ANN, "--as-policy"),
    "call": ("explain", "-p", ANN, "--call", f"aws s3api get-object --bucket a --key '{EVIL}' b"),
    "unknown-findings": ("findings", "--unused", "--at", "2026-02-01T00:00:00Z"),
    "audit-ja": ("audit", "--at", "2026-02-01T00:00:00Z", "--lang", "ja"),
    "line": ("calls", f"aws s3api get-object --bucket reports --key '{EVIL}' out"),
    "no-line": ("calls", EVIL),
    "replay": ("replay", "trail.json", "--with-policy", f"scp={json.dumps(DENY)}"),
    "generate": ("generate", "trail.json", "-p", ANN),
    "unused": ("unused", "trail.json", "--at", "2026-02-01T00:00:00Z"),
    "audit": ("audit", "--at", "2026-02-01T00:00:00Z"),
    "claims": ("check", "claims", "claims.yaml"),
    "no-new-access": ("check", "no-new-access", "narrow.json", "wide.json"),
    "import": ("import", "source.json"),
    "search": ("catalog", "search", EVIL),
    "catalog": ("catalog", "show", EVIL),
    "services": ("catalog", "services"),
    "version": ("catalog", "version"),
    "refresh": ("catalog", "refresh", EVIL),
    "managed": ("managed", "show", EVIL),
    "managed-list": ("managed", "list", "*Lambda*"),
    "managed-version": ("managed", "version"),
    "custom-policy": (
        *("simulate", "custom-policy", "--policy-input-list", EVIL),
        *("--action-names", EVIL),
    ),
    "access-not-granted": ("check", "access-not-granted", "wide.json", "-a", "s3:GetObject"),
    "no-public-access": (
        *("check", "no-public-access", "public.json"),
        *("--resource-type", "AWS::S3::Bucket"),
    ),
    "equivalent": ("check", "equivalent", "narrow.json", "wide.json"),
    "ever": ("check", "ever", "s3:GetObject"),
    "simulate": (
        "simulate",
        "principal-policy",
        "--policy-source-arn",
        EVIL,
        "--action-names",
        EVIL,
    ),
    "schema": ("schema", EVIL),
    "learn": ("learn", EVIL),
    "exercise": ("learn", "--exercise", "1", "--folder", "work"),
    "docs": ("docs", EVIL),
    "demo": ("demo", EVIL),
    "serve": ("serve", "--port", EVIL),
    "mcp": ("mcp", EVIL),
    "lsp": ("lsp", EVIL),
    "collect": ("collect", EVIL),
    "play": ("play", EVIL),
    "report": ("report", "--at", "2026-02-01T00:00:00Z"),
    # What is no name of anything is an error that quotes it.
    "missing": ("explain", "-p", f"arn:aws:iam::{A}:user/{EVIL}", "-a", EVIL, "-r", EVIL),
}
ALONE = {
    *(
        "diff",
        "forbid",
        "validate",
        "test",
        "mutate",
        "scenario",
        "anything",
        "line",
        "no-line",
    ),
    *(
        "no-new-access",
        "import",
        "search",
        "managed",
        "schema",
        "learn",
        "exercise",
        "docs",
        "demo",
        "mcp",
        "lsp",
        "play",
        "review",
        *("catalog", "services", "version", "refresh", "managed-list", "managed-version"),
        *("custom-policy", "access-not-granted", "no-public-access", "equivalent"),
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the world, another one, and a suite."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.json").write_text(json.dumps(world("s3:*")), encoding="utf-8")
    (tmp_path / "other.json").write_text(json.dumps(world("s3:Get*")), encoding="utf-8")
    suite = {
        "title": EVIL,
        "world": "world.json",
        "requests": [
            {
                "name": EVIL,
                "principal": ANN,
                "action": "s3:GetObject",
                "resource": OBJECT,
                "expect": "allowed",
            }
        ],
    }
    for name, data in {
        "trail": {"Records": [RECORD, {**RECORD, "eventID": "2", "eventName": EVIL}]},
        "claims": {"claims": [CLAIM]},
        "narrow": policy(Effect="Allow", Action="s3:GetObject", Resource=f"arn:aws:s3:::a/{EVIL}"),
        "wide": policy(Effect="Allow", Action="s3:*", Resource=f"arn:aws:s3:::a/{EVIL}*"),
        "public": policy(
            Effect="Allow", Principal="*", Action="s3:*", Resource=f"arn:aws:s3:::a/{EVIL}"
        ),
        "template": TEMPLATE,
        "source": {"UserDetailList": [{"UserName": EVIL, "Arn": f"arn:aws:iam::{A}:user/{EVIL}"}]},
    }.items():
        path = tmp_path / (f"{name}.yaml" if name == "claims" else f"{name}.json")
        path.write_text(json.dumps(data), encoding="utf-8")
    (tmp_path / "work").mkdir()
    work = policy(Effect="Allow", Action=["s3:*", EVIL], Resource=f"arn:aws:s3:::a/{EVIL}")
    (tmp_path / "work" / "reporter.json").write_text(json.dumps(work), encoding="utf-8")
    (tmp_path / "suite.iamtest.yaml").write_text(json.dumps(suite), encoding="utf-8")


def leaves(command, words=()):
    """The commands that do something, each with its words."""
    words = (*words, command.name)
    if not hasattr(command, "commands"):
        yield words, command
        return
    for below in command.commands:
        yield from leaves(below, words)


LEAVES = [leaf for path in MODULES.values() for leaf in leaves(import_module(path).COMMAND)]
FORMATS = sorted(
    {
        choice
        for _, command in LEAVES
        for option in command.options
        if option.field == "format"
        for choice in option.choices
    }
    - {"dot", "png"}  # drawn by other programs
)
XML = ("junit", "svg")


def test_every_command_is_tried():
    """A new command gets a line in the table."""
    tried = {words[:2] for words in COMMANDS.values()}
    tried |= {words[:1] for words in COMMANDS.values()}
    assert {words for words, _ in LEAVES} <= tried


OPTIONS = [
    pytest.param(words, option.names[0], id=f"{'-'.join(words)}{option.names[0]}")
    for words, options in [
        *((words, command.options) for words, command in LEAVES),
        (("explain",), EXPLAIN_OPTIONS),
    ]
    for option in options
    if option.kind != "flag" and option.field != "spark"  # Spark prints what it was told
]


@pytest.mark.parametrize(("words", "option"), OPTIONS)
def test_hostile_values_of_every_option(words, option, folder, capsys, monkeypatch):
    """Of every command in the table, and of the command as it is tried above."""
    monkeypatch.setattr("iamsim.proofs.same_access.same_access", unproved)
    tried = [name for name in COMMANDS if COMMANDS[name][: len(words)] == words]
    for name in tried[:1]:
        given = () if name in ALONE else ("--world", "world.json")
        main([*COMMANDS[name], *given, option, EVIL])
        main([*words, f"{option}={EVIL}"])
        printed = capsys.readouterr()
        said = printed.out + printed.err
        assert not OBEYED.search(said)
        assert not any(line.lstrip().startswith("::") for line in said.splitlines())
    assert tried


def unproved(*_given):
    """No proof of a mutant, and no reason."""
    return SameAccess(False)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", COMMANDS)
def test_hostile_names_in_every_output(name, form, folder, capsys, monkeypatch):
    """No control character, nothing that reorders text, no forged command, no mention, no tag."""
    # Proofs of mutants say why they fail, with no name in it, and take ten seconds a format.
    monkeypatch.setattr("iamsim.proofs.same_access.same_access", unproved)
    arguments = COMMANDS[name]
    refused = EVIL in arguments and name not in ("search", "what-if")
    given = () if name in ALONE else ("--world", "world.json")
    code = main([*arguments, *given, "--format", form])
    printed = capsys.readouterr()
    out, err = printed.out, printed.err
    if "is not a value of `--format`" in err or "unknown option `--format`" in err:
        return
    if "a policy is JSON" in err:
        return
    if form == "svg" and ("can't be used together" in err or "Graphviz" in err):
        return
    assert (code == USAGE) is refused, err
    assert not OBEYED.search(out + err)
    commands = [line for line in (out + err).splitlines() if line.lstrip().startswith("::")]
    if form == "github":
        assert not any(line.startswith("::error file=a::b") for line in commands)
    else:
        assert not commands
    if form in ("json", "sarif") and out:
        json.loads(out)
    if form in XML and out:
        ET.fromstring(out)  # noqa: S314 - we wrote it
    if form in ("html", *XML):
        assert "<img src=x" not in out
    if form == "markdown":
        prose = re.sub(r"(?ms)^ *(`{3,}).*?^ *\1", "", out).replace("\\`", "")
        prose = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
        assert not re.search(r"@team|(?<!\\)<img", prose), prose
