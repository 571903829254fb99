"""Generate a large organization as AWS prints it, and measure what it costs to import and to ask.

    python benchmarks/organization.py --out DIR [--accounts 50] [--measure]

By default 50 accounts with 10,000 principals, 20,000 policies and 5,000 resource-based policies:
pages of account authorization details (every other account URL-encoded, as the API gives them), and
the outputs of the AWS CLI, one file a call, named as `iamsim import --recipe` names them. The same
seed gives the same files. With `--measure` the import runs in a new process, and is followed by
decisions in the whole world and in a world of one of its accounts.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

USERS, ROLES, GROUPS = 50, 150, 5
MANAGED_POLICIES = 195
REGION = "eu-west-1"
RESOURCES = {"bucket": 40, "queue": 20, "topic": 10, "key": 20, "secret": 10}
PAGE = 100
SERVICES = ("s3", "sqs", "sns", "kms", "dynamodb", "lambda", "logs", "ec2", "secretsmanager")
VERBS = ("Get*", "List*", "Describe*", "Put*", "Create*", "Delete*", "Update*")
TEAMS = ("blue", "green", "red", "data", "platform")
AWS_MANAGED = ("ReadOnlyAccess", "SecurityAudit", "AmazonS3ReadOnlyAccess", "PowerUserAccess")

Json = dict[str, Any]


def statement(effect: str, action: object, resource: object, **more: object) -> Json:
    """Make a statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: Json) -> Json:
    """Make a document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


class Account:
    """One account: its authorization details and the outputs of calls about its resources."""

    def __init__(self, number: int, seed: random.Random) -> None:
        """Number accounts from 1; every other one is URL-encoded."""
        self.id = f"{100_000_000_000 + number}"
        self.random = seed
        self.encoded = number % 2 == 0
        self.policy_names = [f"team-policy-{index}" for index in range(MANAGED_POLICIES)]

    def document(self, document: Json) -> object:
        """Give a document in the form that this account has."""
        return quote(json.dumps(document), safe="") if self.encoded else document

    def permissions(self) -> Json:
        """Make an identity-based policy of two to four statements."""
        seed = self.random
        statements = [
            statement(
                "Allow",
                [
                    f"{seed.choice(SERVICES)}:{seed.choice(VERBS)}"
                    for _ in range(seed.randint(2, 6))
                ],
                [f"arn:aws:s3:::app-{seed.randint(0, 400)}-{self.id}/*", "*"][seed.randint(0, 1)],
            )
            for _ in range(seed.randint(1, 3))
        ]
        tag = "${aws:PrincipalTag/team}"
        condition = {"StringEquals": {"aws:ResourceTag/team": tag}}
        return policy(*statements, statement("Allow", "s3:GetObject", "*", Condition=condition))

    def details(self) -> list[Json]:
        """Make the pages of the account's authorization details."""
        users = [self.user(index) for index in range(USERS)]
        roles = [self.role(index) for index in range(ROLES)]
        groups = [self.group(index) for index in range(GROUPS)]
        policies = [self.managed_policy(name) for name in self.policy_names]
        records = [("UserDetailList", user) for user in users]
        records += [("GroupDetailList", group) for group in groups]
        records += [("RoleDetailList", role) for role in roles]
        records += [("Policies", entry) for entry in policies]
        pages = []
        for start in range(0, len(records), PAGE):
            page: Json = {
                "UserDetailList": [],
                "GroupDetailList": [],
                "RoleDetailList": [],
                "Policies": [],
                "IsTruncated": start + PAGE < len(records),
            }
            for key, record in records[start : start + PAGE]:
                page[key].append(record)
            pages.append(page)
        return pages

    def attached(self) -> list[Json]:
        """Attach one customer managed policy, and now and then one of AWS's."""
        name = self.random.choice(self.policy_names)
        found = [{"PolicyName": name, "PolicyArn": f"arn:aws:iam::{self.id}:policy/{name}"}]
        if self.random.random() < 1 / 3:
            name = self.random.choice(AWS_MANAGED)
            found.append({"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"})
        return found

    def user(self, index: int) -> Json:
        """Make a user."""
        name = f"user-{index}"
        return {
            "Path": "/",
            "UserName": name,
            "UserId": f"AIDA{self.id}{index:05}",
            "Arn": f"arn:aws:iam::{self.id}:user/{name}",
            "CreateDate": "2025-01-01T00:00:00+00:00",
            "UserPolicyList": [
                {"PolicyName": "own", "PolicyDocument": self.document(self.permissions())}
            ],
            "GroupList": [f"group-{index % GROUPS}"],
            "AttachedManagedPolicies": self.attached(),
            "Tags": [{"Key": "team", "Value": self.random.choice(TEAMS)}],
        }

    def group(self, index: int) -> Json:
        """Make a group."""
        name = f"group-{index}"
        return {
            "Path": "/",
            "GroupName": name,
            "GroupId": f"AGPA{self.id}{index:05}",
            "Arn": f"arn:aws:iam::{self.id}:group/{name}",
            "GroupPolicyList": [
                {"PolicyName": "own", "PolicyDocument": self.document(self.permissions())}
            ],
            "AttachedManagedPolicies": self.attached(),
        }

    def role(self, index: int) -> Json:
        """Make a role; most trust a service, some another account."""
        name = f"role-{index}"
        trusted: Json = {
            "Service": f"{self.random.choice(('lambda', 'ec2', 'ecs-tasks'))}.amazonaws.com"
        }
        if index % 10 == 0:
            trusted = {"AWS": f"arn:aws:iam::{100_000_000_000 + self.random.randint(1, 50)}:root"}
        trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        boundary = f"arn:aws:iam::{self.id}:policy/{self.policy_names[0]}"
        return {
            "Path": "/app/",
            "RoleName": name,
            "RoleId": f"AROA{self.id}{index:05}",
            "Arn": f"arn:aws:iam::{self.id}:role/app/{name}",
            "CreateDate": "2025-01-01T00:00:00+00:00",
            "AssumeRolePolicyDocument": self.document(policy(trust)),
            "InstanceProfileList": [],
            "RolePolicyList": [
                {"PolicyName": "own", "PolicyDocument": self.document(self.permissions())}
            ],
            "AttachedManagedPolicies": self.attached(),
            "Tags": [{"Key": "team", "Value": self.random.choice(TEAMS)}],
            "RoleLastUsed": {"LastUsedDate": "2026-11-01T00:00:00+00:00", "Region": REGION},
        } | (
            {
                "PermissionsBoundary": {
                    "PermissionsBoundaryType": "Policy",
                    "PermissionsBoundaryArn": boundary,
                }
            }
            if index % 5 == 0
            else {}
        )

    def managed_policy(self, name: str) -> Json:
        """Make a customer managed policy with two versions."""
        versions = [
            {
                "Document": self.document(self.permissions()),
                "VersionId": f"v{number}",
                "IsDefaultVersion": number == 2,
                "CreateDate": "2025-01-01T00:00:00+00:00",
            }
            for number in (2, 1)
        ]
        return {
            "PolicyName": name,
            "PolicyId": f"ANPA{self.id}",
            "Arn": f"arn:aws:iam::{self.id}:policy/{name}",
            "Path": "/",
            "DefaultVersionId": "v2",
            "PolicyVersionList": versions,
        }

    def outputs(self) -> dict[str, Json]:
        """Make the outputs of calls about resources, by the name of their file."""
        found: dict[str, Json] = {}
        for kind, count in RESOURCES.items():
            for index in range(count):
                file, output = self.resource(kind, index)
                found[file] = output
        return found

    def resource(self, kind: str, index: int) -> tuple[str, Json]:
        """Make one resource with its policy."""
        owner = {"AWS": f"arn:aws:iam::{self.id}:role/app/role-{self.random.randint(0, ROLES - 1)}"}
        where = f"{REGION}:{self.id}"
        if kind == "bucket":
            arn = f"arn:aws:s3:::app-{index}-{self.id}"
            rule = statement("Allow", "s3:GetObject", f"{arn}/*", Principal=owner)
            tls = {"Bool": {"aws:SecureTransport": "false"}}
            deny = statement("Deny", "s3:*", [arn, f"{arn}/*"], Principal="*", Condition=tls)
            return f"get-bucket-policy.app-{index}-{self.id}", {
                "Policy": json.dumps(policy(deny, rule))
            }
        if kind == "key":
            arn = f"arn:aws:kms:{where}:key/{index:08}-0000-4000-8000-{self.id}"
            root = statement(
                "Allow", "kms:*", "*", Principal={"AWS": f"arn:aws:iam::{self.id}:root"}
            )
            use = statement("Allow", "kms:Decrypt", "*", Principal=owner)
            text = json.dumps(policy(root, use))
            return f"{REGION}/get-key-policy.{quote(arn, safe='')}", {"Policy": text}
        arns = {
            "queue": (
                "get-queue-attributes",
                f"arn:aws:sqs:{where}:queue-{index}",
                "sqs:SendMessage",
            ),
            "topic": ("get-topic-attributes", f"arn:aws:sns:{where}:topic-{index}", "sns:Publish"),
            "secret": (
                "get-resource-policy",
                f"arn:aws:secretsmanager:{where}:secret:db-{index}-AbCdEf",
                "secretsmanager:GetSecretValue",
            ),
        }
        call, arn, action = arns[kind]
        text = json.dumps(policy(statement("Allow", action, arn, Principal=owner)))
        file = f"{REGION}/{call}.{quote(arn, safe='')}"
        if kind == "secret":
            return file, {"ARN": arn, "Name": f"db-{index}", "ResourcePolicy": text}
        key = "QueueArn" if kind == "queue" else "TopicArn"
        return file, {"Attributes": {key: arn, "Policy": text}}


def organization(accounts: list[str], seed: random.Random) -> dict[str, Json]:
    """Make the outputs of AWS Organizations: a root, five units with two units each."""
    prefix = "arn:aws:organizations::100000000001"
    kinds = [
        {"Type": f"{kind}_CONTROL_POLICY", "Status": "ENABLED"} for kind in ("SERVICE", "RESOURCE")
    ]
    files: dict[str, Json] = {
        "describe-organization": {
            "Organization": {
                "Id": "o-bench00001",
                "MasterAccountId": accounts[0],
                "FeatureSet": "ALL",
            }
        },
        "list-roots": {"Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": kinds}]},
    }
    tops = [f"ou-ab12-top0000{index}" for index in range(5)]
    units = {top: [f"{top}{letter}" for letter in "ab"] for top in tops}
    below = {"r-ab12": tops, **units}
    for parent, children in below.items():
        files[f"list-organizational-units-for-parent.{parent}"] = {
            "OrganizationalUnits": [
                {"Id": child, "Name": f"unit {child[-3:]}"} for child in children
            ]
        }
    leaves = [leaf for children in units.values() for leaf in children]
    homes: dict[str, list[str]] = {leaf: [] for leaf in leaves}
    for account in accounts[1:]:
        homes[seed.choice(leaves)].append(account)
    homes["r-ab12"] = accounts[:1]
    for parent, members in homes.items():
        files[f"list-accounts-for-parent.{parent}"] = {
            "Accounts": [
                {
                    "Id": member,
                    "Arn": f"{prefix}:account/o-bench00001/{member}",
                    "Name": f"account {member[-3:]}",
                }
                for member in members
            ]
        }
    nodes = ["r-ab12", *tops, *leaves]
    summary = {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}
    policies: list[tuple[Json, Json | None, list[str]]] = [(summary, None, [*nodes, *accounts])]
    for index, top in enumerate(tops):
        document = policy(
            statement(
                "Deny",
                "*",
                "*",
                Condition={"StringNotEquals": {"aws:RequestedRegion": [REGION, "us-east-1"]}},
            ),
            statement("Deny", [f"{service}:Delete*" for service in SERVICES[index:]], "*"),
        )
        name = {
            "Id": f"p-guard000{index}",
            "Name": f"Guard{index}",
            "Type": "SERVICE_CONTROL_POLICY",
        }
        policies.append((name, document, [top]))
    for entry, content, targets in policies:
        if content is not None:
            files[f"describe-policy.{entry['Id']}"] = {
                "Policy": {"PolicySummary": entry, "Content": json.dumps(content)}
            }
        files[f"list-targets-for-policy.{entry['Id']}"] = {
            "Targets": [{"TargetId": target} for target in targets]
        }
    files["list-policies.SERVICE_CONTROL_POLICY"] = {
        "Policies": [entry for entry, _, _ in policies]
    }
    always = {"Id": "p-RCPFullAWSAccess", "Name": "RCPFullAWSAccess"}
    files["list-policies.RESOURCE_CONTROL_POLICY"] = {
        "Policies": [{**always, "Type": "RESOURCE_CONTROL_POLICY"}]
    }
    files[f"list-targets-for-policy.{always['Id']}"] = {
        "Targets": [{"TargetId": target} for target in (*nodes, *accounts)]
    }
    files["list-delegated-administrators"] = {"DelegatedAdministrators": []}
    return files


def generate(folder: Path, accounts: int = 50, seed: int = 1) -> None:
    """Write an organization to a folder."""
    numbers = random.Random(seed)
    made = [Account(number, numbers) for number in range(1, accounts + 1)]
    for account in made:
        home = folder / account.id
        (home / REGION).mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(account.details(), 1):
            (home / f"get-account-authorization-details.{number}.json").write_text(json.dumps(page))
        for name, output in account.outputs().items():
            (home / f"{name}.json").write_text(json.dumps(output))
    home = folder / "organizations"
    home.mkdir(exist_ok=True)
    for name, output in organization([account.id for account in made], numbers).items():
        (home / f"{name}.json").write_text(json.dumps(output))


MEASURED = """
import resource, sys, time
sys.path.insert(0, {root!r})
start = time.perf_counter()
from iamsim.importers.frame import import_sources
from iamsim.importers.writing import write_folder
imported = import_sources([{source!r}])
read = time.perf_counter() - start
write_folder(imported.data, {target!r})
both = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"import, sources to plain data                          {{read:8.1f}} s")
print(f"import and write the world                             {{both:8.1f}} s   < 60")
print(f"peak memory                                            {{peak:8.0f}} MB  < 2,048")
print(f"remarks                                                {{len(imported.remarks):8}}")
"""

ASKED = """
import sys, time
sys.path.insert(0, {root!r})
start = time.perf_counter()
import iamsim
world = iamsim.load({world!r})
loaded = time.perf_counter() - start
print(f"load and check, {label:<38} {{loaded:8.1f}} s")
ask = dict(principal="arn:aws:iam::100000000002:role/app/role-5", action="s3:GetObject",
           context={{"aws:RequestedRegion": "eu-west-1", "aws:SecureTransport": "true"}})
resources = [f"arn:aws:s3:::app-{{number}}-100000000002/data.csv" for number in range(40)]
for resource in resources:
    world.decide(resource=resource, **ask)
start = time.perf_counter()
for _ in range(250):
    for resource in resources:
        world.decide(resource=resource, **ask)
each = (time.perf_counter() - start) / 10000
print(f"decide, {label:<46} {{each * 1e6:8.1f}} us")
start = time.perf_counter()
world.explain(resource=resources[0], **ask).to_dict()
print(f"first explanation, {label:<35} {{(time.perf_counter() - start) * 1e3:8.1f}} ms")
"""


def measure(source: Path) -> None:
    """Import in a new process, then ask the whole world and one account of it."""
    root = str(Path(__file__).resolve().parent.parent)
    target = source.parent / f"{source.name}-world"
    script = MEASURED.format(root=root, source=str(source), target=str(target))
    subprocess.run([sys.executable, "-c", script], check=True)
    small = source / "100000000002"
    for world, label in ((target, "the whole organization"), (small, "one account of it")):
        script = ASKED.format(root=root, world=str(world), label=label)
        subprocess.run([sys.executable, "-c", script], check=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder for the files")
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--measure", action="store_true", help="import it, and ask it questions")
    options = parser.parse_args()
    start = time.perf_counter()
    generate(options.out, options.accounts)
    print(f"written in {time.perf_counter() - start:.1f} s: {options.out}")
    if options.measure:
        measure(options.out)


if __name__ == "__main__":
    main()
