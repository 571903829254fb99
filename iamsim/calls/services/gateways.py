"""API Gateway, CloudFront, Route 53.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-apis.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from iamsim.calls.arns import Resource
from iamsim.calls.data import plain

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker
    from iamsim.calls.model import ContextValue

PLACE = re.compile(r"\{([\w-]+)\+?\}")
VERSION = re.compile(r"^/v2(?=/)")


def _verb(asker: Asker) -> None:
    """The action is the HTTP verb, the resource the path of the request."""
    verb, _, path = asker.operation.http.partition(" ")
    path = VERSION.sub("", path.partition("?")[0])
    members = asker.service.members(asker.operation.shape).values()
    wires = {plain(member.wire): member.name for member in members if member.wire}
    wires |= {plain(member.name): member.name for member in members}
    known = True

    def filled(found: re.Match[str]) -> str:
        nonlocal known
        value = asker.get(wires.get(plain(found[1]), found[1]))
        if value is None:
            known = False
            return "*"
        text = str(value)
        return quote(text, safe="") if text.startswith("arn:") else text

    path = PLACE.sub(filled, path)
    resource = Resource(asker.arn("apigateway", path, account=False), known and "*" not in path)
    asker.ask(f"apigateway:{verb}", resource, keys=False)
    tags = asker.get("tags") or asker.get("Tags")
    if isinstance(tags, dict) and tags and asker.operation.name.startswith(("Create", "Tag")):
        context: dict[str, ContextValue] = {
            f"aws:RequestTag/{key}": str(value) for key, value in tags.items()
        }
        context["aws:TagKeys"] = [str(key) for key in tags]
        asker.reading.asked[0].context |= context


def _with_tags(asker: Asker) -> None:
    """A distribution with tags asks two actions.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistributionWithTags.html
    """
    resource = Resource(asker.arn("cloudfront", "distribution/*", region=False), known=False)
    for action in ("cloudfront:CreateDistribution", "cloudfront:TagResource"):
        asker.ask(action, resource)


def _prepare_route53(asker: Asker) -> None:
    for member in ("HostedZoneId", "Id", "HealthCheckId", "DelegationSetId", "ResourceId"):
        value = asker.get(member)
        if isinstance(value, str) and value.startswith("/"):
            asker.parameters[member] = value.rpartition("/")[2]


def _records(asker: Asker) -> None:
    batch = asker.get("ChangeBatch")
    changes = batch.get("Changes") if isinstance(batch, dict) else None
    names: dict[str, None] = {}
    kinds: dict[str, None] = {}
    actions: dict[str, None] = {}
    for change in changes if isinstance(changes, list) else ():
        if not isinstance(change, dict):
            continue
        record = change.get("ResourceRecordSet")
        record = record if isinstance(record, dict) else {}
        names[_normal(str(record.get("Name", "")))] = None
        kinds[str(record.get("Type", ""))] = None
        actions[str(change.get("Action", ""))] = None
    context: dict[str, ContextValue] = {}
    for key, records in (
        ("NormalizedRecordNames", names),
        ("RecordTypes", kinds),
        ("Actions", actions),
    ):
        if records:
            context[f"route53:ChangeResourceRecordSets{key}"] = list(records)
    zone = asker.get("HostedZoneId")
    arn = f"arn:{asker.place.partition}:route53:::hostedzone/{zone or '*'}"
    asker.ask(
        "route53:ChangeResourceRecordSets", Resource(arn, bool(zone)), context=context, keys=False
    )


def _normal(name: str) -> str:
    """Lower case, no dot at the end, other characters as octal codes."""
    text = name.lower().rstrip(".")
    return re.sub(r"[^a-z0-9_.-]", lambda found: f"\\{ord(found[0]):03o}", text)


def _prepare_waf(asker: Asker) -> None:
    """ARNs tell the scope in other words than parameters do.

    https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html
    """
    scope = {"REGIONAL": "regional", "CLOUDFRONT": "global"}.get(str(asker.get("Scope")))
    if scope is not None:
        asker.parameters["Scope"] = scope


HANDLERS = {
    ("apigateway", "*"): _verb,
    ("apigatewayv2", "*"): _verb,
    ("cloudfront", "CreateDistributionWithTags"): _with_tags,
    ("route53", "ChangeResourceRecordSets"): _records,
}
PREPARE = {"route53": _prepare_route53, "wafv2": _prepare_waf}
