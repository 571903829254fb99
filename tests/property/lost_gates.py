"""Gates that fail, and the files that each of them reads: whatever is damaged, none passes.

A case is a folder of files with the gates over it, each of which exits with 1: over a world in its
own format, and over dumps, templates, plans, claims, suites, policies, rules and logs.
`python -m tests.property.lost_gates [COUNT] [SEED]` damages as often as asked, and prints what
passes.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.audit.registry import load_checks
from iamsim.cli.main import main as iamsim
from iamsim.importers.sums import SUMS
from tests.property import worlds
from tests.property.damage import (
    ERROR,
    FOLDERS,
    REFUSED,
    WRONG,
    Chance,
    Damage,
    paths_of,
    replaced,
    sums_of,
    trace_of,
)
from tests.property.tape import Tape

if TYPE_CHECKING:
    import random

    from tests.property.damage import Chooser

A, B = "111122223333", "444455556666"
NOW = "2026-11-24T00:00:00Z"
SIZES = (120, 160, 220, 110, 140)
Data = dict[str, Any]


class GateCase(NamedTuple):
    """Files by name, and command lines, each a gate that fails over them."""

    name: str
    files: dict[str, bytes]
    gates: tuple[tuple[str, ...], ...]

    def gates_about(self, file: str) -> list[tuple[str, ...]]:
        """The gates that read a file."""
        named = {file, file.partition("/")[0]}
        return [
            gate
            for gate in self.gates
            if named & {part for word in gate for part in (word, word.partition("=")[2])}
        ]


def policy(*statements: object) -> Data:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object = "*", **more: object) -> Data:
    """An Allow."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> Data:
    """A Deny."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trusts(principal: object) -> Data:
    """A trust policy."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


BUCKET = "arn:aws:s3:::ledger"
OPEN = policy(
    {**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": "*"},
    {**deny("s3:DeleteObject", f"{BUCKET}/*"), "Principal": "*"},
)
MIA = policy(allow(["iam:CreateAccessKey", "s3:GetObject", "s3:PutObject"]), deny("sqs:*"))
OLD = "2026-01-01T00:00:00Z"
WORLD: Data = {
    "organization": {
        "id": "o-exampleorg1",
        "management_account": B,
        "root": {
            "id": "r-ab12",
            "scps": ["FullAWSAccess", "no-keys"],
            "accounts": [A],
        },
    },
    "policies": {"no-keys": policy(deny("kms:*"))},
    "accounts": {
        A: {
            "users": {
                "mia": {
                    "inline_policies": {"own": MIA},
                    "groups": ["devs"],
                    "tags": {"team": "blue"},
                    "access_keys": [
                        {"id": "AKIAIOSFODNN7EXAMPLE", "status": "Active", "last_used": OLD}
                    ],
                    "password_enabled": True,
                    "password_last_used": OLD,
                    "last_accessed": {"s3": {"at": OLD}},
                },
                "ada": {
                    "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                    "access_keys": [],
                    "password_enabled": False,
                    "last_accessed": {},
                },
            },
            "groups": {"devs": {"inline_policies": {"none": policy(deny("sns:*"))}}},
            "roles": {
                "app": {
                    "trust": trusts({"AWS": f"arn:aws:iam::{B}:root"}),
                    "inline_policies": {"own": policy(allow("dynamodb:*"))},
                    "boundary": policy(allow("*")),
                    "last_used": OLD,
                    "last_accessed": {"dynamodb": {"at": OLD}},
                }
            },
            "resources": {BUCKET: {"policy": OPEN}},
        },
        B: {},
    },
}
DUMP: Data = {
    "UserDetailList": [
        {
            "UserName": "mia",
            "Arn": f"arn:aws:iam::{A}:user/mia",
            "GroupList": ["devs"],
            "AttachedManagedPolicies": [],
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": MIA}],
        },
        {
            "UserName": "ada",
            "Arn": f"arn:aws:iam::{A}:user/ada",
            "GroupList": [],
            "AttachedManagedPolicies": [
                {
                    "PolicyName": "AdministratorAccess",
                    "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
                }
            ],
            "UserPolicyList": [],
        },
    ],
    "GroupDetailList": [
        {
            "GroupName": "devs",
            "Arn": f"arn:aws:iam::{A}:group/devs",
            "GroupPolicyList": [{"PolicyName": "none", "PolicyDocument": policy(deny("sns:*"))}],
            "AttachedManagedPolicies": [],
        }
    ],
    "RoleDetailList": [
        {
            "RoleName": "app",
            "Arn": f"arn:aws:iam::{A}:role/app",
            "AssumeRolePolicyDocument": trusts({"AWS": f"arn:aws:iam::{B}:root"}),
            "RolePolicyList": [
                {"PolicyName": "own", "PolicyDocument": policy(allow("dynamodb:*"))}
            ],
            "AttachedManagedPolicies": [],
        }
    ],
    "Policies": [],
}
TEMPLATE: Data = {
    "Resources": {
        "Open": {
            "Type": "AWS::IAM::UserPolicy",
            "Properties": {
                "UserName": "mia",
                "PolicyName": "more",
                "PolicyDocument": policy(allow("iam:DeleteUser")),
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
    }
}
CLAIMS: Data = {
    "claims": [
        {
            "name": "mia makes no keys",
            "never": {
                "principal": f"arn:aws:iam::{A}:user/mia",
                "action": "iam:CreateAccessKey",
                "resource": f"arn:aws:iam::{A}:user/*",
            },
        }
    ]
}
FORBID: Data = {
    "title": "mia deletes nobody",
    "requests": [
        {
            "principal": f"arn:aws:iam::{A}:user/mia",
            "action": "iam:DeleteUser",
            "resource": f"arn:aws:iam::{A}:user/ada",
            "expect": "implicitDeny",
        }
    ],
}
SUITE: Data = {
    "title": "mia",
    "world": "world.json",
    "requests": [
        {
            "principal": f"arn:aws:iam::{A}:user/mia",
            "action": "s3:DeleteObject",
            "resource": f"{BUCKET}/x",
            "expect": "allowed",
        }
    ],
}
RULES: Data = {
    "archiveRules": [
        {"ruleName": "app", "filter": {"resource": {"eq": [f"arn:aws:iam::{A}:role/app"]}}}
    ]
}
NEW, OLD_POLICY = policy(allow("s3:*"), deny("s3:PutObject")), policy(allow("s3:Get*"))
RECORD: Data = {
    "eventVersion": "1.11",
    "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{A}:user/ada", "accountId": A},
    "eventTime": "2026-11-23T00:00:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "ListRoles",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "203.0.113.7",
    "requestParameters": None,
    "eventID": "00000000-0000-4000-8000-000000000001",
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "eventCategory": "Management",
    "recipientAccountId": A,
}
# Mia may not list roles in the world, and did.
CALLED = replaced(
    replaced(RECORD, ("userIdentity", "arn"), f"arn:aws:iam::{A}:user/mia"),
    ("eventID",),
    "00000000-0000-4000-8000-000000000002",
)
TIME = ("--at", NOW)


def of_world(world: str, *, last_uses: bool = True) -> list[tuple[str, ...]]:
    """The gates that are about a world alone."""
    found = [
        ("findings", "--world", world, "--fail-on", "any", "-q"),
        ("paths", "--world", world, "--fail-on", "any", "-q"),
        ("audit", "--world", world, *TIME, "--fail-on", "medium", "-q"),
        ("check", "claims", "claims.json", "--world", world, "-q"),
        (
            "diff",
            "--world",
            world,
            "--overlay",
            "template.json",
            "--account",
            A,
            "-q",
            "--fail-on",
            "opened",
        ),
        (
            "diff",
            "--world",
            world,
            "--overlay",
            "template.json",
            "--account",
            A,
            "-q",
            "--forbid",
            "forbid.json",
        ),
        ("import", world, "-o", "written", "--check", "-q"),
        ("unused", "--world", world, "logs.json", *TIME, "--fail-on", "any", "-q"),
        ("findings", "--unused", "--world", world, *TIME, "--fail-on", "any", "-q"),
    ]
    return found if last_uses else [gate for gate in found if "unused" not in gate]


def plain_case() -> GateCase:
    """All gates, over a world in its own format."""
    texts = {
        "world.json": WORLD,
        "template.json": TEMPLATE,
        "claims.json": CLAIMS,
        "forbid.json": FORBID,
        "suite.iamtest.json": SUITE,
        "rules.json": RULES,
        "new.json": NEW,
        "old.json": OLD_POLICY,
        "open.json": OPEN,
        "logs.json": {"Records": [RECORD]},
        "called.json": {"Records": [CALLED]},
        "nothing.json": policy(deny("iam:*"), deny("sqs:*")),
        "other.json": replaced(WORLD, ("accounts", A, "users", "mia", "inline_policies"), {}),
    }
    gates = [gate for gate in of_world("world.json") if gate[0] != "import"]
    gates += _audits("world.json", texts)
    gates += [
        (
            "findings",
            "--world",
            "world.json",
            "--fail-on",
            "any",
            "-q",
            "--archive-rules",
            "rules.json",
        ),
        (
            "paths",
            "--world",
            "world.json",
            "-p",
            f"arn:aws:iam::{A}:user/mia",
            "-q",
            "--fail-on",
            "any",
        ),
        (
            "findings",
            "--world",
            "world.json",
            "--fail-on",
            "public",
            "-q",
            "--archive-rules",
            "rules.json",
        ),
        (
            *("explain", "--world", "world.json", "-p", f"arn:aws:iam::{A}:user/mia"),
            *("-a", "s3:DeleteObject", "-r", f"{BUCKET}/x", "--expect", "allowed", "-q"),
        ),
        *(
            (*("review", "--world", "world.json", "--overlay", "template.json"), *more, "-q")
            for more in (
                ("--account", A, "--fail-on", "opened"),
                ("--account", A, "--claims", "claims.json"),
                ("--account", A, "--forbid", "forbid.json"),
                ("--account", A, "--tests", "suite.iamtest.json"),
            )
        ),
        ("replay", "called.json", "--world", "world.json", "--fail-on", "disagreement", "-q"),
        (
            *("replay", "logs.json", "--world", "world.json", "--with-policy", "scp=nothing.json"),
            *("--fail-on", "denied", "-q"),
        ),
        ("test", "suite.iamtest.json", "-q"),
        ("diff", "other.json", "world.json", "--fail-on", "changed", "-q"),
        ("check", "no-new-access", "old.json", "new.json", "-q"),
        ("check", "equivalent", "old.json", "new.json", "-q"),
        ("check", "access-not-granted", "new.json", "-a", "s3:GetObject", "-q"),
        ("check", "no-public-access", "open.json", "--resource-type", "AWS::S3::Bucket", "-q"),
    ]
    return _case("world", texts, gates)


def dump_case() -> GateCase:
    """Gates over a dump and outputs of the AWS CLI."""
    texts = {
        "account/gaad.json": DUMP,
        f"account/{A}/get-bucket-policy.ledger.json": {"Policy": json.dumps(OPEN)},
        "template.json": TEMPLATE,
        "claims.json": CLAIMS,
        "forbid.json": FORBID,
    }
    return _verified(_case("dump", texts, of_world("account", last_uses=False)), "account")


def _audits(world: str, texts: dict[str, Any]) -> list[tuple[str, ...]]:
    """A gate for each check of an audit that fails: each alone hangs on less of the world."""
    plain = ("audit", "--world", world, *TIME, "--fail-on", "any", "-q")
    gates = [(*plain, "--select", check.id) for check in load_checks()]
    return [gate for gate in gates if code_of(_case("audit", texts, []), gate) == 1]


@cache
def sample_cases() -> tuple[GateCase, ...]:
    """The samples of all importers, with the gates that fail over them."""
    found = []
    for folder in FOLDERS:
        files = {
            f"source/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        gates = [
            ("findings", "--world", "source", "--fail-on", "any", "-q"),
            ("paths", "--world", "source", "--fail-on", "any", "-q"),
            ("audit", "--world", "source", *TIME, "--fail-on", "medium", "-q"),
        ]
        case = GateCase(folder.name, files, tuple(gates))
        failing = tuple(gate for gate in gates if code_of(case, gate) == 1)
        found.append(_verified(case._replace(gates=failing), "source"))
    return tuple(case for case in found if case.gates)


@cache
def fixed_cases() -> tuple[GateCase, ...]:
    """The cases with every kind of file."""
    return plain_case(), dump_case()


def generated_case(world: Data, request: Data) -> GateCase:
    """A generated world: findings, ways, a claim and a test about its request."""
    asked = {key: value for key, value in request.items() if key in {"principal", "action"}}
    asked["resource"] = request.get("resource", "*")
    texts = {
        "world.json": world,
        "claims.json": {"claims": [{"name": "never", "never": asked}]},
        "allowed.iamtest.json": _suite(request, "allowed"),
        "denied.iamtest.json": _suite(request, "implicitDeny"),
    }
    gates = [
        ("findings", "--world", "world.json", "--fail-on", "any", "-q"),
        ("paths", "--world", "world.json", "--fail-on", "any", "-q"),
        ("check", "claims", "claims.json", "--world", "world.json", "-q"),
        ("test", "allowed.iamtest.json", "-q", "--allow-unknown-names"),
    ]
    return _case("generated", texts, gates)


def _suite(request: Data, expected: str) -> Data:
    asked = {"name": "asked", **request, "expect": expected}
    return {"title": "generated", "world": "world.json", "requests": [asked]}


def _case(name: str, texts: dict[str, Any], gates: list[tuple[str, ...]]) -> GateCase:
    """Write the files."""
    files = {file: json.dumps(text, indent=1).encode() for file, text in texts.items()}
    return GateCase(name, files, tuple(gates))


def code_of(case: GateCase, gate: tuple[str, ...], damage: Damage | None = None) -> int:
    """Run a gate over the files of a case, one of them damaged; gives the exit code."""
    files = dict(case.files)
    if damage is not None:
        files.pop(damage.name)
        if damage.content is not None:
            files[damage.name] = damage.content
    told = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for name, content in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        Path("written").mkdir()
        with redirect_stdout(told), redirect_stderr(told):
            return iamsim(list(gate))


def sources_of(case: GateCase) -> dict[str, bytes]:
    """The sources of a case of which a list of sums tells."""
    folders = {name.removesuffix(SUMS) for name in case.files if name.endswith(SUMS)}
    found = {}
    for folder in folders:
        found |= {name: file for name, file in case.files.items() if name.startswith(folder)}
    return {name: value for name, value in found.items() if not name.endswith(SUMS)}


def _verified(case: GateCase, folder: str) -> GateCase:
    """A case with a list of the sums of a folder."""
    inside = {
        name.removeprefix(f"{folder}/"): content
        for name, content in case.files.items()
        if name.startswith(f"{folder}/")
    }
    return case._replace(files={**case.files, f"{folder}/{SUMS}": sums_of(inside)})


def damage_to(choose: Chooser, case: GateCase) -> Damage:
    """Damage one file of a case; of sources with a list of sums, without any other trace."""
    sources = sources_of(case)
    if sources and choose.integer(0, 2):
        return trace_of(choose, sources)
    name = choose.pick(sorted(case.files))
    content = case.files[name]
    try:
        data = json.loads(content)
    except ValueError:
        data = None
    kinds = ["refused", "garbled"]
    paths = [] if data is None else list(paths_of(data))  # an empty list has none
    # In a request of a suite a null takes away what its defaults say: it is no damage.
    asked = [path for path in paths if path[0] == "requests"]
    kinds += ["cut", "value", "value", "value", "value"] if paths else []
    kinds += ["gone"] if any(name in gate for gate in case.gates) else []
    match choose.pick(kinds):
        case "gone":
            return Damage(name, None, "is gone")
        case "refused":
            text = choose.pick(REFUSED)
            return Damage(name, text.encode(), f"became {text!r}")
        case "garbled":
            at = choose.integer(0, len(content) - 1)
            rest = content[at + choose.integer(1, 40) :]
            return Damage(name, content[:at] + b"\x00\xff" + rest, f"has a hole at {at}")
        case "cut":
            end = choose.integer(0, len(content.rstrip()) - 1)
            return Damage(name, content[:end], f"was cut off at {end}")
    path = choose.pick(paths)
    wrong = WRONG if name.startswith(("account", "source")) else WRONG_HERE
    value = choose.pick(wrong[1:] if path in asked else wrong)
    left = json.dumps(replaced(data, path, value), indent=1).encode()
    return Damage(name, left, f"has {value!r} at {'.'.join(map(str, path))}")


# Our own formats are YAML, where numbers and truth values are texts.
WRONG_HERE: tuple[Any, ...] = (None, "\x00\ufffd", ERROR, [None], [[]])


def passed(choose: Chooser, case: GateCase, *, known: bool = True) -> str | None:
    """Damage a case and run one gate; says which passed that failed before. Of a case that is not
    `known` to fail the gate is tried first."""
    damage = damage_to(choose, case)
    gates = case.gates_about(damage.name)
    if not gates:
        return None
    gate = choose.pick(gates)
    if not known and code_of(case, gate) != 1:
        return None
    if code_of(case, gate, damage) != 0:
        return None
    return f"{case.name}/{damage.name} {damage.how}: {' '.join(gate)}"


def some_case(chance: random.Random) -> GateCase:
    """A generated world, by chance."""
    tapes = (Tape(chance.randbytes(size)) for size in SIZES)
    return generated_case(*worlds.case(*tapes))


def main(count: int, seed: int) -> int:
    """Damage by chance: fixed cases, samples and generated worlds in turn."""
    bad = 0
    for number in range(count):
        choose = Chance(seed * 1_000_003 + number)
        kind = number % 4
        if kind == 0:
            found = passed(choose, choose.pick(sample_cases()))
        elif kind == 1:
            found = passed(choose, some_case(choose.random), known=False)
        else:
            found = passed(choose, choose.pick(fixed_cases()))
        if found is not None:
            bad += 1
            print(f"{number} {found}", flush=True)
    print(f"{count} damages, {bad} let a gate pass")
    return bad


if __name__ == "__main__":
    os.environ.pop("IAMSIM_WORLD", None)
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [10_000, 1][len(numbers) :])) > 0)
