"""The options of `iamsim explain`, in one table.

`iamsim.cli.main` parses them by hand so that an answer is fast; `iamsim.cli.app` makes `--help` and
completion of them.
"""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.grammar import (
    OUTPUT_OPTION,
    Option,
    color_option,
    format_option,
    in_panel,
    verbose_option,
)
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
    return Option((name,), text, kind, _POLICY, kept_as=field)


EXPLAIN_OPTIONS: tuple[Option, ...] = (
    *in_panel(
        _REQUEST,
        Option(
            ("-p", "--principal"),
            "ARN of the caller, a service principal, or `anonymous`.",
            metavar="PRINCIPAL",
            completes=completion.principals,
        ),
        Option(
            ("-a", "--action"),
            "Action, such as s3:GetObject; may be repeated: every pair is answered.",
            "list",
            "ACTION",
            completes=completion.actions,
            kept_as="actions",
        ),
        Option(
            ("-r", "--resource"),
            "ARN of the resource; may be repeated. Left out: an action without a resource.",
            "list",
            "RESOURCE",
            completes=completion.resources,
            kept_as="resources",
        ),
        Option(
            ("--denied",),
            "A message of AWS about a denied request, or `-`: asks its question, compares the "
            "reasons.",
            metavar="TEXT",
        ),
        Option(
            ("--call",),
            "A command of the AWS CLI or a line of boto3: all that it asks, answered together.",
            metavar="LINE",
        ),
        Option(
            ("--event",),
            "A CloudTrail record, or a file of them, or `-`: what each asked, in its context.",
            metavar="FILE",
        ),
        Option(
            ("--region",),
            "Region of a call, where its line does not name it.",
            metavar="REGION",
        ),
        Option(
            ("-c", "--context"),
            "A context key with its value; repeat the key for several values.",
            "list",
            "KEY=VALUE",
            completes=completion.keys,
        ),
    ),
    *in_panel(
        _MORE,
        Option(
            ("--unset",),
            "A context key that is absent, even where it could be derived.",
            "list",
            "KEY",
            completes=completion.keys,
        ),
        Option(
            ("--resource-account",),
            "Account of the resource, where neither its ARN nor the world tells.",
            metavar="ACCOUNT",
        ),
        Option(
            ("--session-name",),
            "Name of the caller's session.",
            metavar="NAME",
        ),
        Option(
            ("--session-tag",),
            "A tag of the caller's session.",
            "list",
            "KEY=VALUE",
            kept_as="session_tags",
        ),
        Option(
            ("--transitive-tag",),
            "A session tag that stays when the session assumes another role.",
            "list",
            "KEY",
            kept_as="transitive_tags",
        ),
        Option(
            ("--source-identity",),
            "Source identity of the caller's session.",
            metavar="NAME",
        ),
        Option(
            ("--credentials",),
            "What a user got from sts:GetSessionToken or sts:GetFederationToken: `session-token` "
            "or `federation-token`.",
            metavar="KIND",
        ),
        Option(
            ("--via-endpoint",),
            "VPC endpoint that the request came through.",
            metavar="VPCE",
        ),
        Option(
            ("--via-service",),
            "Service that made the call in the caller's name; repeat for a chain.",
            "list",
            "SERVICE",
            kept_as="via_services",
        ),
    ),
    *in_panel(
        _REQUEST,
        Option(
            ("--at",),
            "Time of the request, in ISO 8601; by default now, where a policy reads it.",
            metavar="TIME",
        ),
        Option(
            ("--partial",),
            "Keys that are neither given nor derivable are unknown, not absent.",
            "flag",
        ),
        Option(
            ("--unknown",),
            "A context key whose value is not known; or `resource-account`, `session-name`, "
            "`vpc-endpoint`, or the name of a layer.",
            "list",
            "KEY",
            completes=completion.keys,
        ),
    ),
    *in_panel(
        _POLICIES,
        Option(
            ("--world",),
            "World file or folder; several are merged.",
            "list",
            "PATH",
            kept_as="worlds",
        ),
        overlay_option(),
        Option(
            ("--live",),
            "The world is the caller's account, collected now; `-p me` is the caller. Extra `aws`.",
            "flag",
        ),
        Option(
            ("--profile",),
            "With `--live`: the profile of the AWS CLI.",
            metavar="PROFILE",
        ),
        _policy(
            "--identity-policy",
            "identity_policies",
            "Identity-based policy: a file, `-`, inline JSON, or the ARN of an AWS managed policy.",
        ),
        _policy("--resource-policy", "resource_policy", "Resource-based policy.", "text"),
        _policy("--permissions-boundary", "boundary", "Permissions boundary.", "text"),
        _policy("--session-policy", "session_policies", "Session policy."),
        _policy(
            "--scp", "scps", "Service control policies of one level, root first; FILE+FILE joins."
        ),
        _policy("--rcp", "rcps", "Resource control policies of one level, root first."),
        _policy("--vpce-policy", "vpce_policies", "VPC endpoint policy."),
    ),
    *in_panel(
        _WHAT_IF,
        Option(
            ("--assume",),
            "A role of the world to assume first; repeat for a chain, whose session is the last "
            "one.",
            "list",
            "ROLE",
            completes=completion.roles,
        ),
        Option(
            ("--with-policy",),
            "Add a policy: to the identity-based policies, or to the layer that is named.",
            "list",
            "[LAYER=]FILE",
            completes=completion.layers,
            kept_as="with_policies",
        ),
        Option(
            ("--without",),
            "Remove a policy, by name or ARN, or a statement: POLICY#SID or POLICY#NUMBER.",
            "list",
            "POLICY",
            completes=completion.policies,
        ),
        Option(
            ("--without-layer",),
            "A layer that is not there, such as permissions-boundary.",
            "list",
            "LAYER",
            completes=completion.layers,
            kept_as="without_layers",
        ),
        Option(
            ("--diff",),
            "Both answers side by side: as it is, and with what the other options change.",
            "flag",
        ),
    ),
    format_option(*FORMATS),
    Option(
        ("--picture",),
        "What a picture shows: the decision or the organization. In text, it is drawn with lines.",
        metavar="KIND",
        choices=("decision", "organization"),
        panel=_OUTPUT,
    ),
    THEME_OPTION,
    NARROW_OPTION,
    *in_panel(
        _OUTPUT,
        Option(
            ("--ascii",),
            "Draw lines in plain ASCII.",
            "flag",
        ),
        Option(
            ("--expect",),
            "Exit with 1 when the answer differs.",
            metavar="VERDICT",
            choices=EXPECTATIONS,
        ),
        allow_unknown_names_option(),
        Option(
            ("--edits",),
            "What would change the answer: the smallest edits of policies, as patches.",
            "flag",
        ),
        verbose_option("Also every layer, policy, statement and clause."),
        Option(("-q", "--quiet"), "Only the verdict.", "flag"),
        OUTPUT_OPTION,
        color_option(),
    ),
)
