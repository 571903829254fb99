"""Loading worlds: references to policies, folders, merging, and going on after faults."""

import itertools
import json
import re
import subprocess
import sys

import pytest

from iamsim.core.errors import WorldError
from iamsim.world.builtin import FULL_AWS_ACCESS
from iamsim.world.documents import parse_document
from iamsim.world.items import ManagedPolicyReference, PublicAccessBlock
from iamsim.world.load import load_world, load_world_data, load_world_documents, refuse_lost
from iamsim.world.records import TABLES, WORLD
from iamsim.world.schema import world_schema

ACCOUNT = "111122223333"
OTHER = "444455556666"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def policy(sid):
    """Make a policy that can be told from others."""
    return {"Version": "2012-10-17", "Statement": [{"Sid": sid, "Effect": "Allow"}]}


def write(path, content):
    """Write a file as JSON, with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def boundary(world):
    """Give the boundary of the only user."""
    return world.accounts[ACCOUNT].users["alice"].boundary


@pytest.mark.parametrize(
    ("reference", "sid", "name", "arn"),
    [
        (policy("inline"), "inline", "boundary of user alice", None),
        ("Own", "own", "Own", f"arn:aws:iam::{ACCOUNT}:policy/Own"),
        ("Both", "account", "Both", f"arn:aws:iam::{ACCOUNT}:policy/Both"),
        ("Shared", "shared", "Shared", None),
        ("FromFile", "file", "FromFile", f"arn:aws:iam::{ACCOUNT}:policy/FromFile"),
        ("Alias", "shared", "Alias", f"arn:aws:iam::{ACCOUNT}:policy/Alias"),
        ("Through", "top", "Through", f"arn:aws:iam::{ACCOUNT}:policy/Through"),
        ("policies/file.json", "file", "policies/file.json", None),
        ("policies/../policies/file.json", "file", "policies/../policies/file.json", None),
        ("policies/named", "file", "policies/named", None),
        (f"arn:aws:iam::{ACCOUNT}:policy/Own", "own", "Own", f"arn:aws:iam::{ACCOUNT}:policy/Own"),
        (f"arn:aws:iam::{ACCOUNT}:policy/a/b/Own", "own", "Own", None),
        (f"arn:aws:iam::{OTHER}:policy/Far", "far", "Far", f"arn:aws:iam::{OTHER}:policy/Far"),
    ],
)
def test_a_policy_may_be_written_named_or_in_a_file(tmp_path, reference, sid, name, arn):
    """Inline, by the account's name, by the top-level name, by file, by ARN: all lead to it."""
    write(tmp_path / "policies/file.json", policy("file"))
    write(tmp_path / "policies/named", policy("file"))
    world = load_world(
        write(
            tmp_path / "world.json",
            {
                "policies": {
                    "Shared": policy("shared"),
                    "Both": policy("top"),
                    "Through": policy("top"),
                },
                "accounts": {
                    ACCOUNT: {
                        "policies": {
                            "Own": policy("own"),
                            "Both": policy("account"),
                            "FromFile": "policies/file.json",
                            "Alias": "Shared",
                            "Through": "Through",
                        },
                        "users": {"alice": {"boundary": reference}},
                    },
                    OTHER: {"policies": {"Far": policy("far")}},
                },
            },
        )
    )
    found = boundary(world)
    assert found.document["Statement"][0]["Sid"] == sid
    assert found.name == name
    assert arn is None or found.arn == arn
    # Its place is a line of the file in which the policy is written.
    assert f'"{sid}"' in found.source.span(("Statement", 0)).text


def test_managed_and_built_in_policies_are_references():
    """AWS managed policies go by ARN into the catalog; FullAWSAccess is always the same object."""
    world = load_world_data(
        {
            "policies": {"Everything": "FullAWSAccess", "Read": READ},
            "accounts": {
                ACCOUNT: {
                    "scps": ["FullAWSAccess", FULL_AWS_ACCESS.arn, "Everything"],
                    "users": {"alice": {"boundary": READ, "policies": ["Read"]}},
                }
            },
        }
    )
    assert boundary(world) == ManagedPolicyReference(READ)
    assert boundary(world).span.text == f'"{READ}"'
    assert world.accounts[ACCOUNT].users["alice"].policies == (ManagedPolicyReference(READ),)
    assert [entry.document for entry in world.accounts[ACCOUNT].scps] == [
        FULL_AWS_ACCESS.document
    ] * 3


def test_own_policies_may_replace_built_in_names():
    """A file that holds a policy called FullAWSAccess means that one."""
    world = load_world_data(
        {
            "policies": {"FullAWSAccess": policy("own")},
            "accounts": {ACCOUNT: {"scps": ["FullAWSAccess"]}},
        }
    )
    (scp,) = world.accounts[ACCOUNT].scps
    assert scp.document == policy("own")


@pytest.mark.parametrize("name", ["world.json", "world.yaml", "world.yml"])
def test_a_folder_holds_a_world_file(tmp_path, name):
    """A folder stands for the world file in it."""
    write(tmp_path / name, {"accounts": {ACCOUNT: {}}})
    assert list(load_world(tmp_path).accounts) == [ACCOUNT]


@pytest.mark.parametrize("path", ["", "nothing.yaml"])
def test_no_world_is_an_error(tmp_path, path):
    """A missing file, or a folder without a world in it, is said plainly."""
    with pytest.raises(WorldError) as caught:
        load_world(tmp_path / path)
    assert caught.value.code == "file-not-found"
    assert load_world(tmp_path / path, strict=False).problems[0].message == caught.value.message


def test_a_file_without_accounts_and_no_file_are_empty_worlds(tmp_path):
    """Everything is optional."""
    (tmp_path / "world.yaml").write_text("accounts: {}  # nothing yet\n")
    for world in (load_world(tmp_path), load_world(), load_world_documents()):
        assert (world.organization, world.accounts, world.policies) == (None, {}, {})


def test_a_world_inside_a_document_has_its_places(tmp_path):
    """The world of a scenario is a part of its file: lines and relative paths are the file's."""
    write(tmp_path / "p.json", policy("file"))
    users = "{alice: {boundary: p.json, path: eng}}"
    text = f"title: x\nworld:\n  accounts:\n    '{ACCOUNT}':\n      users: {users}\n"
    document = parse_document(text, "scenario.yaml", folder=str(tmp_path))
    with pytest.raises(WorldError) as caught:
        load_world_data(document.sub_document(("world",)))
    assert caught.value.span.place == "scenario.yaml:5:47"
    world = load_world_data(document.sub_document(("world",)), strict=False)
    assert boundary(world).document == policy("file")
    assert world.accounts[ACCOUNT].users["alice"].path == "/"


def test_plain_data_is_checked_like_a_file():
    """A Python dict gets the same errors, and what JSON can't hold is an error too."""
    with pytest.raises(WorldError, match="a world has no key `acounts`"):
        load_world_data({"acounts": {}}, name="mine")
    circular = {}
    circular["accounts"] = circular
    for data in (circular, {"accounts": {1, 2}}):
        with pytest.raises(WorldError, match="`mine` is not plain data"):
            load_world_data(data, name="mine")


def test_public_access_block_has_two_spellings():
    """AWS's own names of the four settings are accepted beside ours, on account and resource."""
    world = load_world_data(
        {
            "accounts": {
                ACCOUNT: {
                    "public_access_block": {
                        "BlockPublicAcls": True,
                        "restrict_public_buckets": "true",
                    },
                    "resources": {
                        "arn:aws:s3:::b": {"public_access_block": {}},
                        "arn:aws:s3:::c": {},
                    },
                }
            }
        }
    )
    account = world.accounts[ACCOUNT]
    expected = PublicAccessBlock(block_public_acls=True, restrict_public_buckets=True)
    assert account.public_access_block == expected
    assert account.resources["arn:aws:s3:::b"].public_access_block == PublicAccessBlock()
    assert account.resources["arn:aws:s3:::c"].public_access_block is None


@pytest.mark.parametrize(
    "grant",
    [
        {
            "grantee": f"arn:aws:iam::{ACCOUNT}:role/app",
            "operations": ["Decrypt"],
            "constraints": {"EncryptionContextSubset": {"a": "b"}, "SourceArn": "arn:x"},
            "name": "n",
            "id": "1",
        },
        {
            "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/app",
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"a": "b"}, "SourceArn": "arn:x"},
            "Name": "n",
            "GrantId": "1",
        },
    ],
)
def test_grants_are_read_in_both_spellings(grant):
    """A grant may be written as AWS's ListGrants prints it."""
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    world = load_world_data({"accounts": {ACCOUNT: {"resources": {key: {"grants": [grant]}}}}})
    (found,) = world.accounts[ACCOUNT].resources[key].grants
    assert (found.grantee, found.operations) == (f"arn:aws:iam::{ACCOUNT}:role/app", ("Decrypt",))
    assert found.encryption_context_subset == {"a": "b"}
    assert found.encryption_context_equals is None
    assert (found.source_arn, found.name, found.id) == ("arn:x", "n", "1")


@pytest.mark.parametrize(
    "tags",
    [
        {"team": "blue", "empty": ""},
        [{"Key": "team", "Value": "blue"}, {"Key": "empty", "Value": ""}],
    ],
)
def test_tags_are_a_map_or_the_list_of_aws(tags):
    """Both forms of tags give the same tags."""
    world = load_world_data({"accounts": {ACCOUNT: {"users": {"alice": {"tags": tags}}}}})
    assert world.accounts[ACCOUNT].users["alice"].tags == {"team": "blue", "empty": ""}


def test_yaml_and_json_give_the_same_numbers_and_flags(tmp_path):
    """Numbers and flags are text in YAML and themselves in JSON; the world is the same."""
    fields = ("mfa_devices", "access_keys")
    users = []
    for name, text in (
        ("a.json", '{"mfa_devices": 2, "access_keys": [{"id": "AKIA"}]}'),
        ("a.yaml", "{mfa_devices: 2, access_keys: [{id: AKIA}]}"),
    ):
        path = tmp_path / name
        path.write_text(f'{{"accounts": {{"{ACCOUNT}": {{"users": {{"alice": {text}}}}}}}}}')
        user = load_world(path).accounts[ACCOUNT].users["alice"]
        users.append([getattr(user, field) for field in fields])
    assert users[0] == users[1] == [2, ({"id": "AKIA"},)]


PARTS = [
    {
        "organization": {"id": "o-1", "delegated_administrators": [OTHER]},
        "policies": {"Shared": policy("s")},
    },
    {
        "organization": {
            "root": {"id": "r-1", "accounts": [ACCOUNT]},
            "delegated_administrators": [ACCOUNT],
        }
    },
    {"accounts": {ACCOUNT: {"name": "prod", "groups": {"devs": {"policies": ["Shared"]}}}}},
    {"accounts": {ACCOUNT: {"users": {"alice": {"groups": ["devs"], "boundary": "Own"}}}}},
    {"accounts": {ACCOUNT: {"policies": {"Own": policy("own")}, "scps": ["Shared"]}, OTHER: {}}},
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(PARTS))))[::7])
def test_parts_of_a_world_may_name_each_other_in_any_order(order):
    """A user, its group, its boundary and the organization may come from different files."""
    documents = [parse_document(json.dumps(PARTS[index]), f"{index}.json") for index in order]
    world = load_world_documents(*documents)
    account = world.accounts[ACCOUNT]
    assert account.name == "prod"
    assert boundary(world).document == policy("own")
    assert account.groups_of(account.users["alice"])[0].policies[0].document == policy("s")
    assert [level for level, _ in world.scp_levels(ACCOUNT)] == ["Root", ACCOUNT]
    assert world.organization.id == "o-1"
    assert set(world.organization.delegated_administrators) == {ACCOUNT, OTHER}
    assert set(world.accounts) == {ACCOUNT, OTHER}


def test_a_world_merged_with_itself_is_the_same():
    """Saying the same thing twice is fine, whether inline, by name or by file."""
    whole = {
        "organization": {"id": "o-1", "root": {"units": {"A": {"scps": [policy("s"), READ]}}}},
        "accounts": {
            ACCOUNT: {
                "policies": {"Own": policy("own"), "Read": READ},
                "public_access_block": {"block_public_acls": True},
                "users": {"alice": {"boundary": "Own"}},
                "resources": {"arn:aws:s3:::b": {"policy": policy("b")}},
            }
        },
    }
    again = json.loads(json.dumps(whole))
    again["accounts"][ACCOUNT]["users"]["alice"]["boundary"] = policy("own")
    world = load_world_documents(
        parse_document(json.dumps(whole), "a.json"), parse_document(json.dumps(again), "b.json")
    )
    assert boundary(world).document == policy("own")
    assert not world.problems


def test_a_fault_does_not_lose_the_rest(tmp_path):
    """With `strict=False` faults are listed, and everything that fits is loaded."""
    (tmp_path / "broken.json").write_text("{")
    data = {
        "acounts": {},
        "accounts": {
            "12": {},
            ACCOUNT: {
                "users": {
                    "alice": {
                        "path": 7,
                        "boundary": "Nothing",
                        "policies": ["Good", "broken.json", 1],
                    },
                    "bob/": {},
                },
                "policies": {"Good": policy("good")},
            },
        },
    }
    world = load_world_data(data, folder=str(tmp_path), strict=False)
    assert [problem.code for problem in world.lost] == ["invalid-json", "invalid-name"]
    assert sorted(problem.code for problem in world.problems) == [
        "invalid-account-id",
        "unknown-key",
        "unknown-policy",
        "wrong-type",
        "wrong-type",
    ]
    user = world.accounts[ACCOUNT].users["alice"]
    lost = {"unknown": world.lost[0].message, "source": "broken.json"}
    [refused] = world.unlisted
    assert (refused.kinds, refused.accounts) == ({"principals"}, {ACCOUNT})
    assert [entry.document for entry in user.policies] == [policy("good"), lost]
    assert (user.path, user.boundary) == ("/", None)


def test_a_policy_file_that_vanishes_is_an_error_at_its_name(tmp_path, monkeypatch):
    """A file that is there but can't be read is named where the world names it."""
    write(tmp_path / "p.json", {})

    def refuse(_path):
        raise WorldError("file-not-readable", "can't read it")

    monkeypatch.setattr("iamsim.world.policies.read_document", refuse)
    world = load_world_data({"policies": {"A": "p.json"}}, folder=str(tmp_path))
    assert [error.span.text for error in world.lost] == ['"p.json"']
    assert world.policies["A"].document["unknown"] == "can't read it"
    with pytest.raises(WorldError, match="can't read it"):
        refuse_lost(world)


def test_a_policy_that_names_itself_by_arn_is_an_error():
    """A circle of names is found by ARN too."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/A"
    with pytest.raises(WorldError, match="the policy `A` stands for itself"):
        load_world_data({"accounts": {ACCOUNT: {"policies": {"A": arn}}}})


def test_the_partition_of_an_account_is_said_or_read_from_its_arns():
    """ARNs of users are of the partition of their account."""
    data = {
        "accounts": {
            ACCOUNT: {"partition": "aws-cn", "users": {"alice": {}}},
            OTHER: {"users": {"bob": {}}, "resources": {"arn:aws-us-gov:s3:::b": {}}},
        }
    }
    world = load_world_data(data)
    assert world.find_principal(f"arn:aws-cn:iam::{ACCOUNT}:user/alice")
    assert world.find_principal(f"arn:aws-us-gov:iam::{OTHER}:user/bob")


def test_a_reference_with_a_nul_is_no_file():
    """Odd characters in a reference are an unknown policy, not a traceback."""
    world = load_world_data({"policies": {"A": "x\0/y.json"}})
    assert [error.code for error in world.lost] == ["file-not-found"]


def test_a_json_world_loads_neither_yaml_nor_a_validation_library(tmp_path):
    """Start-up time: the world room imports only what a JSON world needs."""
    path = write(tmp_path / "world.json", {"accounts": {ACCOUNT: {"scps": ["FullAWSAccess"]}}})
    program = (
        "import sys; from iamsim.world.load import load_world;"
        f"load_world({str(path)!r});"
        "print([name for name in ('yaml', 'pydantic', 'lark', 'typer') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_the_schema_has_every_field_of_every_table():
    """The JSON Schema is made from the tables: same names, nothing else allowed."""
    schema = world_schema()
    json.dumps(schema)
    for name, table in {**TABLES, "": WORLD}.items():
        part = schema["$defs"][name] if name else schema
        assert set(part["properties"]) == set(table.by_name)
        assert part["additionalProperties"] is False


def test_every_reference_and_pattern_of_the_schema_holds():
    """References lead to definitions, and patterns are regular expressions."""
    text = json.dumps(world_schema())
    names = set(re.findall(r'"#/\$defs/([a-z_]+)"', text))
    assert names == set(world_schema()["$defs"])

    def patterns(value):
        if isinstance(value, dict):
            yield from (item for key, item in value.items() if key == "pattern")
            for item in value.values():
                yield from patterns(item)
        elif isinstance(value, list):
            for item in value:
                yield from patterns(item)

    found = list(patterns(world_schema()))
    assert all(re.compile(pattern) for pattern in found)
    assert any(re.search(pattern, ACCOUNT) for pattern in found)
