"""The index beside a world: what is read by it answers as what is read in whole."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.cli.main import main
from iamsim.core.errors import WorldError
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.writing import compare_folder, write_folder
from iamsim.report.data import answer_to_dict
from iamsim.symbolic.partial import answer
from iamsim.world import index as index_module
from iamsim.world.documents import read_document
from iamsim.world.index import INDEX, read_index
from iamsim.world.items import PolicyDocument
from iamsim.world.load import load_world
from iamsim.world.on_demand import AccountsOnDemand, PolicyOnDemand
from iamsim.world.opening import open_world

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.world.model import World

NUMBERS = ("111111111111", "222222222222", "333333333333")
SHARED = "arn:aws:iam::333333333333:policy/shared"


def statement(**more: object) -> dict[str, object]:
    """A policy of one statement."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", **more}],
    }


def account(number: str) -> dict[str, object]:
    """An account with every sort of policy, a bucket, a key and a log group."""
    trust = {"Action": "sts:AssumeRole", "Principal": {"AWS": "222222222222"}}
    document = statement(**trust)
    for entry in document["Statement"]:  # type: ignore[attr-defined]
        del entry["Resource"]
    everybody = statement(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    return {
        "name": f"account {number[0]}",
        "policies": {"shared": statement(Action=f"s3:Get{number[0]}*"), "own": statement()},
        "users": {
            "ann": {"policies": ["own", "shared"], "inline_policies": {"in": statement()}},
            "bob": {"groups": ["all"], "boundary": statement(Action="s3:GetObject")},
        },
        "groups": {"all": {"policies": ["own", "arn:aws:iam::aws:policy/ReadOnlyAccess"]}},
        "roles": {"worker": {"trust": document, "policies": ["shared"], "tags": {"n": number}}},
        "resources": {
            f"arn:aws:s3:::bucket-{number[0]}": {"policy": everybody},
            f"arn:aws:logs:eu-west-1:{number}:log-group:l:*": {"tags": {"a": "b"}},
            f"arn:aws:sqs:eu-west-1:{number}:q": {"policy": everybody},
            f"arn:aws:sqs:eu-west-1:{number}:mine": {
                "policy": statement(Action="sqs:*", Principal={"AWS": NUMBERS[0]})
            },
            f"arn:aws:kms:eu-west-1:{number}:key/k": {
                "policy": statement(
                    Action="kms:*", Principal={"AWS": f"arn:aws:iam::{number}:root"}
                )
            },
        },
    }


def world_data() -> dict[str, Any]:
    """Three accounts of an organization."""
    guard = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return {
        "organization": {
            "id": "o-1234567890",
            "management_account": NUMBERS[0],
            "policies": {"guard": {"id": "p-guard001"}},
            "root": {
                "id": "r-ab12",
                "scps": ["guard"],
                "units": {"unit": {"id": "ou-ab12-11111111", "accounts": list(NUMBERS[1:])}},
            },
        },
        "policies": {"guard": {"Version": "2012-10-17", "Statement": [everything, guard]}},
        "accounts": {number: account(number) for number in NUMBERS},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The world, written."""
    write_folder(world_data(), str(tmp_path / "world"))
    return tmp_path / "world"


def questions() -> list[Question]:
    """Requests within accounts and between them."""
    found = []
    for number in NUMBERS:
        for who in ("user/ann", "user/bob", "role/worker", "user/nobody"):
            for other in NUMBERS:
                found += [
                    Question(f"arn:aws:iam::{number}:{who}", action, resource)
                    for action, resource in (
                        ("s3:GetObject", f"arn:aws:s3:::bucket-{other[0]}/x"),
                        ("s3:GetObject", "arn:aws:s3:::nobodys/x"),
                        ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{other}:q"),
                        ("sts:AssumeRole", f"arn:aws:iam::{other}:role/worker"),
                        ("logs:PutLogEvents", f"arn:aws:logs:eu-west-1:{other}:log-group:l"),
                    )
                ]
    return found


def read_accounts(world: World) -> list[str]:
    """The accounts that were read so far."""
    assert isinstance(world.accounts, AccountsOnDemand)
    return [
        number for number in world.accounts if dict.__getitem__(world.accounts, number) is not None
    ]


def test_answers_alike(folder: Path) -> None:
    """Every question has the answer, places included, of the world that is read in whole."""
    whole = CompiledWorld(load_world(folder))
    for question in questions():
        opened = open_world(str(folder))
        mine, theirs = answer(question, CompiledWorld(opened)), answer(question, whole)
        assert answer_to_dict(mine) == answer_to_dict(theirs)
        assert opened.index.nodes.keys() == whole.model.index.nodes.keys()


def test_reads_what_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question about two accounts reads these two, and of policies those that count."""
    read: list[str] = []

    def noted(path: str) -> object:
        read.append(path)
        return read_document(path)

    monkeypatch.setattr("iamsim.world.policies.read_document", noted)
    world = open_world(str(folder))
    assert read_accounts(world) == []
    question = Question(
        f"arn:aws:iam::{NUMBERS[0]}:user/ann", "s3:GetObject", "arn:aws:s3:::bucket-2/x"
    )
    answer(question, CompiledWorld(world))
    assert read_accounts(world) == list(NUMBERS[:2])
    assert not any("worker" in path or NUMBERS[2] in path for path in read)
    assert world.account_of_bucket("bucket-3") == NUMBERS[2]
    assert read_accounts(world) == list(NUMBERS)


def test_is_a_world_as_others(folder: Path) -> None:
    """Whoever goes through all accounts has all: copied, united, pickled."""
    for take in (
        dict,
        lambda one: one | {},
        lambda one: {**one},
        lambda one: one.copy(),
        lambda one: pickle.loads(pickle.dumps(one)),  # noqa: S301 - our own bytes
        lambda one: {key: one[key] for key in one},
    ):
        accounts = take(open_world(str(folder)).accounts)
        assert type(accounts) is dict
        assert list(accounts) == list(NUMBERS)
        assert all(accounts[number].id == number for number in NUMBERS)
    opened = open_world(str(folder)).accounts
    assert [entry.id for entry in opened.values()] == list(NUMBERS)
    assert opened.get("444444444444") is None
    with pytest.raises(KeyError):
        opened["444444444444"]
    policy = open_world(str(folder)).accounts[NUMBERS[0]].users["ann"].policies[0]
    assert isinstance(policy, PolicyOnDemand)
    copied = pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own bytes
    assert type(copied) is PolicyDocument
    assert (copied.name, copied.document, copied.arn) == (policy.name, policy.document, policy.arn)
    with pytest.raises(AttributeError):
        policy.nothing  # noqa: B018 - the point


def bend(path: Path, old: str, new: str) -> None:
    """Change a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("world.yaml", "o-1234567890", "o-1234567899"),
        (f"accounts/{NUMBERS[1]}/world.yaml", "account 2", "account 9"),
        (f"accounts/{NUMBERS[1]}/world.yaml", "account 2", "the second account"),
        (f"{INDEX}/index.json", "bucket-2", "bucket-9"),
        (f"{INDEX}/index.json", '"version": 2', '"version": 3'),
        (f"{INDEX}/index.json", "{", ""),
        (f"{INDEX}/accounts.{NUMBERS[1]}.world.json", "worker", "admin"),
    ],
)
def test_is_not_trusted_where_it_differs(folder: Path, file: str, old: str, new: str) -> None:
    """What was changed by hand counts, and a damaged index does not."""
    bend(folder / file, old, new)
    if file.startswith(INDEX):
        expected = load_world_without_index(folder)
    else:
        expected = load_world(folder)
        world = open_world(str(folder))
        assert not isinstance(world.accounts, AccountsOnDemand)
    for world in (load_world(folder), open_world(str(folder))):
        if isinstance(world.accounts, AccountsOnDemand):
            with pytest.raises(WorldError, match="changed while it was read"):
                list(world.accounts.values())
            continue
        assert [member.id for member in world.accounts.values()] == list(NUMBERS)
        for number in NUMBERS:
            mine, theirs = world.accounts[number], expected.accounts[number]
            assert mine.roles.keys() == theirs.roles.keys()
            assert mine.name == theirs.name
            assert mine.resources.keys() == theirs.resources.keys()


def load_world_without_index(folder: Path) -> World:
    """The world of a folder whose index is gone."""
    for file in (folder / INDEX).iterdir():
        file.rename(folder / f"gone-{file.name}")
    world = load_world(folder)
    for file in folder.glob("gone-*"):
        file.rename(folder / INDEX / file.name.removeprefix("gone-"))
    return world


def test_missing_files(folder: Path) -> None:
    """A world file that is gone is an error; a data file that is gone is not needed."""
    (folder / INDEX / f"accounts.{NUMBERS[2]}.world.json").unlink()
    assert load_world(folder).accounts[NUMBERS[2]].name == "account 3"
    (folder / "accounts" / NUMBERS[2] / "world.yaml").unlink()
    with pytest.raises(WorldError, match=r"(?i)no such file"):
        open_world(str(folder))


def test_lost_policies(folder: Path) -> None:
    """A policy that can't be read is unknown, and said once it was asked for."""
    (folder / "accounts" / NUMBERS[0] / "policies" / "own.json").write_text("{", encoding="utf-8")
    question = Question(
        f"arn:aws:iam::{NUMBERS[0]}:user/ann", "s3:PutObject", "arn:aws:s3:::bucket-1/x"
    )
    opened, whole = open_world(str(folder)), load_world(folder)
    assert opened.lost == []
    mine, theirs = (answer(question, CompiledWorld(entry)) for entry in (opened, whole))
    assert answer_to_dict(mine) == answer_to_dict(theirs)
    assert list(map(str, opened.lost)) == list(map(str, whole.lost))


def test_no_index_of_what_does_not_fit(tmp_path: Path) -> None:
    """Nothing is checked again by an index, so a world with faults has none."""
    data = world_data()
    data["accounts"][NUMBERS[0]]["users"]["bob"]["groups"] = ["missing"]
    target = tmp_path / "world"
    write_folder(world_data(), str(target))
    assert read_index(str(target / "world.yaml")) is not None
    write_folder(data, str(target))
    assert not (target / INDEX).exists()


def test_written_with_the_world(folder: Path) -> None:
    """A second import changes nothing; one account less takes its data away; a lost index comes
    back, and its files are no difference of a check."""
    before = {file.name: file.read_bytes() for file in (folder / INDEX).iterdir()}
    assert len(before) == 5
    (folder / INDEX / "index.json").unlink()
    assert not compare_folder(world_data(), str(folder)).any
    assert not write_folder(world_data(), str(folder)).any
    assert {file.name: file.read_bytes() for file in (folder / INDEX).iterdir()} == before
    data = world_data()
    del data["accounts"][NUMBERS[2]]
    write_folder(data, str(folder))
    assert len(list((folder / INDEX).iterdir())) == 4
    head = json.loads((folder / INDEX / "index.json").read_text().partition("\n")[0])
    assert head["version"] == index_module.VERSION


def test_files_of_one_account(folder: Path) -> None:
    """A world file by itself has no index; several worlds are read in whole."""
    alone = folder / "accounts" / NUMBERS[0] / "world.yaml"
    assert read_index(str(alone)) is None
    assert type(open_world(str(alone)).accounts) is dict
    assert type(load_world(folder, alone).accounts) is dict


ANN, BUCKET = f"arn:aws:iam::{NUMBERS[0]}:user/ann", "arn:aws:s3:::bucket-1/x"
COMMANDS = {
    "what-can": (["what-can", "-p", ANN], 3),
    "what-can of a role": (["what-can", "-p", f"arn:aws:iam::{NUMBERS[1]}:role/worker"], 3),
    "who-can, anybody": (["who-can", "s3:GetObject", BUCKET], 3),
    "who-can, one account": (
        ["who-can", "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{NUMBERS[1]}:mine"],
        2,
    ),
    "who-can, a key": (
        ["who-can", "kms:Decrypt", f"arn:aws:kms:eu-west-1:{NUMBERS[2]}:key/k", "--not"],
        2,
    ),
    "who-can, by roles": (["who-can", "s3:GetObject", BUCKET, "--via-roles"], 3),
    "access-matrix": (["access-matrix", "-p", ANN, "-a", "s3:GetObject", "-r", BUCKET], 1),
    "access-matrix of all": (["access-matrix", "-a", "s3:GetObject", "-r", BUCKET], 3),
    "context": (["context", "-p", ANN, "-a", "s3:GetObject", "-r", BUCKET], 1),
    "context that counts": (
        ["context", "-p", ANN, "-a", "s3:GetObject", "-r", BUCKET, "--influencing"],
        1,
    ),
    "explain --if": (
        ["explain", "-p", ANN, "-a", "s3:GetObject", "-r", BUCKET, "--without", "in"],
        1,
    ),
}


SUITE = f"""
title: ann reads
world: WORLD
requests:
- {{name: ann, principal: "{ANN}", action: "s3:GetObject", resource: "{BUCKET}", expect: allowed}}
"""


def test_suites_read_what_their_requests_touch(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test of one user reads her account."""
    suite = folder.parent / "suite.yaml"
    suite.write_text(SUITE.replace("WORLD", str(folder)), encoding="utf-8")
    read = noting(monkeypatch)
    assert main(["test", str(suite)]) == 0
    mine = capsys.readouterr().out
    assert len(set(read)) == 1
    (folder / INDEX / "index.json").unlink()
    assert main(["test", str(suite)]) == 0
    assert capsys.readouterr().out == mine


def noting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The accounts that are asked for from now on."""
    read: list[str] = []

    def noted(world: AccountsOnDemand, number: str) -> object:
        read.append(number)
        return original(world, number)

    original = AccountsOnDemand.__getitem__
    monkeypatch.setattr(AccountsOnDemand, "__getitem__", noted)
    return read


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("name", COMMANDS)
def test_commands_answer_alike_and_read_what_they_touch(
    folder: Path,
    name: str,
    broken: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the index and without it a command prints the same, also of policies that are lost."""
    if broken:
        for file in (*folder.glob("shared/own-*.json"), *folder.glob("shared/trust-*.json")):
            file.write_text("{", encoding="utf-8")
    words, most = COMMANDS[name]
    asked = [*words, "--world", str(folder), "--format", "json"]
    read = noting(monkeypatch)
    code = main(asked)
    mine = capsys.readouterr()
    assert len(set(read)) == most
    (folder / INDEX / "index.json").unlink()
    assert main(asked) == code
    assert capsys.readouterr() == mine
