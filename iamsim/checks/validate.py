"""Running all checks over a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks import suppression
from iamsim.checks.reading import TRUST_RESOURCE_TYPE, read_view, recognize_type
from iamsim.checks.reference import Reference
from iamsim.checks.rules import load_rules
from iamsim.checks.rules.json_syntax import syntax_finding
from iamsim.checks.rules.policy_size import LONGEST, characters, policy_size
from iamsim.checks.rules.suppressions import unused_suppression
from iamsim.checks.selection import Selection
from iamsim.checks.view import CHECKS, PolicyView, RegisteredCheck
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.json_text import load_json, locate_json
from iamsim.core.span import Source, Span

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.suppression import SuppressedFinding, Suppression


class Examined(NamedTuple):
    """What was found in a policy: findings in the order of the text, those that somebody accepts,
    and the policy as the checks saw it (`None` for a text that is not JSON)."""

    findings: tuple[Finding, ...]
    suppressed: tuple[SuppressedFinding, ...] = ()
    view: PolicyView | None = None


class Validator:
    """Checks policies; what it looks up in the service reference is remembered between them.

    With `select`, only these codes are given; codes that are off by default come on when they are
    selected. Codes in `ignore` are never given. `today` (ISO 8601) is the day by which suppressions
    end; without it none ends.
    """

    def __init__(
        self,
        *,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        today: str | None = None,
    ) -> None:
        """Load the checks."""
        load_rules()
        self._selection = Selection(frozenset(select) if select else None, frozenset(ignore))
        self._today = today
        self._reference = Reference()
        self._last: tuple[Selection | None, tuple[RegisteredCheck, ...]] = None, ()

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
        return self.examine_text(text, name, policy_type, resource_type).findings

    def validate_data(
        self,
        raw: object,
        source: Source,
        policy_type: PolicyType | None = None,
        resource_type: str | None = None,
    ) -> tuple[Finding, ...]:
        """Check a policy that is loaded already, from the source that knows its places."""
        return self.examine_data(raw, source, policy_type, resource_type).findings

    def _checks_for(self, chosen: Selection) -> tuple[RegisteredCheck, ...]:
        """The checks of which some code is wanted; those of the last choices are kept."""
        if self._last[0] is not chosen:
            wanted = (check for check in CHECKS if any(map(chosen.wants, check.codes)))
            self._last = chosen, tuple(wanted)
        return self._last[1]

    def examine_text(
        self,
        text: str,
        name: str = "policy",
        policy_type: PolicyType | None = None,
        resource_type: str | None = None,
        *,
        selection: Selection | None = None,
        suppressions: Sequence[Suppression] = (),
    ) -> Examined:
        """Check the JSON text of a policy, with other choices and with suppressions."""
        source = Source(name, text, locate_json)
        try:
            raw = load_json(source, PolicyError, keep_numbers=True)
        except PolicyError as error:
            chosen = selection or self._selection
            return Examined(_ordered(chosen.choose([syntax_finding(error, source)])))
        return self.examine_data(
            raw, source, policy_type, resource_type, selection=selection, suppressions=suppressions
        )

    def examine_data(
        self,
        raw: object,
        source: Source,
        policy_type: PolicyType | None = None,
        resource_type: str | None = None,
        *,
        selection: Selection | None = None,
        suppressions: Sequence[Suppression] = (),
    ) -> Examined:
        """Check a policy that is loaded already, with other choices and with suppressions."""
        chosen = selection or self._selection
        if policy_type is None:
            is_trust = resource_type == TRUST_RESOURCE_TYPE
            policy_type = PolicyType.TRUST if is_trust else recognize_type(raw)
        view = read_view(raw, source, policy_type, resource_type, self._reference)
        if len(source.text) > LONGEST and characters(raw, None) > LONGEST:
            # Checks hold entries against each other, which takes hours where nobody set a limit.
            found = (syntax_finding(_too_long(source), source), *policy_size(view))
            return Examined(_ordered(chosen.choose(found)), (), view)
        findings = chosen.choose(
            finding for check in self._checks_for(chosen) for finding in check.run(view)
        )
        in_sids = tuple(suppression.sid_suppressions(view))
        standing, suppressed = suppression.apply(
            view, findings, (*in_sids, *suppressions), self._today
        )
        used = {id(suppressed_finding.suppression) for suppressed_finding in suppressed}
        unused = [
            unused_suppression(sid, self._today)
            for sid in in_sids
            if id(sid) not in used and chosen.wants(sid.code)
        ]
        return Examined(_ordered([*standing, *chosen.choose(unused)]), tuple(suppressed), view)


def _too_long(source: Source) -> PolicyError:
    return PolicyError(
        "text-too-large",
        f"the policy has more than {LONGEST:,} characters, and is not judged",
        span=Span(source, 0, 0),
        hint="no service of AWS takes as many: split it",
    )


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings into the order of the text, which need not be read for a single one."""
    found = tuple(findings)
    return tuple(sorted(found, key=_order)) if len(found) > 1 else found


def _order(finding: Finding) -> tuple[int, int, str]:
    """Where a finding starts, then how grave it is, then its code."""
    spans = finding.spans
    return spans[0].start if spans else 0, finding.finding_type.rank, finding.code
