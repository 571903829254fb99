"""`python -m tests.property.fuzz [COUNT] [SEED]`: mutated inputs for all commands, in this process.

Looks for uncaught exceptions, for runs of more than five seconds and for more than a gigabyte of
memory. What it finds is printed with the command line, and kept in the folder `fuzz-found`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from iamsim.catalog.managed import arns, find_managed_policy
from iamsim.cli.main import main

ROOT = Path(__file__).parent.parent.parent
LARGEST = 12_000  # bytes of a seed
SECONDS = 5
GIGABYTE = 1024 * 1024  # in the kilobytes of `ru_maxrss`
USER = "arn:aws:iam::111122223333:user/u"
KEY = "arn:aws:s3:::reports/q3.csv"
ASK = ("-p", USER, "-a", "s3:GetObject", "-r", KEY)
POLICY_OPTIONS = (
    *("--identity-policy", "--resource-policy", "--boundary", "--session-policy"),
    *("--scp", "--rcp", "--vpce-policy"),
)
KINDS = [
    *("policy", "policy", "world", "world", "suite", "suite", "source", "source"),
    *("line", "message", "record"),
]
SMALL = "small.json"  # a world for what brings none
OF_SMALL = {
    "accounts": {
        "111122223333": {
            "users": {
                "u": {
                    "policies": [
                        {
                            "Version": "2012-10-17",
                            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
                        }
                    ]
                }
            },
            "resources": {"arn:aws:s3:::reports": {}},
        }
    }
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
NOT_AUTHORIZED = "User: {} is not authorized to perform: {} on resource: {}"
MESSAGES = [
    NOT_AUTHORIZED.format(USER, "s3:GetObject", f'"{KEY}"')
    + " because no identity-based policy allows the s3:GetObject action",
    "An error occurred (AccessDenied) when calling the GetObject operation: "
    + NOT_AUTHORIZED.format(USER, "s3:GetObject", KEY)
    + " with an explicit deny in a service control policy: "
    + "arn:aws:organizations::111122223333:policy/o-exampleorg1/service_control_policy/p-12345678",
    NOT_AUTHORIZED.format(
        "arn:aws:sts::111122223333:assumed-role/r/s",
        "sts:AssumeRole",
        "arn:aws:iam::111122223333:role/x",
    ),
    "UnauthorizedOperation: Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm",
    json.dumps({"allowed": False, "explicitDeny": True, "matchedStatements": {"items": []}}),
    "AccessDenied: Access Denied (Service: S3; Status Code: 403; Request ID: A)",
]
ODD = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e999,
        "",
        " ",
        "*",
        "?",
        "${aws:username}",
        "a:b",
        "${",
    ),
    "\x00",
    *("é", "\u202e", "\n::error::x", "arn:aws:s3:::b", "2012-10-17", [], {}, [[]], [{}], {"": ""}),
    *("9" * 40, "arn:aws:iam::111122223333:root", {"AWS": "*"}, {"unknown": "x"}, ["*"], "0x1"),
    *({"Fn::If": ["a", [], {}]}, {"Ref": "AWS::NoValue"}, {"Fn::Sub": "${x}"}, [[[]]]),
]


class Late(BaseException):
    """A run took too long; no `except Exception` holds it up."""


def seeds(folder: Path) -> dict[str, list[Path]]:
    """Small files of each kind, from the corpus and the tests."""
    found: dict[str, list[Path]] = {}
    for path in sorted(ROOT.glob("corpus/**/*")) + sorted(ROOT.glob("tests/data/imports/**/*")):
        if not path.is_file() or path.stat().st_size > LARGEST:
            continue
        if path.suffix not in (".json", ".yaml", ".yml", ".csv", ".tfstate", ".jsonl"):
            continue
        text = path.read_text("utf-8", "replace")
        if "imports" in path.parts:
            kind = "source"
        elif '"Statement"' in text and path.suffix == ".json" and '"accounts"' not in text:
            kind = "policy"
        elif "\nrequests:" in text:
            kind = "suite"
        elif "accounts:" in text or '"accounts"' in text:
            kind = "world"
        else:
            kind = "source"
        found.setdefault(kind, []).append(path)
    found["policy"] += managed(folder)
    found |= calls(folder)
    return found


def calls(folder: Path) -> dict[str, list[Path]]:
    """Lines, messages and records of calls, of the corpus of calls: a file each."""
    kinds = {"line": "line", "event": "record"}
    found: dict[str, list[Path]] = {"line": [], "record": [], "message": []}
    for number, text in enumerate(MESSAGES):
        found["message"].append(folder / f"message{number}.txt")
        found["message"][-1].write_text(text, "utf-8")
    for path in sorted((ROOT / "corpus/calls").glob("*.jsonl")):
        for number, text in enumerate(path.read_text("utf-8").splitlines()[::4]):
            case = json.loads(text)
            for key, kind in kinds.items():
                if key not in case:
                    continue
                value = case[key]
                file = folder / f"{path.stem}{number}.{'json' if kind == 'record' else 'txt'}"
                file.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
                found[kind].append(file)
    return found


def managed(folder: Path) -> list[Path]:
    """Some of AWS's managed policies, as files."""
    files = []
    for arn in arns()[::30]:
        policy = find_managed_policy(arn)
        if policy is not None and len(policy.document_text) < LARGEST:
            files.append(folder / f"{policy.name}.json")
            files[-1].write_text(policy.document_text, "utf-8")
    return files


def mutated(text: str, chance: random.Random, path: Path) -> str:
    """Change a text: a value of its data, or some of its characters."""
    if chance.random() < 0.7:
        data = parsed(text, path)
        if data is not None:
            for _ in range(chance.choice((1, 1, 1, 2, 4))):
                data = changed(data, chance)
            with contextlib.suppress(ValueError, RecursionError):
                return json.dumps(data)
    characters = list(text)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(len(characters) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            characters[place:place] = chance.choice(['"', "{", "[", ",", ":", "\n", "\t", "*", "é"])
        elif kind == 1:
            del characters[place : place + chance.choice((1, 1, 8, 200))]
        elif kind == 2:
            characters[place:place] = characters[place : place + 40]
        else:
            del characters[place:]
    return "".join(characters)


def parsed(text: str, path: Path) -> object:
    """The data of a seed, if it has any."""
    try:
        if path.suffix in (".yaml", ".yml"):
            import yaml

            return yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts alone
        return json.loads(text)
    except Exception:  # noqa: BLE001 - then it is changed as text
        return None


def changed(data: object, chance: random.Random) -> object:
    """Change one value somewhere in it."""
    places: list[tuple[object, object]] = []
    waiting = [data] if isinstance(data, dict | list) else []
    while waiting and len(places) < 3_000:
        value = waiting.pop()
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in entries:
            places.append((value, key))
            if isinstance(one, dict | list):
                waiting.append(one)
    if not places:
        return chance.choice(ODD)
    holder, key = chance.choice(places)
    kind = chance.randrange(6)
    value = holder[key]
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = [value]
    elif kind == 2:
        holder[key] = {chance.choice(["a", "", "Ref", "unknown", "aws:x"]): value}
    elif kind == 3 and isinstance(value, str):
        place = chance.randrange(len(value) + 1)
        holder[key] = value[:place] + str(chance.choice(ODD)) + value[place:]
    elif kind == 4 and isinstance(holder, dict):
        holder[str(chance.choice(ODD))] = holder.pop(key)
    else:
        holder[key] = json.loads(json.dumps(chance.choice(ODD)))
    return data


def commands(kind: str, name: str, other: str, chance: random.Random) -> list[list[str]]:
    """What is done with a file of a kind; `other` is one that was not changed."""
    world = ["--world", name]
    # What is typed is the text of the file.
    typed = [Path(name).read_text("utf-8", "replace")] if kind in ("line", "message") else []
    small = ["--world", SMALL]
    form = ["--format", chance.choice(["text", "json", "markdown", "html"])]
    every = {
        "policy": [
            ["validate", name],
            ["validate", name, "--fix", "--format", chance.choice(["json", "sarif", "junit"])],
            ["explain", *ASK, chance.choice(POLICY_OPTIONS), name, *form],
            ["explain", *ASK, chance.choice(POLICY_OPTIONS), name, "--partial", "-v"],
            ["explain", *ASK, "--identity-policy", name, "--edits", *form],
            ["explain", *ASK, "--identity-policy", other, "--with-policy", name, "--diff"],
            ["check", "no-new-access", other, name],
            ["check", "no-public-access", name, "--resource-type", "AWS::S3::Bucket"],
            ["check", "access-not-granted", name, "-a", "s3:GetObject"],
            ["check", "equivalent", other, name],
        ],
        "world": [
            ["explain", *ASK, *world, *form],
            ["explain", *ASK, *world, "--edits"],
            ["who-can", "s3:GetObject", KEY, *world, *form],
            ["what-can", USER, *world],
            ["access-matrix", "-a", "s3:GetObject", "-r", KEY, *world, *form],
            ["findings", *world, *form],
            ["paths", *world, *form],
            ["diff", name, other],
            ["changes", *world, "--overlay", other],
            ["world", "lint", *world],
            ["world", "show", *world],
            ["world", "stats", *world],
            ["test", "--init", *world],
            ["validate", name],
        ],
        "suite": [
            ["test", name, "--format", chance.choice(["text", "json", "junit", "github", "html"])],
            ["test", name, "--cov"],
            ["explain", name, *form],
            ["test", name, "--record", "record.json", "-q"],
        ],
        "source": [
            ["import", name, *form[:1], "json"],
            ["import", name, "-o", "imported"],
            ["explain", *ASK, *world],
            ["findings", *world],
            ["changes", "--world", other, "--overlay", name],
            ["validate", name],
            ["explain", name],
            ["explain", "--event", name],
            ["catalog", "refresh", name, "-o", "user.pack"],
            ["test", "suite.iamtest.yaml", "--compare", name],
            ["check", "claims", name, "--world", other],
        ],
        "line": [
            ["calls", *typed, "--account", "111122223333", *form],
            ["explain", "-p", USER, "--call", *typed, *small, *form],
            ["explain", "-p", USER, "--call", *typed, *small, "--partial"],
        ],
        "message": [
            ["explain", "--denied", *typed, *small, *form],
            ["explain", "--denied", *typed, *small, "--edits"],
            ["explain", "--denied", *typed],
        ],
        "record": [
            ["explain", "--event", name, *small, *form],
            ["replay", name, *small, *form],
            ["replay", name, *small, "--without", "p", "--fail-on", "any"],
            ["generate", name, "-p", USER, *form],
            ["generate", name, "-p", USER, *small],
        ],
    }
    return every[kind]


def run(arguments: list[str]) -> tuple[str | None, float]:
    """Run a command; gives what is wrong with the run, and how long it took."""
    out, err = io.StringIO(), io.StringIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor, on a busy machine
    problem = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        if "iamsim has a bug" in err.getvalue():
            problem = err.getvalue()
        elif code not in (0, 1, 2):
            problem = f"exit code {code}"
    except Late:
        problem = f"more than {SECONDS} s"
    except BaseException as error:  # noqa: BLE001 - that is what is looked for
        problem = f"uncaught {error!r}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return problem, time.process_time() - start


def _late(*_: object) -> None:
    raise Late


def main_fuzz(count: int, seed: int) -> int:
    """Try so many inputs; gives the number of different problems."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    os.environ |= {"IAMSIM_TRACEBACK": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    signal.signal(signal.SIGPROF, _late)
    found: Counter[str] = Counter()
    kept = Path.cwd() / "fuzz-found"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IAMSIM_CACHE"] = folder
        os.chdir(folder)
        (Path(folder) / "managed").mkdir()
        kinds = seeds(Path(folder) / "managed")
        Path(SMALL).write_text(json.dumps(OF_SMALL), "utf-8")
        for number in range(count):
            kind = chance.choice(KINDS)
            path, other = chance.choice(kinds[kind]), chance.choice(kinds[kind])
            name = f"input{path.suffix}" if kind != "suite" else f"suite.iamtest{path.suffix}"
            text = mutated(path.read_text("utf-8", "replace"), chance, path)
            Path(name).write_text(text, "utf-8", "replace")
            arguments = chance.choice(commands(kind, name, str(other), chance))
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            problem, took = run(arguments)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if problem is None and before < GIGABYTE <= grown:
                problem = "more than 1 GB"
            if problem is not None:
                mark = problem.strip().splitlines()[-1] if "Traceback" in problem else problem
                mark = f"{arguments[0]}: {mark[:160]}"
                found[mark] += 1
                if found[mark] == 1:
                    kept.mkdir(exist_ok=True)
                    shutil.copy(name, kept / f"{number}{path.suffix}")
                    print(f"{number} {took:.1f} s {path.name} {arguments}\n{problem}", flush=True)
            if (number + 1) % 1000 == 0:
                print(f"{number + 1} tried, {len(found)} problems", flush=True)
        os.chdir(ROOT)
    for mark, times in found.most_common():
        print(f"{times:6} {mark}")
    return len(found)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(1 if main_fuzz(*(numbers + [10_000, 0][len(numbers) :])) else 0)
