"""The options of `iamsim explain`, in one table.

`iamsim.cli.main` parses them by hand so that an answer is fast; `iamsim.cli.app` makes `--help` and
completion of them.
"""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.options import OUTPUT_HELP, Option
from iamsim.cli.picture_options import NARROW_OPTION, PICTURE_FORMATS, THEME_OPTION
from iamsim.cli.worlds import allow_unknown_names_option, overlay_option

EXPLAIN_HELP = (
    "Say whether a request is allowed, which statement decides it, and why.\n\n"
    "Give a message of AWS or a CloudTrail record, and any files, in any order: each is recognised "
    "by its content. Or ask by options; policies come from a world, from options, or from both. "
    "Exits with 0 when the question was answered, 1 when an expectation was not met, and 2 when "
    "input or usage is at fault."
)
ARGUMENT_HELP = (
    "A message, a CloudTrail record, policies, outputs of the AWS CLI, dumps, plans, worlds, or "
    "scenario files; `-` is standard input."
)
FORMATS = ("text", "json", "markdown", "html", "aws", *PICTURE_FORMATS)
EXPECTATIONS = ("allowed", "denied", "explicitDeny", "implicitDeny", "conditional")

# The options about answers, which lists of context keys don't have.
ANSWER_FIELDS = ("expect", "allow_unknown_names", "verbose", "edits", "picture", "theme", "ascii")
# The options that ask about a request that is not made, or in a world that is not so.
# The options that bring questions of their own.
CALL_FIELDS = ("call", "event", "region")
WHAT_IF_FIELDS = ("assume", "with_policies", "without", "without_layers", "diff")

_REQUEST = "Request"
_MORE = "Session and way of the request"
_POLICIES = "Policies"
_WHAT_IF = "What if"
_OUTPUT = "Output"
_POLICY = "FILE"


def _policy(name: str, field: str, text: str, kind: str = "list") -> Option:
    return Option((name,), field, text, kind, _POLICY, panel=_POLICIES)


EXPLAIN_OPTIONS: tuple[Option, ...] = (
    Option(
        ("-p", "--principal"),
        "principal",
        "ARN of the caller, a service principal, or `anonymous`.",
        metavar="PRINCIPAL",
        panel=_REQUEST,
        completes=completion.principals,
    ),
    Option(
        ("-a", "--action"),
        "actions",
        "Action, such as s3:GetObject; may be repeated: every pair is answered.",
        "list",
        "ACTION",
        panel=_REQUEST,
        completes=completion.actions,
    ),
    Option(
        ("-r", "--resource"),
        "resources",
        "ARN of the resource; may be repeated. Left out: an action without a resource.",
        "list",
        "RESOURCE",
        panel=_REQUEST,
        completes=completion.resources,
    ),
    Option(
        ("--denied",),
        "denied",
        "A message of AWS about a denied request, or `-`: asks its question, compares the reasons.",
        metavar="TEXT",
        panel=_REQUEST,
    ),
    Option(
        ("--call",),
        "call",
        "A command of the AWS CLI or a line of boto3: all that it asks, answered together.",
        metavar="LINE",
        panel=_REQUEST,
    ),
    Option(
        ("--event",),
        "event",
        "A CloudTrail record, or a file of them, or `-`: what each asked, in its context.",
        metavar="FILE",
        panel=_REQUEST,
    ),
    Option(
        ("--region",),
        "region",
        "Region of a call, where its line does not name it.",
        metavar="REGION",
        panel=_REQUEST,
    ),
    Option(
        ("-c", "--context"),
        "context",
        "A context key with its value; repeat the key for several values.",
        "list",
        "KEY=VALUE",
        panel=_REQUEST,
        completes=completion.keys,
    ),
    Option(
        ("--unset",),
        "unset",
        "A context key that is absent, even where it could be derived.",
        "list",
        "KEY",
        panel=_MORE,
        completes=completion.keys,
    ),
    Option(
        ("--resource-account",),
        "resource_account",
        "Account of the resource, where neither its ARN nor the world tells.",
        metavar="ACCOUNT",
        panel=_MORE,
    ),
    Option(
        ("--session-name",),
        "session_name",
        "Name of the caller's session.",
        metavar="NAME",
        panel=_MORE,
    ),
    Option(
        ("--session-tag",),
        "session_tags",
        "A tag of the caller's session.",
        "list",
        "KEY=VALUE",
        panel=_MORE,
    ),
    Option(
        ("--transitive-tag",),
        "transitive_tags",
        "A session tag that is handed on when the session assumes another role.",
        "list",
        "KEY",
        panel=_MORE,
    ),
    Option(
        ("--source-identity",),
        "source_identity",
        "Source identity of the caller's session.",
        metavar="NAME",
        panel=_MORE,
    ),
    Option(
        ("--credentials",),
        "credentials",
        "What a user got from sts:GetSessionToken or sts:GetFederationToken: `session-token` or "
        "`federation-token`.",
        metavar="KIND",
        panel=_MORE,
    ),
    Option(
        ("--via-endpoint",),
        "via_endpoint",
        "VPC endpoint that the request came through.",
        metavar="VPCE",
        panel=_MORE,
    ),
    Option(
        ("--via-service",),
        "via_services",
        "Service that made the call in the caller's name; repeat for a chain.",
        "list",
        "SERVICE",
        panel=_MORE,
    ),
    Option(
        ("--at",),
        "at",
        "Time of the request, in ISO 8601. Left out: now, where a policy asks for it.",
        metavar="TIME",
        panel=_REQUEST,
    ),
    Option(
        ("--partial",),
        "partial",
        "Keys that are neither given nor derivable are unknown, not absent.",
        "flag",
        panel=_REQUEST,
    ),
    Option(
        ("--unknown",),
        "unknown",
        "A context key whose value is not known; or `resource-account`, `session-name`, "
        "`vpc-endpoint`, or the name of a layer.",
        "list",
        "KEY",
        panel=_REQUEST,
        completes=completion.keys,
    ),
    Option(
        ("--world",),
        "worlds",
        "World file or folder; several are merged.",
        "list",
        "PATH",
        panel=_POLICIES,
    ),
    overlay_option(_POLICIES),
    Option(
        ("--live",),
        "live",
        "The world is the caller's account, collected now; `-p me` is the caller. Extra `aws`.",
        "flag",
        panel=_POLICIES,
    ),
    Option(
        ("--profile",),
        "profile",
        "With `--live`: the profile of the AWS CLI.",
        metavar="PROFILE",
        panel=_POLICIES,
    ),
    _policy(
        "--identity-policy",
        "identity_policies",
        "Identity-based policy: a file, `-`, inline JSON, or the ARN of an AWS managed policy.",
    ),
    _policy("--resource-policy", "resource_policy", "Resource-based policy.", "text"),
    _policy("--permissions-boundary", "boundary", "Permissions boundary.", "text"),
    _policy("--session-policy", "session_policies", "Session policy."),
    _policy("--scp", "scps", "Service control policies of one level, root first; FILE+FILE joins."),
    _policy("--rcp", "rcps", "Resource control policies of one level, root first."),
    _policy("--vpce-policy", "vpce_policies", "VPC endpoint policy."),
    Option(
        ("--assume",),
        "assume",
        "A role of the world to assume first; repeat for a chain, whose session is the last one.",
        "list",
        "ROLE",
        panel=_WHAT_IF,
        completes=completion.roles,
    ),
    Option(
        ("--with-policy",),
        "with_policies",
        "A policy more, in the identity-based policies or in the layer named in front.",
        "list",
        "[LAYER=]FILE",
        panel=_WHAT_IF,
        completes=completion.layers,
    ),
    Option(
        ("--without",),
        "without",
        "A policy less, by name or ARN, or one statement of it as POLICY#SID or POLICY#NUMBER.",
        "list",
        "POLICY",
        panel=_WHAT_IF,
        completes=completion.policies,
    ),
    Option(
        ("--without-layer",),
        "without_layers",
        "A layer that is not there, such as permissions-boundary.",
        "list",
        "LAYER",
        panel=_WHAT_IF,
        completes=completion.layers,
    ),
    Option(
        ("--diff",),
        "diff",
        "Both answers side by side: as it is, and with what the other options change.",
        "flag",
        panel=_WHAT_IF,
    ),
    Option(
        ("--format",),
        "format",
        "How the answer is written.",
        metavar="FORMAT",
        default="text",
        choices=FORMATS,
        panel=_OUTPUT,
    ),
    Option(
        ("--picture",),
        "picture",
        "What a picture shows: the decision or the organization. In text, it is drawn with lines.",
        metavar="KIND",
        choices=("decision", "organization"),
        panel=_OUTPUT,
    ),
    THEME_OPTION,
    NARROW_OPTION,
    Option(
        ("--ascii",),
        "ascii",
        "Draw lines in plain ASCII.",
        "flag",
        panel=_OUTPUT,
    ),
    Option(
        ("--expect",),
        "expect",
        "Exit with 1 when the answer differs.",
        metavar="VERDICT",
        choices=EXPECTATIONS,
        panel=_OUTPUT,
    ),
    allow_unknown_names_option(_OUTPUT),
    Option(
        ("--edits",),
        "edits",
        "What would change the answer: the smallest edits of policies, as patches.",
        "flag",
        panel=_OUTPUT,
    ),
    Option(
        ("-v", "--verbose"),
        "verbose",
        "Also every layer, policy, statement and clause.",
        "flag",
        panel=_OUTPUT,
    ),
    Option(("-q", "--quiet"), "quiet", "Only the verdict.", "flag", panel=_OUTPUT),
    Option(
        ("-o", "--output"),
        "output",
        OUTPUT_HELP,
        metavar="FILE",
        panel=_OUTPUT,
    ),
    Option(
        ("--color",),
        "color",
        "Use color: auto, always or never.",
        metavar="WHEN",
        default="auto",
        choices=("auto", "always", "never"),
        panel=_OUTPUT,
    ),
)
