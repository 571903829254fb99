"""Frameworks: which checks answer for which of their controls, by the ids of the controls.

The ids are facts of the pages that each framework names; tests hold them against the lists of
`tests/data/framework_ids.yaml`, which have a source and a date. What a control asks for stands here
in our words. Which controls about access are out of scope is said, with the reason; controls about
other things are not listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from iamsim.audit.languages import said
from iamsim.audit.model import Audit, CheckResult, Finding, Status, kind_of

CIS = "https://docs.aws.amazon.com/securityhub/latest/userguide/cis-aws-foundations-benchmark.html"
FSBP = "https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html"
WELL_ARCHITECTED = "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/identity-and-access-management.html"
NO_FILE = "no file that `iamsim import` reads says it"
NOT_ACCESS = "no question of access"
NO_CONTACT = f"whether the contact details are current: {NO_FILE}"
NO_QUESTIONS = f"security questions of the root user: {NO_FILE}"
NO_CERTIFICATES = f"when server certificates expire: {NO_FILE}"
NO_MFA_DELETE = f"MFA Delete of a bucket: {NO_FILE}"
NO_CLASSES = f"what data buckets hold: {NO_FILE}"
SIGN_IN_BY_IAM = f"whether people sign in to databases by IAM: {NO_FILE}"
STORED = f"encryption, updates, placement and networks of stored data: {NOT_ACCESS}"
NETWORKS = f"networks and instances: {NOT_ACCESS}"
_LOGS_AND_ALARMS = {
    "3.1 to 3.9": f"what is logged: {NOT_ACCESS}; who can switch it off: `guardrail-cloudtrail`",
    "4.1 to 4.16": f"alarms: {NOT_ACCESS}",
}
# A control about root users alone, whose second check is about everybody with a device.
ROOT_HARDWARE = ("root-without-mfa", "mfa-not-phishing-resistant")
# What a finding says of a policy that gives every action.
_gives_all = re.compile(r"\b(?:allows|gives) \*(?:,| on)").search
_of_s3 = re.compile(r"\bs3\.amazonaws\.com\b").search


class _Part(NamedTuple):
    """What of the checks of a control is about it: subjects of these kinds (see `kind_of`; without
    any, all), and findings that say something, of all checks or of some."""

    kinds: tuple[str, ...] = ()
    says: Callable[[str], object] | None = None
    of: tuple[str, ...] = ()


# AWS's controls look at one type of resource each, and at customer managed policies where no other
# is named: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
_PARTS = {
    "fsbp": {
        "DocumentDB.3": _Part(("rds:cluster-snapshot",)),
        "EC2.1": _Part(("ec2:snapshot",)),
        "IAM.1": _Part(("iam:policy",), _gives_all),
        "IAM.21": _Part(("iam:policy",)),
        "KMS.5": _Part(("kms:key",)),
        "Lambda.1": _Part(("lambda:function",), _of_s3, ("service-trust-without-source",)),
        "Neptune.3": _Part(("rds:cluster-snapshot",)),
        "RDS.1": _Part(("rds:snapshot", "rds:cluster-snapshot")),
        "S3.2": _Part(("s3",)),
        "S3.3": _Part(("s3",)),
        "S3.6": _Part(("s3",)),
        "SNS.4": _Part(("sns",)),
        "SQS.3": _Part(("sqs",)),
    },
    "cis-aws-3.0": {"1.16": _Part((), _gives_all)},
    "cis-aws-5.0": {"1.15": _Part((), _gives_all)},
}


# The controls of the standard by what stands before their numbers, with whether some of them are
# named one by one.
# https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
_FSBP_OTHERS: dict[str, dict[str, bool]] = {
    f"certificates, logs, encryption and firewalls of what is delivered: {NOT_ACCESS}": {
        **dict.fromkeys(("ACM", "AppSync", "CloudFront", "ELB", "Route53", "WAF"), False),
        **dict.fromkeys(("NetworkFirewall", "PrivateCertificateAuthority"), False),
        "APIGateway": True,
    },
    STORED: {
        **dict.fromkeys(("Athena", "Backup", "DMS", "DynamoDB", "EFS", "ElastiCache"), False),
        **dict.fromkeys(("ES", "FSx", "Kinesis", "MSK", "Redshift"), False),
        **dict.fromkeys(("DocumentDB", "Neptune", "OpenSearch", "RDS", "S3"), True),
        **dict.fromkeys(("SNS", "SQS"), True),
    },
    f"settings of instances, containers, jobs and functions: {NOT_ACCESS}": {
        **dict.fromkeys(("AutoScaling", "CloudFormation", "CodeBuild", "ECR", "ECS"), False),
        **dict.fromkeys(("EKS", "EMR", "ElasticBeanstalk", "SageMaker", "StepFunctions"), False),
        **dict.fromkeys(("Cognito", "EC2", "Lambda", "SSM"), True),
    },
    f"what is logged: {NOT_ACCESS}; who can switch it off: `guardrail-cloudtrail`": {
        "CloudTrail": False
    },
    f"whether it is on: {NOT_ACCESS}; who can switch it off: `guardrail-config`": {"Config": False},
    f"whether it is on: {NOT_ACCESS}; who can switch it off: `guardrail-guardduty`": {
        "GuardDuty": False
    },
    f"whether it is on: {NOT_ACCESS}": {"Macie": False},
    f"whether keys and secrets are rotated or about to be deleted: {NO_FILE}": {
        "KMS": True,
        "SecretsManager": False,
    },
    "further ones stand in Prowler's list of the standard, and are of others in AWS's": {
        "IAM": True
    },
}


class Framework(NamedTuple):
    """A framework: `controls` by id with the checks that answer for them, `titles` in our words."""

    title: str
    see: str
    controls: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]
    out_of_scope: Mapping[str, str]


class Control(NamedTuple):
    """A control with the results of its checks; without any, what puts it out of scope."""

    id: str
    title: str
    checks: tuple[CheckResult, ...]
    out_of_scope: str = ""

    @property
    def status(self) -> Status:
        """The worst of its checks."""
        found = {check.status for check in self.checks}
        for status in (Status.FAIL, Status.UNKNOWN, Status.PASS):
            if status in found:
                return status
        return Status.NOT_APPLICABLE


_TITLES = {
    "contact": "a security contact is registered",
    "root-keys": "root users have no access keys",
    "root-mfa": "root users have MFA",
    "root-hardware": "the MFA of root users is a device",
    "root-use": "root users are not used from day to day",
    "length": "passwords have 14 characters or more",
    "reuse": "passwords are not used again",
    "mfa": "users with a password have MFA",
    "setup": "users with a password have no access keys",
    "unused": "credentials not used for long are gone",
    "one-key": "users have one active key",
    "age": "access keys are updated every 90 days",
    "groups": "users have permissions by groups",
    "administrator": "no policy gives every action on everything",
    "instances": "instances call AWS with roles (seen from the keys of users)",
    "support": "somebody can manage incidents with AWS Support",
    "cloud-shell": "nobody has AWSCloudShellFullAccess",
    "analyzer": "there is an analyzer for external access",
    "federation": "people are managed in one place",
    "tls": "buckets take requests with TLS only",
    "block": "S3 Block Public Access is on",
}


def _cis(numbers: Mapping[str, str]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The controls of a version of the benchmark, by what each is about."""
    checks = {
        "contact": ("security-contact",),
        "root-keys": ("root-access-key",),
        "root-mfa": ("root-without-mfa",),
        "root-hardware": ROOT_HARDWARE,
        "root-use": ("root-used-lately",),
        "length": ("password-policy",),
        "reuse": ("password-policy",),
        "mfa": ("console-user-without-mfa",),
        "setup": ("key-of-console-user",),
        "unused": ("password-unused", "access-key-unused"),
        "one-key": ("two-active-access-keys",),
        "age": ("access-key-old",),
        "groups": ("policy-on-user",),
        "administrator": ("full-service-access", "aws-managed-policy-wide"),
        "instances": ("workload-user",),
        "analyzer": ("external-access-analyzer",),
        "support": ("no-support-role",),
        "cloud-shell": ("cloudshell-full-access",),
        "federation": ("no-federation", "console-user"),
        "tls": ("bucket-without-tls",),
        "block": ("account-public-access-block",),
    }
    return (
        {number: checks[about] for number, about in numbers.items()},
        {number: _TITLES[about] for number, about in numbers.items()},
    )


_CIS_3 = _cis(
    {
        "1.2": "contact",
        "1.4": "root-keys",
        "1.5": "root-mfa",
        "1.6": "root-hardware",
        "1.7": "root-use",
        "1.8": "length",
        "1.9": "reuse",
        "1.10": "mfa",
        "1.11": "setup",
        "1.12": "unused",
        "1.13": "one-key",
        "1.14": "age",
        "1.15": "groups",
        "1.16": "administrator",
        "1.17": "support",
        "1.18": "instances",
        "1.20": "analyzer",
        "1.21": "federation",
        "1.22": "cloud-shell",
        "2.1.1": "tls",
        "2.1.4": "block",
    }
)
_CIS_5 = _cis(
    {
        "1.2": "contact",
        "1.3": "root-keys",
        "1.4": "root-mfa",
        "1.5": "root-hardware",
        "1.6": "root-use",
        "1.7": "length",
        "1.8": "reuse",
        "1.9": "mfa",
        "1.10": "setup",
        "1.11": "unused",
        "1.12": "one-key",
        "1.13": "age",
        "1.14": "groups",
        "1.15": "administrator",
        "1.16": "support",
        "1.17": "instances",
        "1.19": "analyzer",
        "1.20": "federation",
        "1.21": "cloud-shell",
        "2.1.1": "tls",
        "2.1.4": "block",
    }
)
_NO_BOUNDARIES = "(AWS spares those used as boundaries)"
_UNUSED_45 = " (its 45 days: `unused-days = 45` in the configuration)"
FRAMEWORKS = {
    "cis-aws-3.0": Framework(
        "CIS AWS Foundations Benchmark 3.0",
        CIS,
        _CIS_3[0],
        {**_CIS_3[1], "1.12": _CIS_3[1]["1.12"] + _UNUSED_45},
        {
            "1.1": NO_CONTACT,
            "1.3": NO_QUESTIONS,
            "1.19": NO_CERTIFICATES,
            "2.1.2": NO_MFA_DELETE,
            "2.1.3": NO_CLASSES,
            "2.2.1 to 2.4.1": STORED,
            **_LOGS_AND_ALARMS,
            "5.1 to 5.6": NETWORKS,
        },
    ),
    "cis-aws-5.0": Framework(
        "CIS AWS Foundations Benchmark 5.0",
        CIS,
        _CIS_5[0],
        {**_CIS_5[1], "1.11": _CIS_5[1]["1.11"] + _UNUSED_45},
        {
            "1.1": NO_CONTACT,
            "1.18": NO_CERTIFICATES,
            "2.1.2": NO_MFA_DELETE,
            "2.1.3": NO_CLASSES,
            "2.2.1 to 2.3.1": STORED,
            **_LOGS_AND_ALARMS,
            "5.1.1 to 5.7": NETWORKS,
        },
    ),
    "fsbp": Framework(
        "AWS Foundational Security Best Practices",
        FSBP,
        {
            "Account.1": ("security-contact",),
            "DocumentDB.3": ("public-access",),
            "EC2.1": ("public-access",),
            "IAM.1": ("full-service-access",),
            "IAM.2": ("policy-on-user",),
            "IAM.3": ("access-key-old",),
            "IAM.4": ("root-access-key",),
            "IAM.5": ("console-user-without-mfa",),
            "IAM.6": ROOT_HARDWARE,
            "IAM.7": ("password-policy",),
            "IAM.8": ("password-unused", "access-key-unused"),
            "IAM.21": ("full-service-access",),
            "KMS.5": ("public-access",),
            "Lambda.1": ("public-access", "service-trust-without-source"),
            "Neptune.3": ("public-access",),
            "RDS.1": ("public-access",),
            "S3.1": ("account-public-access-block",),
            "S3.2": ("public-access",),
            "S3.3": ("public-access",),
            "S3.5": ("bucket-without-tls",),
            "S3.6": ("cross-account-access",),
            "SNS.4": ("public-access",),
            "SQS.3": ("public-access",),
        },
        {
            "Account.1": _TITLES["contact"],
            "DocumentDB.3": "snapshots of clusters are not public (here: of every engine)",
            "EC2.1": "snapshots of volumes are not public",
            "IAM.1": "no customer managed policy gives every action on everything"
            f" {_NO_BOUNDARIES}",
            "IAM.2": f"{_TITLES['groups']} (AWS spares those that SES made)",
            "IAM.3": _TITLES["age"],
            "IAM.4": _TITLES["root-keys"],
            "IAM.5": _TITLES["mfa"],
            "IAM.6": _TITLES["root-hardware"],
            "IAM.7": "passwords are long and not used again (AWS: 8 characters of all kinds)",
            "IAM.8": _TITLES["unused"],
            "IAM.21": "no customer managed policy gives whole services (here: on all resources)"
            f" {_NO_BOUNDARIES}",
            "KMS.5": "keys are not public",
            "Lambda.1": "functions are not public, nor called by Amazon S3 for anybody",
            "Neptune.3": "snapshots of clusters are not public (here: of every engine)",
            "RDS.1": "snapshots of databases are not public",
            "S3.1": _TITLES["block"],
            "S3.2": "nobody reads buckets publicly (here: nor writes)",
            "S3.3": "nobody writes to buckets publicly (here: nor reads)",
            "S3.5": _TITLES["tls"],
            "S3.6": "nobody outside gets into buckets (AWS: five actions of any account)",
            "SNS.4": "topics are not public",
            "SQS.3": "queues are not public",
        },
        {
            "APIGateway.8": f"whom routes ask for authorization: {NO_FILE}",
            "Cognito.2": NO_FILE,
            "EventBridge.3": "ask `iamsim who-can events:PutEvents BUS`",
            "KMS.1": "ask `iamsim who-can kms:Decrypt KEY`",
            "KMS.2": "ask `iamsim who-can kms:Decrypt KEY`",
            "Neptune.7": SIGN_IN_BY_IAM,
            "OpenSearch.7": f"who may do what inside of a domain: {NO_FILE}",
            "RDS.10": SIGN_IN_BY_IAM,
            "RDS.12": SIGN_IN_BY_IAM,
            "S3.8": "a bucket's settings count in `public-access`; S3.1 asks for the account's",
            "S3.12": NO_FILE,
            "S3.19": "the settings of an access point count in `public-access`",
            "S3.24": NO_FILE,
            "SSM.4": NO_FILE,
            "SSM.7": NO_FILE,
            "ServiceCatalog.1": NO_FILE,
            **{
                f"{service}, {'others' if some else 'all'}": why
                for why, services in _FSBP_OTHERS.items()
                for service, some in services.items()
            },
        },
    ),
    "well-architected": Framework(
        "AWS Well-Architected Framework, security pillar",
        WELL_ARCHITECTED,
        {
            "SEC01-BP01": ("no-service-control-policy",),
            "SEC01-BP02": (
                *("root-access-key", "root-without-mfa", "root-used-lately"),
                *("root-credentials-of-members", "security-contact"),
                *("guardrail-root-user", "guardrail-root-access-keys"),
            ),
            "SEC02-BP01": (
                *("root-without-mfa", "console-user-without-mfa", "password-policy"),
                *("mfa-not-phishing-resistant", "mfa-device-retired"),
                "mfa-condition-forgets-keys",
            ),
            "SEC02-BP02": (
                *("workload-user", "key-of-console-user", "aws-login-denied", "root-access-key"),
                *("service-specific-credential", "ssh-public-key", "signing-certificate"),
                "roles-anywhere-trust",
            ),
            "SEC02-BP04": (
                *("console-user", "no-federation", "user-unused", "password-unused"),
                "access-key-unused",
            ),
            "SEC02-BP05": (
                *("access-key-old", "two-active-access-keys", "access-key-never-used"),
                *("access-key-unused", "password-unused", "console-user-without-mfa"),
                *("user-unused", "role-unused", "permissions-unused", "service-never-used"),
            ),
            "SEC02-BP06": ("policy-on-user", "statement-without-tags"),
            "SEC03-BP01": (
                *("console-user", "no-federation", "workload-user", "key-of-console-user"),
                *("aws-login-denied", "access-key-unused", "policy-on-user"),
            ),
            "SEC03-BP02": (
                *("administrator", "escalation-path", "full-service-access", "policy-on-user"),
                *("aws-managed-policy-wide", "policy-to-generate", "root-used-lately"),
                *("role-unused", "user-unused", "permissions-unused", "statement-without-tags"),
                *("no-service-control-policy", "guardrail-root-user"),
                "delegation-without-boundary",
            ),
            "SEC03-BP04": (
                *("administrator", "full-service-access"),
                *("role-unused", "user-unused", "password-unused", "access-key-unused"),
                *("permissions-unused", "service-never-used", "policy-unattached"),
                *("policy-to-generate", "unused-access-analyzer", "external-access-analyzer"),
            ),
            "SEC03-BP05": (
                *("no-service-control-policy", "no-resource-control-policy"),
                *("guardrail-leave-organization", "guardrail-cloudtrail", "guardrail-config"),
                *("guardrail-guardduty", "guardrail-access-analyzer", "guardrail-root-user"),
                *("guardrail-root-access-keys", "guardrail-regions", "control-tower-preventive"),
                *("control-tower-elective", "root-credentials-of-members"),
                *("privileged-role-without-mfa", "statement-without-organization"),
                *("delegation-without-boundary", "boundary-removable", "boundary-editable"),
            ),
            "SEC03-BP06": (
                *("user-unused", "role-unused", "password-unused", "access-key-unused"),
                *("no-federation", "policy-on-user", "administrator"),
            ),
            "SEC03-BP07": (
                *("public-access", "cross-account-access", "external-access-analyzer"),
                *("account-public-access-block", "access-between-accounts"),
            ),
            "SEC03-BP08": (
                *("access-between-accounts", "statement-without-organization"),
                *("perimeter-identities", "perimeter-resources", "perimeter-networks"),
            ),
            "SEC03-BP09": ("external-id-missing", "cross-account-access"),
            "SEC08-BP04": ("public-access", "account-public-access-block"),
            "SEC09-BP02": ("bucket-without-tls", "resource-without-tls"),
        },
        {
            "SEC01-BP01": "workloads stand in accounts with guardrails",
            "SEC01-BP02": "the root user is protected",
            "SEC02-BP01": "sign-in is strong (not seen: sign-in at providers, suspicious sign-ins)",
            "SEC02-BP02": "credentials are temporary (not seen: keys in code, and who shares one)",
            "SEC02-BP04": "one identity provider",
            "SEC02-BP05": "credentials are audited and rotated (not asked: new passwords)",
            "SEC02-BP06": "groups and attributes",
            "SEC03-BP01": "access requirements are defined (seen: long-term credentials, and"
            " permissions of single users)",
            "SEC03-BP02": "least privilege",
            "SEC03-BP04": "permissions are reduced continuously",
            "SEC03-BP05": "guardrails for the organization",
            "SEC03-BP06": "access follows the life of identities (seen: what is left unused; not"
            " seen: who joins, moves and leaves at the provider)",
            "SEC03-BP07": "public and cross-account access is analyzed",
            "SEC03-BP08": "resources are shared securely in the organization",
            "SEC03-BP09": "resources are shared securely with third parties (not seen: who has a"
            " key, and external ids used twice)",
            "SEC08-BP04": "access to stored data is controlled (here: nothing is public)",
            "SEC09-BP02": "requests are encrypted in transit",
        },
        {
            "SEC01-BP03 to BP08": "how people work, and tools of other kinds",
            "SEC02-BP03": "where secrets are stored no policy says; who reads one:"
            " `iamsim who-can secretsmanager:GetSecretValue SECRET`",
            "SEC03-BP03": "how people get access in an emergency is a process",
            "SEC04 to SEC11": f"detection, networks, data, incidents, applications: {NOT_ACCESS}"
            " but in SEC08-BP04 and SEC09-BP02",
        },
    ),
}


def controls_of(framework: Framework, check: str) -> list[str]:
    """The controls for which a check answers."""
    return [control for control, checks in framework.controls.items() if check in checks]


def _narrowed(result: CheckResult, part: _Part) -> CheckResult:
    """What a check says of a part of its subjects; accounts that list none of these services, and
    what is lost, stay open."""
    services = {kind.partition(":")[0] for kind in part.kinds}
    says = part.says if not part.of or result.check in part.of else None

    def is_about(subject: str) -> bool:
        return not part.kinds or kind_of(subject) in part.kinds

    passed = sum(
        count for kind, count in result.passed_kinds.items() if not part.kinds or kind in part.kinds
    )
    findings = [finding for finding in result.findings if is_about(finding.subject)]
    kept = [finding for finding in findings if says is None or says(_english(finding))]
    return replace(
        result,
        findings=kept,
        gaps=[
            gap
            for gap in result.gaps
            if (is_about(gap.subject) or not kind_of(gap.subject))
            and (not gap.services or not services or services & {*gap.services})
        ],
        suppressed=[entry for entry in result.suppressed if is_about(entry.finding.subject)],
        passed=passed + len(findings) - len(kept),
    )


def _english(finding: Finding) -> str:
    return finding.english or finding.detail


def _of_roots(result: CheckResult) -> CheckResult:
    """What a check says of root users, and of what is lost."""
    return replace(
        result,
        findings=[finding for finding in result.findings if finding.subject.endswith(":root")],
        gaps=[gap for gap in result.gaps if ":user/" not in gap.subject],
    )


def view_of(framework: Framework, audit: Audit) -> list[Control]:
    """Every control with its results, then those that are out of scope, in the audit's language."""
    results = {check.check: check for check in audit.checks}
    parts = next(
        (_PARTS.get(name, {}) for name, value in FRAMEWORKS.items() if value is framework), {}
    )
    controls = []
    for control, checks in framework.controls.items():
        some = [results[check] for check in checks if check in results]
        if checks is ROOT_HARDWARE:
            some = list(map(_of_roots, some))
        elif control in parts:
            some = [_narrowed(result, parts[control]) for result in some]
        controls.append(Control(control, framework.titles.get(control, ""), tuple(some)))
    controls += [Control(control, "", (), why) for control, why in framework.out_of_scope.items()]
    say = partial(said, audit)
    return [
        control._replace(title=say(control.title), out_of_scope=say(control.out_of_scope))
        for control in controls
    ]
