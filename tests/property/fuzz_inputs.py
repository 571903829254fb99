"""What the fuzz of all commands starts from: small seeds of every kind of input, and how they are
changed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.managed import arns, find_managed_policy

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
LARGEST = 6_000  # characters of a seed
SUFFIXES = (".json", ".yaml", ".yml", ".csv", ".tfstate")
USER = "arn:aws:iam::111122223333:user/u"
KEY = "arn:aws:s3:::reports/q3.csv"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
NOT_AUTHORIZED = "User: {} is not authorized to perform: {} on resource: {}"
ROLE_SESSION = "arn:aws:sts::111122223333:assumed-role/r/s"
MESSAGES = [
    NOT_AUTHORIZED.format(USER, "s3:GetObject", f'"{KEY}"')
    + " because no identity-based policy allows the s3:GetObject action",
    "An error occurred (AccessDenied) when calling the GetObject operation: "
    + NOT_AUTHORIZED.format(USER, "s3:GetObject", KEY)
    + " with an explicit deny in a service control policy: "
    + "arn:aws:organizations::111122223333:policy/o-exampleorg1/service_control_policy/p-12345678",
    NOT_AUTHORIZED.format(ROLE_SESSION, "sts:AssumeRole", "arn:aws:iam::111122223333:role/x"),
    "UnauthorizedOperation: Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm",
    json.dumps({"allowed": False, "explicitDeny": True, "matchedStatements": {"items": []}}),
    "AccessDenied: Access Denied (Service: S3; Status Code: 403; Request ID: A)",
]
ODD = [
    *(None, True, False, 0, -1, 1.5, 1e999, "", " ", "*", "?", "${aws:username}", "a:b", "${"),
    *("\x00", "é", "\u202e", "\n::error::x", "arn:aws:s3:::b", "2012-10-17", [], {}, [[]], [{}]),
    *({"": ""}, "9" * 40, "arn:aws:iam::111122223333:root", {"AWS": "*"}, {"unknown": "x"}, ["*"]),
    *("0x1", {"Fn::If": ["a", [], {}]}, {"Ref": "AWS::NoValue"}, {"Fn::Sub": "${x}"}, [[[]]]),
]
PARTS = ["*", "?", ":", "/", "${", "}", "${*}", "-", ",", "'", "::", "111122223333", "\\", "#", "é"]


class Seed(NamedTuple):
    """An input that is right: its text, and its data as JSON where it has some."""

    name: str
    suffix: str
    text: str
    data: str | None


def seeds() -> dict[str, list[Seed]]:
    """Small inputs of each kind: files of the corpus and of the tests, and parts of them."""
    kinds: dict[str, list[Seed]] = {"message": [Seed("message", ".txt", t, None) for t in MESSAGES]}
    for path in (*sorted(ROOT.glob("corpus/**/*")), *sorted(ROOT.glob("tests/data/imports/**/*"))):
        if path.is_file() and path.suffix in SUFFIXES:
            for kind, seed in _of_file(path):
                if len(seed.text) <= LARGEST:
                    kinds.setdefault(kind, []).append(seed)
    for kind, seed in _of_calls():
        kinds.setdefault(kind, []).append(seed)
    for arn in arns()[::30]:
        policy = find_managed_policy(arn)
        if policy is not None and len(policy.document_text) <= LARGEST:
            kinds["policy"].append(_of_data(policy.name, json.loads(policy.document_text)))
    return kinds


def _of_data(name: str, data: object) -> Seed:
    text = json.dumps(data)
    return Seed(name, ".json", text, text)


def _of_file(path: Path) -> Iterator[tuple[str, Seed]]:
    """A file as what it is, and the policies and worlds that stand in a case."""
    text = path.read_text("utf-8", "replace")
    name = str(path.relative_to(ROOT))
    data = _parsed(text, path.suffix)
    whole = Seed(name, path.suffix, text, None if data is None else json.dumps(data))
    if "imports" in path.parts:
        if path.name not in ("expected.json", "questions.yaml"):
            yield "source", whole
    elif not isinstance(data, dict):
        return
    elif "Statement" in data:
        yield "policy", whole
    elif "requests" in data:
        yield "suite", whole
        yield from _of_case(name, data)
    elif "accounts" in data or "organization" in data:
        yield "world", whole
    else:
        for case in (*data.get("fires", []), *data.get("quiet", [])):
            policy = _parsed(str(case.get("policy")), ".json")
            if isinstance(policy, dict):
                yield "draft", _of_data(name, policy)
        for case in data.get("cases", []):
            yield from _of_case(name, case)


def _of_case(name: str, case: dict) -> Iterator[tuple[str, Seed]]:
    """What stands in a case, as files of their own."""
    for key in ("world", "before", "after"):  # in an order, so that a seed gives the same inputs
        if isinstance(case.get(key), dict):
            yield "world", _of_data(name, case[key])
    if "claim" in case:
        yield "claims", _of_data(name, {"claims": [case["claim"]]})
    if isinstance(case.get("policy"), dict):
        yield "policy", _of_data(name, case["policy"])


def _of_calls() -> Iterator[tuple[str, Seed]]:
    """Lines and records of the corpus of calls; some of the records are calls of `USER`."""
    for path in sorted((ROOT / "corpus/calls").glob("*.jsonl")):
        for number, text in enumerate(path.read_text("utf-8").splitlines()):
            case = json.loads(text)
            if "line" in case:
                yield "line", Seed(f"{path.stem} {number}", ".txt", case["line"], None)
            if "event" in case:
                record = case["event"]
                if number % 2:
                    record = {**record, "userIdentity": {"type": "IAMUser", "arn": USER}}
                yield "record", _of_data(f"{path.stem} {number}", record)


def _parsed(text: str, suffix: str) -> object:
    """The data of a text, if it has any."""
    try:
        if suffix in (".yaml", ".yml"):
            import yaml

            return yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts alone
        return json.loads(text)
    except Exception:  # noqa: BLE001 - then it is changed as text
        return None


def mutated(seed: Seed, chance: random.Random) -> str:
    """Change a seed: some values of its data, or some of its characters."""
    if seed.data is not None and chance.random() < 0.85:
        data = json.loads(seed.data)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            data = _changed(data, chance)
        with contextlib.suppress(ValueError, RecursionError):
            return json.dumps(data)
    characters = list(seed.text)
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(characters) + 1)
        kind = chance.randrange(8)
        if kind < 3:
            mark = chance.choice(['"', "{", "[", ",", ":", "\n", "\t", "*", "é", "a", " "])
            characters[place:place] = mark
        elif kind < 6:
            del characters[place : place + chance.choice((1, 1, 8))]
        elif kind == 6:
            characters[place:place] = characters[place : place + 40]
        else:
            del characters[place : place + chance.choice((40, 200, 10_000))]
    return "".join(characters)


def _changed(data: object, chance: random.Random) -> object:
    """Change one value somewhere in it."""
    places = list(_places(data))
    if not places:
        return chance.choice(ODD)
    texts = [(holder, key) for holder, key in places if isinstance(holder[key], str)]
    if texts and chance.random() < 0.6:  # most of what is read is read behind its form
        holder, key = chance.choice(texts)
        holder[key] = _changed_text(holder[key], texts, chance)
        return data
    holder, key = chance.choice(places)
    value = holder[key]
    kind = chance.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = [value]
    elif kind == 2:
        holder[key] = {chance.choice(["a", "", "Ref", "unknown", "aws:x"]): value}
    elif kind == 3 and isinstance(holder, dict):
        holder[str(chance.choice(ODD))] = holder.pop(key)
    elif kind == 4:
        other, name = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    else:
        holder[key] = json.loads(json.dumps(chance.choice(ODD)))
    return data


def _changed_text(text: str, texts: list[tuple], chance: random.Random) -> str:
    """Another text for one of a document: another of its texts, with more in it, or with less."""
    kind = chance.randrange(4)
    place = chance.randrange(len(text) + 1)
    if kind == 0:
        holder, key = chance.choice(texts)
        return holder[key]
    if kind == 1:
        return text[:place] + str(chance.choice(ODD)) + text[place:]
    if kind == 2:
        return text[:place] + text[place + chance.choice((1, 1, 2, 5)) :]
    return text[:place] + chance.choice(PARTS) + text[place + chance.choice((0, 1, 5)) :]


def _places(data: object) -> Iterator[tuple[dict | list, object]]:
    """Every value of nested data: what holds it, and under which key."""
    waiting = [data] if isinstance(data, dict | list) else []
    while waiting:
        holder = waiting.pop()
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            yield holder, key
            if isinstance(value, dict | list):
                waiting.append(value)
