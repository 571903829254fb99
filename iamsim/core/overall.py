"""The verdict over several pairs of action and resource: the call as a whole.

A call that needs several permissions goes through only when each of them is there; see
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.core.decision import Verdict

_WORST_FIRST = (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY, Verdict.CONDITIONAL)


def overall_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst verdict: allowed only when every one is."""
    seen = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in seen), Verdict.ALLOWED)
