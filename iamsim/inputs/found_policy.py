"""A policy that was found in what people give, ready to be checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.reading import recognize_type

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.selection import Selection
    from iamsim.checks.suppression import Suppression
    from iamsim.checks.validate import Examined, Validator
    from iamsim.core.decision import PolicyType
    from iamsim.core.span import Path as ElementPath
    from iamsim.core.span import Source
    from iamsim.importers.placed import PlacedPolicy


class FoundPolicy(NamedTuple):
    """A policy to check. `text` is its JSON text; one inside another file has `data` and `source`
    instead, and stands there at `path`; `resource_type` is what holds an inline policy."""

    name: str
    text: str | None
    data: object = None
    source: Source | None = None
    policy_type: PolicyType | None = None
    path: ElementPath = ()
    resource_type: str | None = None
    is_wrapped: bool = False  # its text stands inside of another one
    is_evaluated: bool = False  # it is what a template comes to: nobody but its author mends that

    def check(
        self, validator: Validator, policy_type: PolicyType | None, resource_type: str | None
    ) -> tuple[Finding, ...]:
        """Run the checks, as the given type where one is given."""
        return self.examine(validator, policy_type, resource_type).findings

    def examine(
        self,
        validator: Validator,
        policy_type: PolicyType | None,
        resource_type: str | None,
        *,
        selection: Selection | None = None,
        suppressions: Sequence[Suppression] = (),
    ) -> Examined:
        """Run the checks, with other choices of codes and with suppressions."""
        kind = policy_type or self.policy_type
        resource_type = resource_type or self.resource_type
        if self.source is not None:
            return validator.examine_data(
                self.data,
                self.source,
                kind,
                resource_type,
                selection=selection,
                suppressions=suppressions,
            )
        return validator.examine_text(
            self.text or "",
            self.name,
            kind,
            resource_type,
            selection=selection,
            suppressions=suppressions,
        )


def evaluated_policy(placed: PlacedPolicy, name: str) -> FoundPolicy:
    """The policy that a template or a configuration of this name comes to."""
    kind, holder = placed.use
    return FoundPolicy(
        name,
        None,
        placed.data,
        placed.source,
        kind or recognize_type(placed.data),
        resource_type=holder,
        is_evaluated=True,
    )
