"""Resources whose access a policy elsewhere decides too, or one of their own alone: dated rows.

State: 2026-11. What stands in front of another in an ARN has a policy that covers what is behind
(a bucket its objects, a table its indexes) unless a row says otherwise.
"""

from __future__ import annotations

import re
from functools import cache

from iamsim.core.arn import Arn, find_arn
from iamsim.core.data_class import NamedTuple

GLUE = "https://docs.aws.amazon.com/glue/latest/dg/glue-resource-policies.html"
TABLES = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-resource-based-policies.html"
)
BUSES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html"
SCHEMAS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-resource-based-schemas.html"
STREAMS = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html"
CONSUMERS = "https://docs.aws.amazon.com/streams/latest/dev/controlling-access.html"
LOGS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html"
PACKAGES = "https://docs.aws.amazon.com/codeartifact/latest/ug/repo-policies.html"
DOMAINS = "https://docs.aws.amazon.com/codeartifact/latest/ug/domain-policies.html"
REGISTRY = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html"


# What samples and messages of AWS name for calls to which the service reference gives no resource:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
ABOUT_ALL = {
    "logs:describeloggroups": ("logs", "log-group::log-stream:"),
    "s3:listallmybuckets": ("s3", "*"),
}


class Containment(NamedTuple):
    """One row: resources of a service, by a pattern of the last part of their ARNs.

    `container` is the last part of the ARN whose policy counts together with their own; `None`
    where only a policy of their own counts. With `services_only` it binds AWS services alone,
    `actions` (in lower case) are those that it is about, all where there are none.
    """

    service: str
    pattern: str
    container: str | None
    page: str
    services_only: bool = False
    actions: frozenset[str] = frozenset()

    def concerns(self, action: str, *, is_service: bool) -> bool:
        """Whether the container's policy is asked about a call."""
        about = not self.actions or action in self.actions
        return self.container is not None and about and (is_service or not self.services_only)


CONTAINERS = (
    Containment("s3tables", r"bucket/(?P<bucket>[^/]+)/table/.+", r"bucket/\g<bucket>", TABLES),
    Containment(
        "glue",
        r"(?:database|table|tableVersion|userDefinedFunction|connection)/.+",
        "catalog",
        GLUE,
    ),
    Containment("events", r"rule/(?P<bus>[^/]+(?:/[^/]+)*)/[^/]+", r"event-bus/\g<bus>", BUSES),
    Containment("events", r"rule/[^/]+", "event-bus/default", BUSES),
    Containment("schemas", r"schema/(?P<registry>[^/]+)/.+", r"registry/\g<registry>", SCHEMAS),
    Containment(
        "codeartifact",
        r"package/(?P<repository>[^/]+/[^/]+)/.+",
        r"repository/\g<repository>",
        PACKAGES,
    ),
    Containment(
        "codeartifact",
        r"repository/(?P<domain>[^/]+)/.+",
        r"domain/\g<domain>",
        DOMAINS,
        actions=frozenset({"codeartifact:createrepository", "codeartifact:tagresource"}),
    ),
    Containment("dynamodb", r"table/[^/]+/(?:stream|backup|export|import)/.+", None, STREAMS),
    Containment("kinesis", r"[^/]+/[^/]+/consumer/.+", None, CONSUMERS),
    Containment(
        "logs",
        r"log-group:.+",
        "log-group",
        LOGS,
        services_only=True,
        actions=frozenset({"logs:createlogstream", "logs:putlogevents"}),
    ),
    Containment(
        "ecr",
        r"repository/.+",
        "registry",
        REGISTRY,
        actions=frozenset(
            {"ecr:batchimportupstreamimage", "ecr:createrepository", "ecr:replicateimage"}
        ),
    ),
)


# Services whose policies are about what they are attached to and what lies in it, as ARNs say it:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
OWN_POLICIES = frozenset({"kms", "s3", "secretsmanager", "sns", "sqs"})


# Services that save no policy that names another resource than the one that has it:
# https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
ABOUT_THEMSELVES = frozenset({"lambda", "s3", "sns", "sqs"})


# Services that ask for an action on a resource, on what it lies in, and so on up to the root:
# https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
ANCESTORS_ASKED = frozenset({"glue"})


def is_asked_with_ancestors(resource: str) -> bool:
    """Say whether AWS asks for a call on a resource (its ARN) on what it lies in as well."""
    arn = find_arn(resource)
    return arn is not None and arn.service in ANCESTORS_ASKED and containment_of(arn) is not None


# Resources whose tags are those of what stands in front of them: versions and aliases of functions.
# https://docs.aws.amazon.com/lambda/latest/dg/attribute-based-access-control.html
TAGGED_AS = re.compile(r"(arn:[^:]*:lambda:[^:]*:[^:]*:function:[^:]+):[^:]+")


def is_tagged_as(resource: str, holder: str) -> bool:
    """Say whether a resource has the tags of another (both ARNs), which are its own."""
    match = TAGGED_AS.fullmatch(resource)
    return match is not None and match[1] == holder


def holder_of(arn: Arn) -> str | None:
    """The ARN of what has the policy that covers a resource, such as the bucket of an object;
    `None` in services whose policies may be about more, and where several count."""
    if arn.service not in OWN_POLICIES:
        return None
    if arn.service != "s3":
        return arn.text
    bucket = arn.resource.partition("/")[0]
    return None if arn.region or arn.account else arn._replace(resource=bucket).text


def containment_of(arn: Arn) -> tuple[Containment, str | None] | None:
    """The row of a resource, and the ARN of its container; `None` where no row is about it."""
    for row, find in _rows(arn.service):
        match = find.fullmatch(arn.resource)
        if match is not None:
            inside = None if row.container is None else match.expand(row.container)
            return row, None if inside is None else arn._replace(resource=inside).text
    return None


@cache
def _rows(service: str) -> tuple[tuple[Containment, re.Pattern[str]], ...]:
    """The rows of a service, ready."""
    return tuple((row, re.compile(row.pattern)) for row in CONTAINERS if row.service == service)
