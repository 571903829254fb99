"""SQS, SNS, EventBridge, Kinesis, CloudWatch Logs.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.calls.arns import Resource
from iamsim.core.arn import is_account_id

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

HOST = re.compile(r"(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)(?:\.queue)?\.amazonaws\.com(?:\.cn)?")


def queue_arn(asker: Asker, url: str) -> str:
    """The ARN of a queue by its URL: ``.

    https://sqs.REGION.amazonaws.com/ACCOUNT/NAME``.
    """
    if url.startswith("arn:"):
        return url
    place, _, path = url.partition("://")[2].partition("/") if "://" in url else ("", "", url)
    host = HOST.search(place)
    pieces = [piece for piece in path.split("/") if piece]
    if not pieces:
        pieces = ["*"]
    account = next((piece for piece in pieces if is_account_id(piece)), asker.place.account or "*")
    region = host[1] if host else asker.place.region or "*"
    return f"arn:{asker.place.partition}:sqs:{region}:{account}:{pieces[-1]}"


def _prepare_sqs(asker: Asker) -> None:
    url = asker.get("QueueUrl")
    if isinstance(url, str):
        asker.parameters["QueueArn"] = queue_arn(asker, url)
    if asker.get("QueueOwnerAWSAccountId"):
        asker.place = asker.place._replace(account=str(asker.get("QueueOwnerAWSAccountId")))


def _move_task(asker: Asker) -> None:
    """Moving messages reads one queue and writes another.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    source = Resource(str(asker.get("SourceArn") or "*"), bool(asker.get("SourceArn")))
    for action in ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        asker.ask(f"sqs:{action}", source)
    target = asker.get("DestinationArn")
    resource = Resource(str(target)) if target else Resource(asker.arn("sqs", "*"), known=False)
    asker.ask("sqs:SendMessage", resource)


def _prepare_sns(asker: Asker) -> None:
    subscription = asker.get("SubscriptionArn")
    if isinstance(subscription, str) and subscription.count(":") == 6:  # noqa: PLR2004 - topic:id
        asker.parameters["TopicArn"] = subscription.rpartition(":")[0]
        del asker.parameters["SubscriptionArn"]


def _publish(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/sns/latest/api/API_Publish.html."""
    target = asker.get("TopicArn") or asker.get("TargetArn")
    if target:
        asker.ask("sns:Publish", Resource(str(target)))
        return
    asker.ask("sns:Publish", "*", because="publishes to a phone number")


RULES = frozenset(
    {
        "DeleteRule",
        "DescribeRule",
        "DisableRule",
        "EnableRule",
        "ListTargetsByRule",
        "PutRule",
        "PutTargets",
        "RemoveTargets",
    }
)


def _rule(asker: Asker) -> None:
    """Rules of a bus of its own have the bus in their ARN; those of the default bus have not."""
    name = str(asker.get("Rule") or asker.get("Name") or "*")
    bus = str(asker.get("EventBusName") or "default")
    if ":event-bus/" in bus:
        bus = bus.rpartition("event-bus/")[2]
    path = name if bus == "default" else f"{bus}/{name}"
    kind = "rule-on-default-event-bus" if bus == "default" else "rule-on-custom-event-bus"
    resource = Resource(asker.arn("events", f"rule/{path}"), name != "*", kind)
    asker.ask(f"events:{asker.operation.name}", resource)


def _bus(asker: Asker, name: object) -> Resource:
    text = str(name or "default")
    return Resource(text if text.startswith("arn:") else asker.arn("events", f"event-bus/{text}"))


def _put_events(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html."""
    entries = [entry for entry in asker.get("Entries") or [] if isinstance(entry, dict)]
    by_bus: dict[str, list[dict[str, object]]] = {}
    for entry in entries or [{}]:
        by_bus.setdefault(_bus(asker, entry.get("EventBusName")).arn, []).append(entry)
    for bus, some in by_bus.items():
        context = {
            key: put_events if len(put_events) > 1 else put_events[0]
            for key, member in (("events:source", "Source"), ("events:detail-type", "DetailType"))
            if (
                put_events := list(
                    dict.fromkeys(str(entry[member]) for entry in some if entry.get(member))
                )
            )
        }
        asker.ask("events:PutEvents", Resource(bus), context=context, keys=False)


def _prepare_logs(asker: Asker) -> None:
    """ARNs of log groups may end with ``:*``; identifiers may be names or ARNs."""
    for member in ("logGroupName", "logGroupIdentifier", "resourceArn", "logGroupArn"):
        value = asker.get(member)
        if isinstance(value, str):
            asker.parameters[member] = value.removesuffix(":*")
    for member in ("logGroupIdentifiers", "logGroupNames", "logGroupArns"):
        value = asker.get(member)
        if isinstance(value, list):
            asker.parameters[member] = [str(entry).removesuffix(":*") for entry in value]


def _start_query(asker: Asker) -> None:
    """A query asks for every log group that it reads.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
    """
    single = ("logGroupName", "logGroupIdentifier")
    names = [str(asker.get(member)) for member in single if asker.get(member)]
    for member in ("logGroupNames", "logGroupIdentifiers"):
        names += [str(entry) for entry in asker.get(member) or []]
    resources = [
        Resource(name if name.startswith("arn:") else asker.arn("logs", f"log-group:{name}"))
        for name in names
    ]
    asker.ask(
        "logs:StartQuery", *(resources or [Resource(asker.arn("logs", "log-group:*"), False)])
    )


def _subscription_filter(asker: Asker) -> None:
    """A destination is asked for besides the log group.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
    """
    asker.ask_all()
    target = str(asker.get("destinationArn") or "")
    if ":logs:" in target and ":destination:" in target:
        asker.ask("logs:PutSubscriptionFilter", Resource(target), because="the destination")


HANDLERS = {
    ("sqs", "StartMessageMoveTask"): _move_task,
    ("sns", "Publish"): _publish,
    ("events", "PutEvents"): _put_events,
    ("logs", "StartQuery"): _start_query,
    ("logs", "PutSubscriptionFilter"): _subscription_filter,
    **{("events", name): _rule for name in RULES},
}
PREPARE = {"sqs": _prepare_sqs, "sns": _prepare_sns, "logs": _prepare_logs}
