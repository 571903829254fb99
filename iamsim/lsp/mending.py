"""Mends of policies inside of templates and configurations.

The text of a template is no policy: a mend is made in the policy that the template comes to, and
offered only where the same change of the text makes the template come to the mended policy.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.checks.mending import mend
from iamsim.checks.mends import MENDS
from iamsim.checks.reading import read_view
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.inputs.found import find_in_content
from iamsim.syntax.splicing import Change, apply_changes

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView


def mend_template(view: PolicyView, finding: Finding, text: str, number: int) -> tuple[Change, ...]:
    """The changes of a text that mend a finding in its policy of a number; none where it is not
    certain that they do."""
    if finding.code not in MENDS:
        return ()
    name = view.source.name
    wanted = _mended(view, finding)
    if wanted is None or any(span.source.name != name for span in finding.spans):
        return ()
    try:
        changes = tuple(MENDS[finding.code].changes(view, finding))
        changed = apply_changes(text, changes)
        found = list(find_in_content(changed.encode(), name, [], given=False))
    except (ValueError, KeyError):
        return ()
    policies = [policy.data for policy in found if policy.name == name]
    return changes if number < len(policies) and policies[number] == wanted else ()


def _mended(view: PolicyView, finding: Finding) -> object:
    """The policy after the mend, by its own text; `None` where the engine does not agree."""
    text = json.dumps(view.raw, indent=2, default=str)
    source = Source(view.source.name, text, locate_json)
    alone = read_view(
        json.loads(text), source, view.policy_type, view.resource_type, view.reference
    )
    changes = mend(alone, [replace(finding, source=source)], (), "json").changes
    return json.loads(apply_changes(text, changes)) if changes else None
