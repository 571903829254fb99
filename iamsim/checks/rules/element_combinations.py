"""An element and its opposite stand in one statement.

## What it finds
`Action` beside `NotAction`, `Resource` beside `NotResource`, `Principal` beside `NotPrincipal`.

## Why it matters
IAM refuses the document: the two would contradict each other.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

CODE = "UNSUPPORTED_ELEMENT_COMBINATION"


@checks(CODE)
def conflicting_elements(policy: PolicyView) -> Findings:
    """Each element excludes its Not form."""
    for statement in policy.statements:
        for name in ("Principal", "Action", "Resource"):
            if name in statement.raw and f"Not{name}" in statement.raw:
                message = f"`{name}` and `Not{name}` stand in one statement"
                places = (
                    statement.element(name, key=True),
                    statement.element(f"Not{name}", key=True),
                )
                yield policy.finding(CODE, message, *places, hint="keep one of the two")
