"""Two to four lines for every command, as people type them; `--help` shows them."""

from __future__ import annotations

from collections.abc import Mapping

_OBJECT = "arn:aws:s3:::harbor-reports/2026.csv"
_HARBOR = "--world example:harbor"

# By the words of the command; those of `iamsim --help` by none.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": (
        "iamsim demo",
        f"iamsim explain -p deploy -a s3:GetObject -r {_OBJECT} {_HARBOR}",
        "iamsim why MESSAGE policy.json trust.json",
        f"iamsim who-can -a s3:GetObject -r {_OBJECT} {_HARBOR}",
    ),
    "explain": (
        f"iamsim explain -p deploy -a s3:GetObject -r {_OBJECT} {_HARBOR}",
        "iamsim explain -p ARN -a s3:PutObject -r s3://bucket/key --identity-policy policy.json",
        "iamsim why 'User: ... is not authorized to perform: ...' role-policy.json scp.json",
        "aws cloudtrail lookup-events | iamsim why - --world world.yaml",
    ),
    "calls": (
        "iamsim calls 'aws s3 cp report.csv s3://reports/'",
        'iamsim calls lambda UpdateFunctionCode --parameters \'{"FunctionName": "app"}\'',
    ),
    "context": (
        f"iamsim context -p deploy -a s3:GetObject -r {_OBJECT} {_HARBOR}",
        f"iamsim context --influencing -p deploy -a s3:GetObject -r {_OBJECT} {_HARBOR}",
    ),
    "simulate": (
        "iamsim simulate principal-policy --policy-source-arn ARN --action-names s3:GetObject",
        (
            "iamsim simulate custom-policy --policy-input-list file://policy.json"
            " --action-names s3:GetObject"
        ),
    ),
    "simulate principal-policy": (
        (
            "iamsim simulate principal-policy --policy-source-arn"
            f" arn:aws:iam::111122223333:role/deploy --action-names s3:GetObject {_HARBOR}"
        ),
        (
            "iamsim simulate principal-policy --policy-source-arn ARN --action-names s3:GetObject"
            " s3:PutObject --resource-arns ARN --world world.yaml"
        ),
    ),
    "simulate custom-policy": (
        (
            "iamsim simulate custom-policy --policy-input-list file://policy.json"
            " --action-names s3:GetObject"
        ),
        (
            "iamsim simulate custom-policy --policy-input-list file://policy.json --action-names"
            " s3:GetObject --context-entries"
            " ContextKeyName=aws:SourceIp,ContextKeyValues=203.0.113.10,ContextKeyType=ip"
        ),
    ),
    "who-can": (
        f"iamsim who-can -a s3:GetObject -r {_OBJECT} {_HARBOR}",
        f"iamsim who-can 's3:Delete*' {_OBJECT} {_HARBOR} --format csv",
        f"iamsim who-can -a s3:GetObject -r {_OBJECT} {_HARBOR} --via-roles",
    ),
    "what-can": (
        f"iamsim what-can -p deploy {_HARBOR}",
        f"iamsim what-can deploy {_HARBOR} --as-policy --shrink",
    ),
    "access-matrix": (
        f"iamsim access-matrix -a s3:GetObject -a s3:PutObject -r {_OBJECT} {_HARBOR}",
        f"iamsim access-matrix -p '*role/*' -a 's3:Get*' -r {_OBJECT} {_HARBOR} --format html",
    ),
    "findings": (
        f"iamsim findings {_HARBOR}",
        f"iamsim findings {_HARBOR} --fail-on public",
        f"iamsim findings {_HARBOR} --unused --at 2026-11-24",
    ),
    "unused": (
        "iamsim unused --world world.yaml --at 2026-11-24 logs/",
        "iamsim unused --world world.yaml --days 180 --at 2026-11-24",
    ),
    "audit": (
        f"iamsim audit {_HARBOR}",
        f"iamsim audit {_HARBOR} --format html -o audit.html",
    ),
    "paths": (
        f"iamsim paths {_HARBOR}",
        f"iamsim paths {_HARBOR} -p deploy --blocked",
        f"iamsim paths {_HARBOR} -a s3:GetObject -r {_OBJECT} --fail-on any",
    ),
    "collect": (
        "iamsim collect --policy",
        "iamsim collect --profile audit --region eu-west-1 -o dump/",
    ),
    "import": (
        "iamsim import --recipe -o collect.sh",
        "iamsim import dumps/ -o worlds/acme",
        "iamsim import plan.json --account 111122223333 -o worlds/planned",
    ),
    "world": (f"iamsim world show {_HARBOR}", f"iamsim world lint {_HARBOR}"),
    "world show": (f"iamsim world show {_HARBOR}", f"iamsim world show 111122223333 {_HARBOR}"),
    "world tree": (
        f"iamsim world tree {_HARBOR}",
        f"iamsim world tree {_HARBOR} --format svg -o tree.svg",
    ),
    "world trust": (f"iamsim world trust {_HARBOR}", f"iamsim world trust deploy {_HARBOR}"),
    "world lint": (
        f"iamsim world lint {_HARBOR}",
        f"iamsim world lint {_HARBOR} --fail-on warning",
    ),
    "world stats": (
        f"iamsim world stats {_HARBOR}",
        f"iamsim world stats {_HARBOR} --format json",
    ),
    "diff": (
        "iamsim diff before/ after/",
        "iamsim diff main:infra infra",
        f"iamsim diff {_HARBOR} --overlay example:harbor-plan",
        "iamsim diff --world world.yaml --overlay plan.json --fail-on opened",
    ),
    "review": (
        "iamsim review main:infra infra --policies infra --format markdown",
        f"iamsim review {_HARBOR} --overlay example:harbor-plan --fail-on opened",
        "iamsim review plan.json --claims claims.yaml --tests policies -q",
    ),
    "generate": (
        "iamsim generate logs/ -p arn:aws:iam::111122223333:role/deploy",
        "iamsim generate logs/ -p deploy --world world.yaml -q",
    ),
    "replay": (
        f"iamsim replay example:harbor-trail {_HARBOR}",
        "iamsim replay logs/ --world world.yaml --with-policy scp=region-lock.json",
        "iamsim replay logs/ --world world.yaml --overlay plan.json --fail-on denied",
    ),
    "serve": (
        f"iamsim serve {_HARBOR} --port 8080",
        "AWS_ENDPOINT_URL=http://127.0.0.1:8080 aws iam list-roles",
    ),
    "play": (
        "iamsim play",
        "iamsim play --port 8080 --no-browser",
        "iamsim play --build site/play",
    ),
    "lsp": ("iamsim lsp", "iamsim help lsp"),
    "mcp": ("iamsim mcp", "iamsim mcp --folder policies --folder worlds"),
    "report": (
        f"iamsim report {_HARBOR} -o account.html",
        f"iamsim report {_HARBOR} --at 2026-11-24 -o account.md",
    ),
    "check": (
        "iamsim check no-new-access before.json after.json",
        "iamsim check claims claims.yaml --world world.yaml",
    ),
    "check no-new-access": (
        "iamsim check no-new-access before.json after.json",
        "iamsim check no-new-access ReadOnlyAccess policy.json",
    ),
    "check access-not-granted": (
        "iamsim check access-not-granted policy.json -a iam:PassRole",
        "iamsim check access-not-granted policy.json -a 's3:Put*' -r 'arn:aws:s3:::reports/*'",
    ),
    "check no-public-access": (
        "iamsim check no-public-access bucket-policy.json --resource-type AWS::S3::Bucket",
        "iamsim check no-public-access queue.json --resource-type AWS::SQS::Queue --format json",
    ),
    "check equivalent": (
        "iamsim check equivalent old.json new.json",
        "iamsim check equivalent old-trust.json new-trust.json --type trust",
    ),
    "check ever": (
        f"iamsim check ever iam:CreateUser {_HARBOR}",
        "iamsim check ever kms:ScheduleKeyDeletion --world world.yaml --format json",
    ),
    "check claims": (
        "iamsim check claims claims.yaml --world world.yaml",
        "iamsim check claims claims.yaml --before main/ --after branch/",
    ),
    "validate": (
        "iamsim validate policies/",
        "iamsim validate bucket-policy.json --type resource --resource-type AWS::S3::Bucket",
        "iamsim validate policies/ --fail-on warning --format sarif -o findings.sarif",
        "iamsim validate policies/ --fix",
    ),
    "test": (
        "iamsim test",
        "iamsim test suites/ -k reports --cov",
        "iamsim test --init --world world.yaml > first.iamtest.yaml",
    ),
    "schema": (
        "iamsim schema world -o world.schema.json",
        "iamsim schema scenario -o scenario.schema.json",
    ),
    "catalog": ("iamsim catalog show s3:GetObject", "iamsim catalog search get object"),
    "catalog show": ("iamsim catalog show s3:GetObject", "iamsim catalog show aws:SourceIp"),
    "catalog search": ("iamsim catalog search get object", "iamsim catalog search source vpc"),
    "catalog services": ("iamsim catalog services", "iamsim catalog services -q"),
    "catalog version": ("iamsim catalog version", "iamsim catalog version --format json"),
    "catalog refresh": (
        "iamsim catalog refresh service-reference/ -o catalog.json",
        "IAMSIM_CATALOG=catalog.json iamsim catalog version",
    ),
    "managed": ("iamsim managed list '*ReadOnly*'", "iamsim managed show ReadOnlyAccess"),
    "managed list": ("iamsim managed list", "iamsim managed list '*ReadOnly*'"),
    "managed show": (
        "iamsim managed show ReadOnlyAccess",
        "iamsim managed show arn:aws:iam::aws:policy/ReadOnlyAccess -q",
    ),
    "managed version": ("iamsim managed version", "iamsim managed version --format json"),
    "learn": ("iamsim learn", "iamsim learn 3", "iamsim learn 3-7 --questions"),
    "docs": (
        "iamsim docs tutorial",
        "iamsim docs explain-an-access-denied",
        "iamsim docs invalid-arn",
    ),
    "demo": ("iamsim demo", "iamsim demo --list"),
}
