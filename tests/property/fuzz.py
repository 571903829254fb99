"""`python -m tests.property.fuzz [COUNT] [SEED] [FIRST]`: mutated inputs for all commands, ten
thousand in a process; those before number FIRST are made and not tried, so that one comes back.

Looks for uncaught exceptions, for runs of more than five seconds of the processor and for more than
a gigabyte of memory. What it finds is printed with the command line, and kept in the folder
`fuzz-found`; at the end it says how often each command ran, and with which exit codes.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import pickle
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from iamsim.cli.main import main
from tests.property.fuzz_inputs import USER, Seed, mutated, seeds

ROOT = Path(__file__).parent.parent.parent
SECONDS = 5
SHARE = 10_000  # inputs a process
GIGABYTE = 1024 * 1024  # in the kilobytes of `ru_maxrss`
KEY = "arn:aws:s3:::reports/q3.csv"
ASK = ("-p", USER, "-a", "s3:GetObject", "-r", KEY)
OWN_LAYERS = ("--identity-policy", "--boundary", "--session-policy", "--scp")
SIMULATE = ("simulate", "custom-policy", "--action-names", "s3:GetObject", "--policy-input-list")
LAYERS_WITH_PRINCIPAL = ("--resource-policy", "--rcp", "--vpce-policy")
KINDS = [
    *("policy", "world", "suite") * 40,
    *("draft",) * 10,
    *("source", "line", "message", "record", "claims", "decisions", "words") * 15,
    "reference",  # a quarter of a second each
]
BESIDE = {
    "claims": "world",
    "record": "policy",
    "draft": "policy",
}  # what kind of file is not changed
SHAPES = (*([],) * 8, ["--as-policy"], ["--shrink"])  # the last two take a second
FRAMEWORKS = ("cis-aws-3.0", "cis-aws-5.0", "fsbp", "well-architected")
HEAVY = 0.05  # how often commands are taken that need a hundred times as long
SMALL = "small.json"  # a world for what brings none
ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
OF_SMALL = {
    "accounts": {
        "111122223333": {
            "users": {"u": {"policies": [ADMINISTRATOR]}},
            "resources": {"arn:aws:s3:::reports": {}},
        }
    }
}
SUITE = {
    "title": "s",
    "world": OF_SMALL,
    "requests": [
        {"principal": USER, "action": "s3:GetObject", "resource": KEY, "expect": "allowed"},
        {"principal": USER, "action": "s3:PutObject", "resource": KEY, "expect": "allowed"},
    ],
}
ACTION = {
    "Name": "FoldMessage",
    "Annotations": {"Properties": {"IsWrite": True}},
    "ActionConditionKeys": ["aws:ResourceTag/${TagKey}"],
    "Resources": [{"Name": "queue"}],
}
REFERENCE = {
    "Name": "sqs",
    "Version": "v1",
    "Actions": [ACTION],
    "Resources": [{"Name": "queue", "ARNFormats": ["arn:${Partition}:sqs:::${QueueName}"]}],
    "ConditionKeys": [{"Name": "aws:ResourceTag/${TagKey}", "Types": ["String"]}],
}
WORDS = [
    USER,
    "s3:GetObject",
    "ec2:Describe*",
    KEY,
    "aws:SourceIp=203.0.113.7",
    "lambda.amazonaws.com",
]


class Late(BaseException):
    """A run took too long; no `except Exception` holds it up."""


def commands(
    kind: str, name: str, text: str, other: str, seed: Seed, chance: random.Random
) -> list[list[str]]:
    """What is done with a file of a kind that holds `text`; `other` was not changed."""
    world, small = ["--world", name], ["--world", SMALL]
    form = ["--format", chance.choice(["text", "json", "markdown", "html"])]
    if kind == "policy":
        layer = chance.choice(LAYERS_WITH_PRINCIPAL if "Principal" in text else OWN_LAYERS)
        given = [layer, name]
        return [
            ["validate", name],
            ["validate", name, "--fix", "--format", chance.choice(["json", "sarif", "junit"])],
            ["explain", *ASK, *given, *form],
            ["explain", *ASK, *given, "--partial", "-v"],
            ["explain", *ASK, *given, "--edits", *form],
            ["explain", *ASK, *small, "--with-policy", f"{layer[2:]}={name}", "--diff"],
            ["explain", *ASK, *given, "--format", chance.choice(["svg", "aws"])],
            ["context", *ASK, *given],
            ["keys", *ASK, *given, *form[:1], "json"],
            [
                "simulate",
                "custom-policy",
                "--policy-input-list",
                name,
                "--action-names",
                "s3:GetObject",
            ],
            ["check", "no-new-access", other, name],
            ["check", "no-public-access", name, "--resource-type", "AWS::S3::Bucket"],
            ["check", "access-not-granted", name, "-a", "s3:GetObject"],
            ["check", "equivalent", other, name],
        ]
    if kind == "world":
        caller, thing = asked_of(seed, chance)
        ask = ["-p", caller, "-a", "s3:GetObject", "-r", thing]
        if chance.random() < HEAVY:
            return [
                ["diff", name, other],
                ["test", "--init", *world],
                ["who-can", "*", "*", *world],
                ["report", *world, "-o", "page.html"],
            ]
        return [
            ["explain", *ask, *world, *form],
            ["explain", *ask, *world, "--edits", "--partial"],
            ["who-can", "s3:*", thing, *world, *form],
            [
                "what-can",
                caller,
                *world,
                *chance.choice((*([],) * 8, ["--as-policy"], ["--shrink"])),
            ],
            ["access-matrix", "-a", "s3:*Object", "-r", thing, *world],
            ["findings", *world, *form],
            ["paths", *world, *form],
            ["changes", *world, "--overlay", other],
            ["world", chance.choice(["lint", "show", "stats", "tree", "trust"]), *world],
            [chance.choice(["context", "keys"]), *ask, *world],
            ["audit", *world, *form, "--at", "2026-02-01T00:00:00Z"],
            ["audit", *world, "--framework", chance.choice(FRAMEWORKS), "--lang", "ja"],
            ["review", name, other, *form],
            ["check", "ever", "s3:GetObject", *world],
            ["unused", *world, "--at", "2026-02-01T00:00:00Z", *form],
            ["validate", name],
        ]
    if kind == "suite":
        formats = ["text", "json", "junit", "github", "html"]
        return [
            ["test", name, "--format", chance.choice(formats)],
            ["test", name, "--cov"],
            ["explain", name, *form],
            ["test", name, "--record", "record.json", "-q"],
        ]
    if kind == "source":
        return [
            ["import", name, *form[:1], "json"],
            ["explain", *ASK, *world],
            ["findings", *world],
            ["changes", *small, "--overlay", name],
            ["validate", name],
            ["explain", name],
        ]
    every = {
        "draft": [
            ["validate", name],
            ["validate", name, "--fix"],
            ["check", "equivalent", name, other],
        ],
        "line": [
            ["calls", text, "--account", "111122223333", *form],
            ["explain", "-p", USER, "--call", text, *small, *form],
            ["explain", "-p", USER, "--call", text, *small, "--partial"],
        ],
        "message": [
            ["explain", "--denied", text, *small, *form],
            ["explain", "--denied", text, *small, "--edits"],
            ["explain", "--denied", text],
        ],
        "record": [
            ["explain", "--event", name, *small, *form],
            ["replay", name, *small, *form],
            ["replay", name, *small, "--with-policy", "scp=other.json", "--fail-on", "any"],
            ["generate", name, "-p", USER, *form],
            ["generate", name, "-p", USER, *small],
            ["unused", name, *small, *form],
            ["explain", name, SMALL],
        ],
        "claims": [["check", "claims", name, *small], ["check", "claims", name, "--world", other]],
        "decisions": [["test", "suite.iamtest.json", "--compare", name]],
        "reference": [["catalog", "refresh", name, "-o", "user.pack"]],
        "words": [
            ["explain", "-p", text, "-a", "s3:GetObject", "-r", KEY, *small],
            ["explain", "-p", USER, "-a", text, "-r", KEY, *small],
            ["explain", "-p", USER, "-a", "s3:GetObject", "-r", text, *small],
            ["explain", *ASK, *small, "-c", text],
            ["explain", *ASK, "--scp", text],
            ["who-can", text, KEY, *small],
            ["catalog", "search", text],
            ["managed", "show", text],
        ],
    }
    return every[kind]


def asked_of(seed: Seed, chance: random.Random) -> tuple[str, str]:
    """A principal and a resource of a world that was not changed."""
    callers, things = [USER], [KEY]
    world = json.loads(seed.data or "{}")
    accounts = world.get("accounts") if isinstance(world, dict) else None
    for number, account in accounts.items() if isinstance(accounts, dict) else ():
        for key, kind in (("users", "user"), ("roles", "role")):
            names = account.get(key) if isinstance(account, dict) else None
            callers += [f"arn:aws:iam::{number}:{kind}/{name}" for name in names or ()]
        things += account.get("resources") or () if isinstance(account, dict) else ()
    return chance.choice(callers[-4:]), chance.choice(things[-4:])


def run(arguments: list[str]) -> tuple[str | None, float, int | None]:
    """Run a command; gives what is wrong with the run, how long it took, and its exit code."""
    out, err = io.StringIO(), io.StringIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor, on a busy machine
    problem, code = None, None
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
    return problem, time.process_time() - start, code


def _late(*_: object) -> None:
    raise Late


class Fuzz:
    """One run of the fuzz: what there is to change, and what was found."""

    def __init__(self, seed: int, kept: Path) -> None:
        """Write what the commands need into the working folder."""
        self.chance = random.Random(seed)  # noqa: S311 - nothing secret
        self.kept = kept
        self.found: Counter[str] = Counter()
        self.ran: Counter[str] = Counter()
        self.most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        Path(SMALL).write_text(json.dumps(OF_SMALL), "utf-8")
        Path("suite.iamtest.json").write_text(json.dumps(SUITE), "utf-8")
        run(["test", "suite.iamtest.json", "--record", "decisions.json", "-q"])
        decisions = Path("decisions.json").read_text("utf-8")
        reference = json.dumps(REFERENCE)
        self.kinds = seeds()
        self.kinds["decisions"] = [Seed("decisions", ".json", decisions, decisions)]
        self.kinds["reference"] = [Seed("reference", ".json", reference, reference)]
        self.kinds["words"] = [Seed(word, ".txt", word, None) for word in WORDS]

    def once(self, number: int, *, tried: bool = True) -> None:
        """Make one input, and try it."""
        kind = self.chance.choice(KINDS)
        seed = self.chance.choice(self.kinds[kind])
        beside = self.chance.choice(self.kinds[BESIDE.get(kind, kind)])
        name = f"input{seed.suffix}" if kind != "suite" else f"suite.iamtest{seed.suffix}"
        text = mutated(seed, self.chance)
        Path(name).write_text(text, "utf-8", "replace")
        other = f"other{beside.suffix}"
        Path(other).write_text(beside.text, "utf-8", "replace")
        command = self.chance.choice(commands(kind, name, text, other, seed, self.chance))
        if not tried:
            return
        problem, took, code = run(command)
        self.ran[f"{command[0]} {code}"] += 1
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self.most >= GIGABYTE:
            problem = problem or "more than 1 GB"
        self.most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if problem is None:
            return
        mark = problem.strip().splitlines()[-1] if "Traceback" in problem else problem
        mark = f"{command[0]}: {mark[:160]}"
        self.found[mark] += 1
        if self.found[mark] == 1:
            self.kept.mkdir(exist_ok=True)
            (self.kept / f"{number}{seed.suffix}").write_text(text, "utf-8", "replace")
            (self.kept / f"{number}-{other}").write_text(beside.text, "utf-8", "replace")
            print(f"{number} {took:.1f} s {seed.name} {command}\n{problem}", flush=True)

    def share(self, numbers: range) -> None:
        """Try some inputs in a process of their own, which goes on from here, and take what it
        found: what is remembered between thousands of inputs adds up otherwise."""
        reading, writing = os.pipe()
        child = os.fork()
        if child:
            os.close(writing)
            with os.fdopen(reading, "rb") as answer:
                state, self.found, self.ran = pickle.load(answer)  # noqa: S301 - of our own child
            self.chance.setstate(state)
            os.waitpid(child, 0)
            return
        self.most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in numbers:
            self.once(number)
            if (number + 1) % 1000 == 0:
                gc.unfreeze()  # a command freezes what it read, since its process ends with it
                gc.collect()
                gc.freeze()
                print(f"{number + 1} tried, {len(self.found)} problems", flush=True)
        with os.fdopen(writing, "wb") as answer:
            pickle.dump((self.chance.getstate(), self.found, self.ran), answer)
        os._exit(0)


def main_fuzz(count: int, seed: int, first: int = 0) -> int:
    """Try so many inputs, from a number on; gives the number of different problems."""
    os.environ |= {"IAMSIM_TRACEBACK": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    signal.signal(signal.SIGPROF, _late)
    kept = Path.cwd() / "fuzz-found"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IAMSIM_CACHE"] = folder
        os.chdir(folder)
        fuzz = Fuzz(seed, kept)
        gc.freeze()
        for number in range(first):
            fuzz.once(number, tried=False)
        for start in range(first, first + count, SHARE):
            fuzz.share(range(start, min(start + SHARE, first + count)))
        os.chdir(ROOT)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.0f} s of the processor, {used.ru_maxrss >> 10} MB")
    print(", ".join(f"{name}: {times}" for name, times in sorted(fuzz.ran.items())))
    for mark, times in fuzz.found.most_common():
        print(f"{times:6} {mark}")
    return len(fuzz.found)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(1 if main_fuzz(*(numbers + [10_000, 0][len(numbers) :])) else 0)
