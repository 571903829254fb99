"""Running all checks over a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.codes import OPT_IN
from iamsim.checks.reading import TRUST_RESOURCE_TYPE, read_view, recognize_type
from iamsim.checks.reference import Reference
from iamsim.checks.registry import CHECKS
from iamsim.checks.rules import load_rules
from iamsim.checks.rules.json_syntax import syntax_finding
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.json_text import load_json, locate_json
from iamsim.core.span import Source

if TYPE_CHECKING:
    from collections.abc import Collection

    from iamsim.checks.finding import Finding

__all__ = ["Validator"]


class Validator:
    """Checks policies; what it looks up in the service reference is remembered between them.

    With `select`, only these codes are given; codes that are off by default come on when they are
    selected. Codes in `ignore` are never given.
    """

    def __init__(self, *, select: Collection[str] = (), ignore: Collection[str] = ()) -> None:
        """Load the checks."""
        load_rules()
        self._select = frozenset(select)
        self._ignore = frozenset(ignore)
        self._reference = Reference()

    def validate_text(
        self,
        text: str,
        name: str = "policy",
        policy_type: PolicyType | None = None,
        resource_type: str | None = None,
    ) -> tuple[Finding, ...]:
        """Check the JSON text of a policy. Its type is recognized where it is not given.

        A text that is not JSON gives one finding, and never an error.
        """
        source = Source(name, text, locate_json)
        try:
            raw = load_json(source, PolicyError, keep_numbers=True)
        except PolicyError as error:
            return self._chosen([syntax_finding(error, source)])
        return self.validate_data(raw, source, policy_type, resource_type)

    def validate_data(
        self,
        raw: object,
        source: Source,
        policy_type: PolicyType | None = None,
        resource_type: str | None = None,
    ) -> tuple[Finding, ...]:
        """Check a policy that is loaded already, from the source that knows its places."""
        if policy_type is None:
            is_trust = resource_type == TRUST_RESOURCE_TYPE
            policy_type = PolicyType.TRUST if is_trust else recognize_type(raw)
        view = read_view(raw, source, policy_type, resource_type, self._reference)
        return self._chosen([finding for check in CHECKS for finding in check.run(view)])

    def _chosen(self, findings: list[Finding]) -> tuple[Finding, ...]:
        """Keep what is wanted, in the order of the text."""
        if self._select:
            wanted = [finding for finding in findings if finding.code in self._select]
        else:
            wanted = [finding for finding in findings if finding.code not in OPT_IN]
        kept = [finding for finding in wanted if finding.code not in self._ignore]
        return tuple(sorted(kept, key=_order)) if len(kept) > 1 else tuple(kept)


def _order(finding: Finding) -> tuple[int, int, str]:
    """Where a finding starts, then how grave it is, then its code."""
    spans = finding.spans
    return spans[0].start if spans else 0, finding.finding_type.rank, finding.code
