"""Crowds: worlds in which many callers differ in a single thing each, and questions about them.

What tells callers apart is rare in the cases of `tests.property.worlds`, which are about one. Here
every user, role and session is asked the same, so that an answer that is shared with the wrong one
shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.engine.question import Question, Session
from iamsim.engine.world import CompiledWorld
from iamsim.world.load import load_world_data
from tests.property.vocabulary import MANAGEMENT, ORG, A, B

if TYPE_CHECKING:
    from tests.property.tape import Tape

Data = dict[str, Any]
KEY = f"arn:aws:kms:eu-west-1:{A}:key/11aa"
OBJECTS = ("ann/x", "blue/x", "dev/y")
ACTIONS = ("s3:GetObject", "s3:PutObject")
CALLS = (
    ("sts:AssumeRole", f"arn:aws:iam::{A}:role/dev"),
    ("sts:GetSessionToken", "*"),
    ("organizations:ListAccounts", "*"),
    ("sts:GetFederationToken", f"arn:aws:sts::{A}:federated-user/x"),
    ("iam:CreateServiceLinkedRole", "*"),
)
LINKED = "AWSServiceRoleForBackup"
TESTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("StringEquals", "aws:username", ("ann", "bob")),
    ("StringLike", "aws:PrincipalArn", ("*user/ann", "*role/dev", "*:role/*", f"*{A}*")),
    ("StringEquals", "aws:PrincipalTag/team", ("blue", "red")),
    ("StringLike", "aws:userid", ("AROADEV:*", "*:s1", "AIDAANN")),
    ("StringEquals", "aws:PrincipalAccount", (A, B)),
    ("StringEquals", "aws:PrincipalType", ("User", "AssumedRole")),
    ("IpAddress", "aws:SourceIp", ("203.0.113.0/24", "198.51.100.7")),
    ("NotIpAddress", "aws:SourceIp", ("203.0.113.0/25", "198.51.100.0/24")),
    ("Bool", "aws:SecureTransport", ("true", "false")),
    ("Null", "aws:PrincipalTag/team", ("true", "false")),
    ("Null", "aws:SourceIp", ("true", "false")),
    ("DateLessThan", "aws:CurrentTime", ("2027-01-01T00:00:00Z",)),
    ("StringEquals", "aws:SourceVpce", ("vpce-1",)),
    ("StringEquals", "kms:EncryptionContext:team", ("blue",)),
    ("StringEquals", "kms:CallerAccount", (A, B)),
    ("ForAnyValue:StringEquals", "kms:EncryptionContextKeys", ("team",)),
)
CONTEXTS: tuple[Data, ...] = (
    {"aws:SourceIp": "203.0.113.200", "aws:SecureTransport": "true"},
    {"aws:sourceip": "198.51.100.7", "aws:SecureTransport": "false"},
    {"aws:SecureTransport": "true", "aws:PrincipalTag/team": "red"},
    {"aws:SourceIp": "203.0.113.9", "kms:EncryptionContext:team": "blue"},
    {"aws:SecureTransport": "true", "aws:SourceVpce": "vpce-1"},
    {"aws:SourceIp": "203.0.113.9", "kms:EncryptionContext:size": "1"},
)
NOW, LATER = "2026-12-01T09:00:00Z", "2031-01-01T00:00:00Z"


def crowd(tape: Tape) -> tuple[Question, CompiledWorld, list[Question]]:
    """A world, a question that says how all are asked, and the questions in their order."""
    world = CompiledWorld(load_world_data(_world(tape)))
    session = Session(source_identity="ann") if tape.chance(20) else Session()
    asked = [
        Question(who, action, resource, context, session=session, now=tape.pick([NOW, LATER, None]))
        for action, resource in _targets(tape)
        for context in (tape.pick(CONTEXTS), tape.pick(CONTEXTS))
        for who in _callers()
    ]
    return asked[0], world, asked


def _callers() -> list[str]:
    """Everybody: users, roles, two sessions of each, who is not in the world, and others."""
    found = [f"arn:aws:iam::{home}:user/{name}" for home in (A, B) for name in _USERS]
    for home in (A, B):
        for name, path in _ROLES.items():
            found.append(f"arn:aws:iam::{home}:role{path}{name}")
            found += [f"arn:aws:sts::{home}:assumed-role/{name}/s{entry}" for entry in (1, 2)]
    found += [f"arn:aws:iam::{A}:user/nobody", f"arn:aws-cn:iam::{A}:user/nobody"]
    return [*found, f"arn:aws:iam::{A}:root", "anonymous"]


_USERS = ("ann", "bob", "cyd")
_ROLES = {"dev": "/", "ops": "/team/", LINKED: "/aws-service-role/backup.amazonaws.com/"}


def _targets(tape: Tape) -> list[tuple[str, str]]:
    """What is asked about: two objects of the bucket, the key, and a call for oneself."""
    objects = [f"arn:aws:s3:::data/{tape.pick(OBJECTS)}" for _ in range(2)]
    found = [(tape.pick(ACTIONS), entry) for entry in objects]
    return [*found, ("kms:Decrypt", KEY), tape.pick(CALLS)]


def _world(tape: Tape) -> Data:
    """Two accounts under an organization, with a bucket and a key in the first."""
    accounts: Data = {MANAGEMENT: {}} if tape.chance(70) else {}
    for home in (A, B):
        shelf = {f"p{number}": _policy(tape) for number in range(3)}
        accounts[home] = {
            "policies": shelf,
            "users": {name: _entity(tape, f"AIDA{name.upper()}") for name in _USERS},
            "roles": {
                name: {**_entity(tape, f"AROA{name.upper()}"), "path": path}
                for name, path in _ROLES.items()
            },
        }
        linked = accounts[home]["roles"][LINKED]
        linked["service_linked"] = True
        linked.pop("boundary", None)
    accounts[A]["resources"] = {
        "arn:aws:s3:::data": {"policy": _policy(tape, named=True)},
        KEY: {"policy": _policy(tape, named=True)},
    }
    manager = tape.pick([MANAGEMENT, A]) if MANAGEMENT in accounts else B
    units = {"One": _node(tape, [A]), "Two": _node(tape, [B])}
    root = {**_node(tape, [MANAGEMENT] if MANAGEMENT in accounts else []), "units": units}
    organization = {"id": ORG, "management_account": manager, "root": {"id": "r-ab12", **root}}
    return {"accounts": accounts, "organization": organization}


def _node(tape: Tape, accounts: list[str]) -> Data:
    """A node of the organization, at times with guardrails."""
    node: Data = {"accounts": accounts}
    if tape.chance(40):
        deny = {**_statement(tape), "Effect": "Deny"}
        node["scps"] = ["FullAWSAccess", {"Version": "2012-10-17", "Statement": [deny]}]
    return node


def _entity(tape: Tape, unique_id: str) -> Data:
    """A user or role: policies that others have, too; at times a boundary, a tag, an id."""
    made: Data = {"policies": [["p0"], ["p0", "p1"], ["p1"], []][tape.byte() % 4]}
    if tape.chance(30):
        made["boundary"] = tape.pick(["p0", "p2"])
    if tape.chance(60):
        made["tags"] = {"team": tape.pick(["blue", "red"])}
    if tape.chance(70):
        made["id"] = unique_id
    return made


def _policy(tape: Tape, *, named: bool = False) -> Data:
    """One to three statements; those of a resource name principals."""
    found = [_statement(tape) for _ in tape.times(3)]
    for statement in found if named else ():
        if statement["Effect"] == "Deny" and tape.chance(30):
            spared = [f"arn:aws:iam::{A}:root", f"arn:aws:iam::{A}:user/ann"]
            statement["NotPrincipal"] = {"AWS": spared}
        else:
            statement["Principal"] = _principal(tape)
    return {"Version": "2012-10-17", "Statement": found}


def _principal(tape: Tape) -> Any:
    """Whom a statement names."""
    home = tape.pick([A, B])
    names = [
        f"arn:aws:iam::{home}:user/ann",
        f"arn:aws:iam::{home}:role/dev",
        f"arn:aws:iam::{home}:role/team/ops",
        f"arn:aws:sts::{home}:assumed-role/dev/s1",
        f"arn:aws:iam::{home}:root",
        "AIDAANN",
    ]
    return tape.pick(["*", *({"AWS": name} for name in names)])


def _statement(tape: Tape) -> Data:
    """One statement about the bucket, the key, or all."""
    stem = "arn:aws:s3:::data"
    fitting = [f"{stem}/ann/*", f"{stem}/*", f"{stem}/blue/?", "arn:aws:s3:::*/dev/*"]
    variables = [f"{stem}/${{aws:username}}/*", f"{stem}/${{aws:PrincipalTag/team}}/*"]
    made: Data = {
        "Effect": "Deny" if tape.chance(30) else "Allow",
        "Action": tape.pick(["*", "s3:*", "s3:GetObject", ["s3:PutObject", "kms:*"]]),
        "Resource": tape.pick(["*", *fitting, *variables]),
    }
    if made["Action"] not in ("s3:*", "s3:GetObject") and tape.chance(50):
        made["Resource"] = "*"
    for _ in tape.times(2) if tape.chance(65) else ():
        operator, key, values = tape.pick(TESTS)
        made.setdefault("Condition", {}).setdefault(operator, {})[key] = tape.pick(values)
    return made
