"""The tools: each is a command of iamsim with the parameters that an agent needs.

A parameter is an option of the command, or stands behind its options. What is a path is checked
first; what is a policy may be a path, JSON, or the ARN of an AWS managed policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.core.errors import RequestError
from iamsim.world.examples import EXAMPLE

if TYPE_CHECKING:
    from iamsim.mcp.folders import Folders

ARN = "arn:"


class Parameter(NamedTuple):
    """A parameter. `kind` is ``text``, ``path``, ``policy``, each also as a list (``texts``, ...),
    ``flag`` or ``context`` (an object of context keys). `option` is empty where it stands behind
    the options; ``-`` where a tool reads it by itself."""

    name: str
    kind: str
    option: str
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()


class Tool(NamedTuple):
    """A tool: its name, the words of its command, and what a client is told of it."""

    name: str
    command: tuple[str, ...]
    description: str
    parameters: tuple[Parameter, ...]


class Run(NamedTuple):
    """What to run: the arguments of the command, and its standard input."""

    arguments: tuple[str, ...]
    input: str = ""


LISTS = {"texts": "text", "paths": "path", "policies": "policy"}
WORLD = Parameter(
    "world",
    "paths",
    "--world",
    "World files or folders, or what AWS or Terraform wrote (account authorization details, plans);"
    " `example:harbor` is an example. Left out: world.yaml of the first folder.",
)
OVERLAY = Parameter(
    "overlay", "paths", "--overlay", "Terraform plans or templates to lay over the world."
)
PRINCIPAL = Parameter("principal", "text", "--principal", "ARN of the caller.")
ACTIONS = Parameter("actions", "texts", "--action", "Actions, such as s3:GetObject.")
RESOURCES = Parameter("resources", "texts", "--resource", "ARNs of resources.")
CONTEXT = Parameter(
    "context", "context", "--context", "Condition context keys with their values, as an object."
)
POLICIES = Parameter(
    "identity_policies",
    "policies",
    "--identity-policy",
    "Identity-based policies, where there is no world: JSON texts, files, or ARNs of AWS managed"
    " policies.",
)
RESOURCE_POLICY = Parameter(
    "resource_policy", "policy", "--resource-policy", "A resource-based policy: JSON or a file."
)
QUESTION = (PRINCIPAL, ACTIONS, RESOURCES, CONTEXT, WORLD, OVERLAY, POLICIES, RESOURCE_POLICY)
LAYERS = (
    Parameter(
        "boundary", "policy", "--permissions-boundary", "A permissions boundary: JSON or a file."
    ),
    Parameter("scps", "policies", "--scp", "Service control policies, one a level, root first."),
)
AT = Parameter("at", "text", "--at", "The time of the requests, in ISO 8601.")

TOOLS = (
    Tool(
        "explain",
        ("explain",),
        "Decide whether AWS IAM allows a request, and name the statement that decides. Evaluates"
        " all layers: identity and resource policies, boundaries, SCPs, RCPs, session policies."
        " Needs a world, or policies.",
        (
            *QUESTION,
            *LAYERS,
            Parameter("unknown", "texts", "--unknown", "Context keys whose value is not known."),
            Parameter("verbose", "flag", "--verbose", "Every layer, policy and clause."),
        ),
    ),
    Tool(
        "why",
        ("explain",),
        "Explain an AccessDenied message of AWS, a CloudTrail record, or a command of the AWS CLI:"
        " what it asked of IAM, and which statement denied it or would.",
        (
            Parameter("message", "text", "--denied", "The text of the AccessDenied message."),
            Parameter("call", "text", "--call", "A command of the AWS CLI or a line of boto3."),
            Parameter("event", "path", "--event", "A file with CloudTrail records."),
            PRINCIPAL,
            CONTEXT,
            WORLD,
            POLICIES,
            RESOURCE_POLICY,
        ),
    ),
    Tool(
        "check",
        ("check",),
        "Prove something for every request, or give a request that refutes it. no-new-access: the"
        " second policy allows nothing that the first does not. access-not-granted: a policy grants"
        " none of some actions or resources. no-public-access: a resource-based policy lets in"
        " nobody but those it fixes. equivalent: two policies allow the same. claims: a file of"
        " claims holds in a world.",
        (
            Parameter(
                "check",
                "text",
                "-",
                "What to prove.",
                required=True,
                choices=(
                    "no-new-access",
                    "access-not-granted",
                    "no-public-access",
                    "equivalent",
                    "claims",
                ),
            ),
            Parameter(
                "policies",
                "policies",
                "",
                "The policies: JSON texts or files; for no-new-access the existing one, then the"
                " new one; for claims the file of claims.",
                required=True,
            ),
            Parameter("actions", "texts", "--action", "For access-not-granted."),
            Parameter("resources", "texts", "--resource", "For access-not-granted."),
            Parameter("type", "text", "--type", "identity, resource, trust, scp, ..."),
            Parameter("resource_type", "text", "--resource-type", "Such as AWS::S3::Bucket."),
            WORLD,
            OVERLAY,
        ),
    ),
    Tool(
        "validate",
        ("validate",),
        "Check a policy as IAM Access Analyzer does, and more: unknown actions, keys and ARNs,"
        " statements that grant nothing, openings to everybody. Findings have lines and codes.",
        (
            Parameter(
                "policy",
                "policy",
                "-",
                "The policy: JSON text, or a file or folder.",
                required=True,
            ),
            Parameter(
                "type", "text", "--type", "identity, resource, trust, boundary, scp, rcp, vpce."
            ),
            Parameter("resource_type", "text", "--resource-type", "Such as AWS::S3::Bucket."),
            Parameter("select", "texts", "--select", "Only findings of these codes."),
            Parameter("ignore", "texts", "--ignore", "No findings of these codes."),
        ),
    ),
    Tool(
        "who_can",
        ("who-can",),
        "List every principal of a world that can do something to a resource, through all layers.",
        (
            Parameter("actions", "texts", "", "Actions; `*` is a wildcard.", required=True),
            Parameter("resource", "text", "", "ARN of the resource, or `*`.", required=True),
            WORLD,
            OVERLAY,
            CONTEXT,
            Parameter("via_roles", "flag", "--via-roles", "Also who can assume such roles."),
            Parameter("with_dependencies", "flag", "--with-dependencies", "Count in the KMS key."),
        ),
    ),
    Tool(
        "what_can",
        ("what-can",),
        "List what a principal of a world can do, by service; or write it as one policy.",
        (
            Parameter("principal", "text", "", "ARN of the principal.", required=True),
            WORLD,
            OVERLAY,
            CONTEXT,
            Parameter("as_policy", "flag", "--as-policy", "As one identity-based policy."),
            Parameter("shrink", "flag", "--shrink", "The same, short, with wildcards."),
            Parameter("verbose", "flag", "--verbose", "Every action, and where."),
        ),
    ),
    Tool(
        "findings",
        ("findings",),
        "Find access to a world from outside its account or organization, as IAM Access Analyzer"
        " does; public access is marked.",
        (
            WORLD,
            OVERLAY,
            Parameter(
                "zone",
                "text",
                "--zone",
                "What counts as inside.",
                choices=("account", "organization"),
            ),
            Parameter("internal", "texts", "--resource", "Also who inside reaches this resource."),
            AT,
        ),
    ),
    Tool(
        "paths",
        ("paths",),
        "Find privilege escalation: who can become an administrator or another principal, step by"
        " step, each step decided by all policies.",
        (
            WORLD,
            OVERLAY,
            Parameter("from", "texts", "--principal", "Only chains of these principals."),
            Parameter("to", "text", "--to", "`administrator`, a principal, or a resource."),
            Parameter("actions", "texts", "--action", "What to do with the resource."),
            Parameter("blocked", "flag", "--blocked", "Also what stops somebody."),
        ),
    ),
    Tool(
        "changes",
        ("diff",),
        "Say which decisions change when a Terraform plan, a template or a world file is laid over"
        " a world: what opens, what closes, for whom.",
        (
            WORLD,
            OVERLAY._replace(required=True),
            Parameter("principals", "texts", "--principal", "Only principals like these."),
            Parameter("forbid", "paths", "--forbid", "Scenarios that must hold afterwards."),
            Parameter("verbose", "flag", "--verbose", "Every decision."),
        ),
    ),
    Tool(
        "edits",
        ("explain", "--edits"),
        "Find the smallest edits of policies that would change the answer to a request, as patches;"
        " each was decided again by the engine.",
        (*QUESTION, *LAYERS),
    ),
    Tool(
        "calls",
        ("calls",),
        "Say what an API call asks of IAM: the actions, resources and context keys behind a command"
        " of the AWS CLI or a line of boto3. Use it to find the actions that a program needs.",
        (
            Parameter("line", "text", "", "The command, or the line of boto3.", required=True),
            Parameter("account", "text", "--account", "Account of the caller."),
            Parameter("region", "text", "--region", "Region of the call."),
        ),
    ),
    Tool(
        "generate",
        ("generate",),
        "Write the least policy for what a principal did, from CloudTrail logs; with a world it is"
        " proved to stay within today's permissions.",
        (
            Parameter("logs", "paths", "", "Log files or folders.", required=True),
            Parameter("principal", "text", "--principal", "ARN of a user or role.", required=True),
            WORLD,
        ),
    ),
    Tool(
        "catalog",
        ("catalog",),
        "Look up the service reference: an action (access level, resource types, condition keys), a"
        " service, a condition key; or search names by their parts.",
        (
            Parameter("name", "text", "-", "Such as s3:GetObject, s3, or aws:SourceIp."),
            Parameter("search", "text", "-", "Parts of names, such as `s3 delete`."),
        ),
    ),
)
FROM_LINE = {
    "type": "integer",
    "minimum": 1,
    "description": "Where a long answer goes on: the line that the answer before named.",
}


def input_schema(tool: Tool) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments."""
    properties = {parameter.name: _schema(parameter) for parameter in tool.parameters}
    return {
        "type": "object",
        "properties": {**properties, "from_line": FROM_LINE},
        "required": [parameter.name for parameter in tool.parameters if parameter.required],
        "additionalProperties": False,
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    told = {"description": parameter.help}
    if parameter.kind == "flag":
        return {"type": "boolean", **told}
    if parameter.kind == "context":
        values = {"type": ["string", "array"], "items": {"type": "string"}}
        return {"type": "object", "additionalProperties": values, **told}
    of_policy = LISTS.get(parameter.kind, parameter.kind) == "policy"
    text: dict[str, Any] = {"type": ["string", "object"] if of_policy else "string"}
    if parameter.choices:
        text["enum"] = list(parameter.choices)
    if parameter.kind in LISTS:
        return {"type": "array", "items": text, **told}
    return {**text, **told}


def run_of(tool: Tool, given: Mapping[str, Any], folders: Folders) -> Run:
    """The command behind a call of a tool; raises `RequestError` for arguments that don't fit."""
    known = {parameter.name: parameter for parameter in tool.parameters}
    for name in given:
        if name not in known and name != "from_line":
            hint = f"it has {', '.join(known)}"
            message = f"the tool `{tool.name}` has no parameter `{name}`"
            raise RequestError("unknown-argument", message, hint=hint)
    options: list[str] = []
    behind: list[str] = []
    for parameter in tool.parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.required:
                message = f"the parameter `{parameter.name}` is missing"
                raise RequestError("missing-argument", message)
            continue
        for text in _values(parameter, value, folders):
            if parameter.option == "-":
                continue
            if parameter.kind == "flag":
                options.append(parameter.option)
            elif parameter.option:
                options.append(f"{parameter.option}={text}")
            else:
                behind.append(text)
    return _finished(tool, given, options, behind, folders)


def _finished(
    tool: Tool, given: Mapping[str, Any], options: list[str], behind: list[str], folders: Folders
) -> Run:
    """Add what a tool reads by itself."""
    command, text = tool.command, ""
    match tool.name:
        case "check":
            command = (*command, str(given["check"]))
        case "validate":
            policy = str(given["policy"])
            inline = policy.lstrip().startswith(("{", "["))
            text = policy if inline else ""
            behind = ["-" if inline else folders.check(policy)]
        case "catalog":
            if not given.get("name") and not given.get("search"):
                raise RequestError("missing-argument", "give a `name`, or words to `search`")
            named = given.get("name")
            command = (*command, "show" if named else "search")
            behind = [str(named)] if named else str(given["search"]).split()
    return Run((*command, *options, *(("--", *behind) if behind else ())), text)


def _values(parameter: Parameter, value: object, folders: Folders) -> Iterator[str]:
    """The texts of an argument; raises `RequestError` for one of another type."""
    kind = LISTS.get(parameter.kind, parameter.kind)
    if kind == "flag" and isinstance(value, bool):
        yield from ("",) if value else ()
        return
    if kind == "context" and isinstance(value, dict):
        for key, some in value.items():
            for entry in some if isinstance(some, list) else [some]:
                yield f"{key}={entry if isinstance(entry, str) else json.dumps(entry)}"
        return
    items = value if isinstance(value, list) else [value]
    if kind in ("flag", "context") or (parameter.kind not in LISTS and isinstance(value, list)):
        raise _wrong(parameter)
    for item in items:
        if isinstance(item, dict) and kind == "policy":
            yield json.dumps(item)
        elif not isinstance(item, str) or (parameter.choices and item not in parameter.choices):
            raise _wrong(parameter)
        elif kind == "path" or (kind == "policy" and not _is_text_of_policy(item)):
            yield item if item.startswith(EXAMPLE) else folders.check(item)
        else:
            yield item


def _is_text_of_policy(text: str) -> bool:
    return text.lstrip().startswith(("{", "[")) or text.startswith(ARN)


def _wrong(parameter: Parameter) -> RequestError:
    right = {"flag": "true or false", "context": "an object of texts"}.get(
        parameter.kind, "a list of texts" if parameter.kind in LISTS else "a text"
    )
    if parameter.choices:
        right = f"one of {', '.join(parameter.choices)}"
    return RequestError("wrong-type", f"the parameter `{parameter.name}` must be {right}")
