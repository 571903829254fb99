"""Hold `iamsim audit` against Prowler's checks of IAM, on one account in moto's server.

    python scripts/compare_prowler.py FOLDER [--prowler PROGRAM | --ocsf FILE]

makes the account in the server, lets PROGRAM (an installed Prowler; it is no dependency of ours)
check its service `iam`, lets `iamsim collect`, `import` and `audit` look at the same account, and
prints what each finds where both look at the same thing: the table of
`docs/how-to/audit-an-account.md`. Everything that they write is in FOLDER. `--ocsf` is what a
Prowler has written of that account before. Needs boto3 and moto. Nothing is sent elsewhere.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

ACCOUNT, REGION = "123456789012", "us-east-1"
# Prowler's checks by ours that look at the same thing.
SAME = {
    "console-user-without-mfa": ("iam_user_mfa_enabled_console_access",),
    "key-of-console-user": ("iam_user_no_setup_initial_access_key",),
    "two-active-access-keys": ("iam_user_two_active_access_key",),
    "access-key-old": ("iam_rotate_access_key_90_days",),
    "access-key-unused": ("iam_user_accesskey_unused",),
    "password-unused": ("iam_user_console_access_unused",),
    "no-federation": ("iam_check_saml_providers_sts",),
    "password-policy": (
        "iam_password_policy_minimum_length_14",
        "iam_password_policy_reuse_24",
    ),
    "policy-on-user": ("iam_policy_attached_only_to_group_or_roles",),
    "full-service-access": (
        "iam_customer_attached_policy_no_administrative_privileges",
        "iam_policy_no_full_access_to_kms",
        "iam_policy_no_full_access_to_cloudtrail",
        "iam_policy_no_wildcard_marketplace_subscribe",
    ),
    "administrator": (
        "iam_role_administratoraccess_policy",
        "iam_user_administrator_access_policy",
        "iam_no_custom_policy_permissive_role_assumption",
    ),
    "escalation-path": ("iam_policy_allows_privilege_escalation",),
    "service-trust-without-source": ("iam_role_cross_service_confused_deputy_prevention",),
    "mfa-not-phishing-resistant": ("iam_user_hardware_mfa_enabled",),
    "no-support-role": ("iam_support_role_created",),
}
POLICIES: dict[str, list[str]] = {
    "Everything": ["*"],
    "Escalates": ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"],
    "KmsAll": ["kms:*"],
    "Unattached": ["s3:GetObject"],
    "Reader": ["s3:GetObject"],
}
ROOT, STRANGER = f"arn:aws:iam::{ACCOUNT}:root", "arn:aws:iam::999999999999:root"
ROLES: dict[str, tuple[dict[str, str], str]] = {
    "admin": ({"Service": "ec2.amazonaws.com"}, "Everything"),
    "keys": ({"Service": "lambda.amazonaws.com"}, "KmsAll"),
    "sns": ({"Service": "sns.amazonaws.com"}, "Reader"),
    "public": ({"AWS": "*"}, "Reader"),
    "vendor": ({"AWS": STRANGER}, "Reader"),
    "saml": ({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"}, "Reader"),
    "inner": ({"AWS": ROOT}, "Reader"),
}
PASSWORD = "Correct-Horse-1"  # noqa: S105 - of a user in moto's server


def document(**statement: object) -> str:
    """A policy of one Allow, as a text."""
    entry = {"Effect": "Allow", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [entry]})


def make_account(iam: Any) -> None:  # noqa: ANN401 - a client of boto3 has no type
    """Make the users, roles and policies."""
    arns = {}
    for name, actions in POLICIES.items():
        everywhere = actions != ["s3:GetObject"]
        text = document(Action=actions, Resource="*" if everywhere else "arn:aws:s3:::reports/*")
        arns[name] = iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]
    for name, keys in {"ana": 1, "ben": 0, "ci": 2, "dan": 0}.items():
        iam.create_user(UserName=name)
        for _ in range(keys):
            iam.create_access_key(UserName=name)
    for name in ("ana", "ben"):
        iam.create_login_profile(UserName=name, Password=PASSWORD)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ben")["VirtualMFADevice"]
    iam.enable_mfa_device(
        UserName="ben",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )
    iam.create_group(GroupName="developers")
    iam.attach_group_policy(GroupName="developers", PolicyArn=arns["Escalates"])
    iam.add_user_to_group(GroupName="developers", UserName="ben")
    iam.attach_user_policy(UserName="ci", PolicyArn=arns["Everything"])
    inline = document(Action="s3:*", Resource="*")
    iam.put_user_policy(UserName="ci", PolicyName="inline", PolicyDocument=inline)
    for name, (principal, policy) in ROLES.items():
        action = "sts:AssumeRoleWithSAML" if "Federated" in principal else "sts:AssumeRole"
        trust = document(Principal=principal, Action=action)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=name, PolicyArn=arns[policy])


def run(command: list[str], environment: dict[str, str], *codes: int) -> None:
    """Run a program, which ends with 0 or one of some codes."""
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode not in {0, *codes}:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}")


def prowler_finds(folder: Path, program: str, environment: dict[str, str]) -> Path:
    """Let Prowler check the service, and give the file that it wrote."""
    written = folder / "prowler"
    asked = ["aws", "--services", "iam", "-f", REGION, "-M", "json-ocsf", "-o", str(written), "-b"]
    run([program, *asked], environment, 3)  # 3: something was found
    return next(written.glob("*.ocsf.json"))


def ours(folder: Path, environment: dict[str, str]) -> dict[str, set[str]]:
    """What `iamsim audit` finds, by check."""
    collected, world, audit = (str(folder / name) for name in ("collected", "world", "audit.json"))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    iamsim = [sys.executable, "-m", "iamsim"]
    run([*iamsim, "collect", "--region", REGION, "-o", collected, "--quiet"], environment, 1)
    run([*iamsim, "import", collected, "-o", world, "--quiet"], environment)
    asked = ["audit", "--world", world, "--at", now, "--format", "json", "-o", audit, "--quiet"]
    run([*iamsim, *asked], environment)
    found: dict[str, set[str]] = {}
    for heading in json.loads(Path(audit).read_text("utf-8"))["headings"]:
        for finding in heading["findings"]:
            found.setdefault(finding["id"], set()).add(short(finding["subject"]))
    return found


def theirs(file: Path) -> dict[str, set[str]]:
    """What Prowler finds, by check."""
    found: dict[str, set[str]] = {}
    for entry in json.loads(file.read_text("utf-8")):
        some = found.setdefault(entry["metadata"]["event_code"], set())
        if entry["status_code"] == "FAIL":
            some |= {short(resource["uid"]) for resource in entry["resources"]}
    return found


def short(subject: str) -> str:
    """The name at the end of an ARN."""
    return subject.rpartition("/")[2].rpartition(":")[2]


def main() -> None:
    """Make the account, ask both, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prowler", default="prowler")
    parser.add_argument("--ocsf", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # a line for each call
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }
    os.environ.update(environment)
    make_account(boto3.client("iam"))
    file = options.ocsf or prowler_finds(options.folder, options.prowler, environment)
    there, here = theirs(file), ours(options.folder, environment)
    server.stop()
    print("| Prowler | here | Prowler finds | here |\n|---|---|---|---|")
    for check, checks in SAME.items():
        for other in checks:
            found = ", ".join(sorted(there.get(other, ()))) or "nothing"
            if other not in there:
                found = "not checked"
            own = ", ".join(sorted(here.get(check, ()))) or "nothing"
            print(f"| `{other}` | `{check}` | {found} | {own} |")


if __name__ == "__main__":
    main()
