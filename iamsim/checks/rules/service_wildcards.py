"""A wildcard in the name of a service.

## What it finds
`*` or `?` in front of the colon of an action, or in the service part of an ARN. The plain `*` for
everything is not meant.

## Why it matters
The pattern takes in every service whose name happens to fit, those of next year included.
"""

from __future__ import annotations

from iamsim.checks.finding import Place
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote

CODE = "WILDCARD_IN_SERVICE_NAME"
SERVICE_FIELD = 2


@checks(CODE)
def wildcard_in_service(policy: PolicyView) -> Findings:
    """Actions and ARNs."""
    for statement in policy.statements:
        for value in statement.actions.values if statement.actions else ():
            prefix, colon, _ = value.text.partition(":")
            if colon and has_wildcard(prefix):
                message = f"the service of {quote(value.text)} has a wildcard"
                yield policy.finding(CODE, message, Place(value.path, 0, len(prefix)))
        for value in statement.resources.values if statement.resources else ():
            fields = value.text.split(":", SERVICE_FIELD + 1)
            if len(fields) > SERVICE_FIELD and fields[0] == "arn":
                service = fields[SERVICE_FIELD]
                if has_wildcard(service):
                    start = len(":".join(fields[:SERVICE_FIELD])) + 1
                    message = f"the service of {quote(value.text)} has a wildcard"
                    yield policy.finding(CODE, message, Place(value.path, start, len(service)))
