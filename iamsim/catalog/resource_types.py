"""Resource types: names, ARNs, where each source holds their policies, and what holds for those.

The one table of them is ``data/resource_types.txt``, whose head says what stands in a row. From it
importers, checks, the analyzer, edits and the recipe derive what they need:

>>> find_type("AWS::SQS::Queue").terraform
('aws_sqs_queue',)
>>> type_of_arn("arn:aws:kms:eu-west-1:111122223333:key/1234").name
'AWS::KMS::Key'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from iamsim.catalog.files import data_lines
from iamsim.core.arn import find_arn
from iamsim.core.data_class import NamedTuple

FILE = "resource_types.txt"
PREFIX = "aws_"
NONE = "-"
_find_parts = re.compile(r"\{(\w+)\}").finditer


class PolicyPlace(NamedTuple):
    """Where a source holds a policy: in the resource itself, or in another that names it.

    `type` is that other's type, empty for the resource itself. `targets` are the properties that
    name the resource: alternatives, each of parts that stand in the ARN behind each other; none
    where an account has one only. `path` leads to the document; `function` names a reader instead.
    """

    type: str
    targets: tuple[tuple[str, ...], ...] = ()
    path: tuple[str, ...] = ()
    function: str = ""


class Call(NamedTuple):
    """A call of the AWS CLI: what to call, and the path in its output to a policy, to what it
    lists, or to the members, between commas, that tell with which role something acts.

    Options may be ``{account}``, the resource's ``{arn}``, ``{name}`` or ``{url}``, or what calls
    listed before: ``{1}`` and ``{2}`` what the first and the second did, and ``{.domainName}`` or
    ``{.namespace.0}`` a member of the item in which the last one found the resource.
    """

    service: str
    operation: str
    options: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def of_account(self) -> bool:
        """Whether a call asks about no single resource, but all of an account and Region."""
        return not self.filled_in

    @property
    def by_name(self) -> bool:
        """Whether the name alone says which resource a call is about, given account and Region."""
        return self.filled_in in (("{name}",), ("{url}",))

    @property
    def filled_in(self) -> tuple[str, ...]:
        """Name the options that say which resource a call is about."""
        return tuple(
            option for option in self.options if option[:1] == "{" and option != "{account}"
        )


class TransportPolicy(NamedTuple):
    """The denial of requests without TLS that AWS asks for: actions to ask about it, those that it
    denies, and AWS's page."""

    asked: tuple[str, ...]
    denied: str
    page: str


class ResourceType(NamedTuple):
    """A row of the table; `docs/reference/resource-types.md` shows what it says of each type.

    `cloudformation` are its names there, with the prefixes, as those of `terraform` are; `outer`
    are the further parts of its ARN, each with its property and its argument. `listed` are the
    chains of calls that list them: each asks about every one that the call before it listed; the
    last of `role` tells with which role it acts.
    """

    name: str
    page: str
    arn: str
    policy_arn: str
    cloudformation: tuple[str, ...]
    terraform: tuple[str, ...]
    name_property: str
    name_argument: str
    outer: tuple[tuple[str, str], ...]
    reference: str
    id: str
    template: tuple[PolicyPlace, ...]
    plan: tuple[PolicyPlace, ...]
    calls: tuple[Call, ...]
    about: tuple[str, ...]
    listed: tuple[tuple[Call, ...], ...]
    region: str
    items: tuple[tuple[str, ...], ...]
    several: bool
    leads_to: str
    quota: int | None
    quota_told: bool
    key: str
    default_key: str | None
    key_settings: tuple[str, ...]
    actions: tuple[str, ...]
    names_no_resource: bool
    finding: str
    public_check: str
    tls: TransportPolicy | None
    own: tuple[str, ...]
    inner: tuple[str, ...]
    separator: str
    shared: tuple[str, ...]
    unread: str
    runs_with: tuple[str, ...]
    role: tuple[Call, ...]

    @property
    def service(self) -> str:
        """The service in its ARN, whose actions its policy is about."""
        return self.policy_arn.partition(":")[0]

    @property
    def has_policy(self) -> bool:
        """Whether it can have a resource-based policy."""
        return bool(self.template or self.plan or self.calls) and "endpoint" not in self.unread

    def arn_in(self, partition: str, parts: Mapping[str, str], *, of_policy: bool = False) -> str:
        """Build the ARN of what the parts name; `of_policy` is what its policy is asked about."""
        template = self.policy_arn if of_policy else self.arn
        return f"arn:{partition}:{template.format_map(parts)}"

    def parts_of(self, arn: str) -> dict[str, str] | None:
        """Read the parts from an ARN of this type; `None` for another."""
        for template in dict.fromkeys((self.arn, self.policy_arn)):
            match = _pattern(template, self.separator[:1]).fullmatch(arn)
            if match is not None:
                return match.groupdict()
        return None


def resource_types() -> tuple[ResourceType, ...]:
    """Give all rows, in the order of the file."""
    return _table().rows


def find_type(name: str) -> ResourceType | None:
    """Find a type by its name in CloudFormation, of Access Analyzer, or that of its row."""
    return _table().by_name.get(name)


def find_terraform_type(name: str) -> ResourceType | None:
    """Find a type by a resource of Terraform, such as `aws_sqs_queue`."""
    return _table().by_terraform.get(name)


def attaches_nothing(kind: str) -> bool:
    """Whether a type in templates or in Terraform is known to attach no policy to anybody and to
    place no account (`data/types_without_policies.txt`)."""
    return kind in _without_policies()


def bears_on_access(kind: str) -> bool:
    """Whether a type is one of the services whose types attach policies and place accounts."""
    return kind.startswith(tuple(name for name in _without_policies() if name[-1] in ":_"))


@cache
def _without_policies() -> tuple[str, ...]:
    return tuple(data_lines("types_without_policies.txt"))


def type_of_arn(arn: str) -> ResourceType | None:
    """Find the type of what an ARN names; `None` for what is in no row, or lies in something."""
    found = find_arn(arn)
    rows = () if found is None else _table().by_service.get(found.service, ())
    return next((row for row in rows if row.parts_of(arn) is not None), None)


@cache
def policy_services() -> frozenset[str]:
    """Name the services to whose actions resource-based policies can give access."""
    return frozenset(name for row in resource_types() if row.has_policy for name in row.actions)


@cache
def sharing_services() -> frozenset[str]:
    """Name the services whose resources can be opened to others by anything of their own: a policy,
    a list of shares, or a type of access that is not read. Trust policies of roles are none of
    these."""
    others = {row.service for row in resource_types() if row.finding or row.unread}
    return policy_services() | others - {"iam"}


class _Table(NamedTuple):
    """The rows, and what finds them."""

    rows: tuple[ResourceType, ...]
    by_name: dict[str, ResourceType]
    by_terraform: dict[str, ResourceType]
    by_service: dict[str, tuple[ResourceType, ...]]


@cache
def _table() -> _Table:
    rows = tuple(_row(name, fields) for name, fields in _stanzas(data_lines(FILE)))
    by_name: dict[str, ResourceType] = {}
    for name_of in (_own_names, _analyzer_names):
        for row in rows:
            for name in name_of(row):
                by_name.setdefault(name, row)
    by_terraform: dict[str, ResourceType] = {}
    by_service: dict[str, list[ResourceType]] = {}
    for row in rows:
        for kind in row.terraform:
            by_terraform.setdefault(kind, row)
        for template in dict.fromkeys((row.arn, row.policy_arn)):
            by_service.setdefault(template.partition(":")[0], []).append(row)
    ordered = {
        service: tuple(sorted(found, key=_literal_length, reverse=True))
        for service, found in by_service.items()
    }
    return _Table(rows, by_name, by_terraform, ordered)


def _own_names(row: ResourceType) -> tuple[str, ...]:
    return (row.name, *row.cloudformation)


def _analyzer_names(row: ResourceType) -> tuple[str, ...]:
    return tuple(filter(None, (row.finding, row.public_check)))


def _literal_length(row: ResourceType) -> int:
    """Count what a template says itself: the more it says, the fewer ARNs fit it."""
    return len(_find_parts_out(row.arn))


def _find_parts_out(template: str) -> str:
    return re.sub(r"\{\w+\}", "", template)


@cache
def _pattern(template: str, below: str) -> re.Pattern[str]:
    """Make the pattern of a template; a name ends where the parts of what is in it begin."""
    pieces: list[str] = []
    end = 0
    for part in _find_parts(template):
        name = part.group(1)
        pieces += [re.escape(template[end : part.start()]), f"(?P<{name}>{_part(name, below)})"]
        end = part.end()
        if name == "name":
            return re.compile(f"arn:[a-z-]+:{''.join(pieces)}")
    return re.compile(f"arn:[a-z-]+:{''.join(pieces)}{re.escape(template[end:])}")


def _part(name: str, below: str) -> str:
    if name == "path":
        return "/(?:.*/)?"
    if name == "name":
        return f"[^{re.escape(below)}]+" if below else ".+"
    return {"region": "[a-z0-9-]*", "account": "[0-9]*"}.get(name, "[^/:]+")


def _stanzas(lines: list[str]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Divide the file into rows: lines without indentation name them, the others are fields."""
    name, fields = "", dict[str, list[str]]()
    for line in lines:
        if line.startswith(" "):
            key, _, value = line.strip().partition(":")
            fields.setdefault(key, []).append(value.strip())
            continue
        if name:
            yield name, fields
        name, fields = line, {}
    if name:
        yield name, fields


def _row(name: str, fields: dict[str, list[str]]) -> ResourceType:
    def one(key: str, otherwise: str = "") -> str:
        return fields.get(key, [otherwise])[0]

    own_property, attribute = (text if text != NONE else "" for text in one("name", "- -").split())
    key, default_key, *settings = [*one("key").split(), "", ""][: max(2, len(one("key").split()))]
    inner, quota = one("inner").split(), one("quota").split()
    own = () if "not-in-cloudformation" in fields else (name,)
    return ResourceType(
        name,
        one("page"),
        one("arn"),
        one("policy-arn", one("arn")),
        (*own, *fields.get("also", ())),
        tuple(PREFIX + kind for kind in one("terraform").split()),
        own_property,
        attribute,
        tuple((first, second) for first, second in map(str.split, fields.get("within", ()))),
        one("reference", "name"),
        one("id", "name"),
        tuple(_place(text, "") for text in fields.get("template", ())),
        tuple(_place(text, PREFIX) for text in fields.get("plan", ())),
        tuple(map(_call, fields.get("call", ()))),
        tuple(" ".join(fields.get("about", ())).split()),
        tuple(tuple(map(_call, text.split(" | "))) for text in fields.get("list", ())),
        one("region"),
        tuple(_path(text) for text in fields.get("item", ())),
        one("policies") == "several",
        one("leads-to"),
        int(quota[0]) if quota else None,
        quota[1:] == ["told"],
        key,
        None if default_key in ("", NONE) else default_key,
        tuple(settings),
        tuple(one("actions").split()) or (one("policy-arn", one("arn")).partition(":")[0],),
        "no-resource" in fields,
        one("finding"),
        one("public-check"),
        _transport(*one("tls").split()) if one("tls") else None,
        tuple(one("own").split()),
        tuple(inner[:-1]),
        inner[-1] if inner else "",
        tuple(one("shared").split()),
        one("unread"),
        tuple(one("runs-with").split()),
        tuple(map(_call, one("role").split(" | "))) if one("role") else (),
    )


def _transport(asked: str, denied: str, page: str) -> TransportPolicy:
    return TransportPolicy(tuple(asked.split(",")), denied, page)


def _place(text: str, prefix: str) -> PolicyPlace:
    """Read a place: a path, or a type with what names the resource and a path, or a function."""
    kind, *rest = text.split()
    if not rest:
        return _ending(kind, "", ())
    targets = [choice.split("/") for choice in rest[0].split("|")] if len(rest) > 1 else []
    named = tuple(tuple(parts) for parts in targets if parts != [NONE])
    return _ending(rest[-1], prefix + kind, named)


def _ending(text: str, kind: str, targets: tuple[tuple[str, ...], ...]) -> PolicyPlace:
    if text.endswith("()"):
        return PolicyPlace(kind, targets, function=text[:-2])
    return PolicyPlace(kind, targets, _path(text))


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


def _call(text: str) -> Call:
    service, operation, *options, path = text.split()
    return Call(service, operation, tuple(options), _path(path))
