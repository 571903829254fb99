"""Denies of a world that do nothing, and that AWS would refuse to store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError
from iamsim.core.reason import Note
from iamsim.core.unknown import is_open_key
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.inert import faults_of_deny
from iamsim.engine.inventory import policies_in_use

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.world.model import AnyPolicy, World

FAULTS = {
    Note.DENY_OF_UNLISTED_ACTION: "it has an action that AWS lists nowhere, or of another service",
    Note.DENY_OF_OTHER_RESOURCE: "it is about another resource than the policy",
    Note.DENY_ON_UNLISTED_KEY: "it hangs on a context key that AWS lists nowhere",
}


def idle_denies(model: World) -> Iterator[tuple[str, Span]]:
    """Give a sentence for each, and where it is written."""
    library = PolicyLibrary()
    for policy, use, resource in _held(model):
        try:
            compiled = library.compiled(policy, use)
        except IamsimError:
            continue  # said elsewhere
        for statement in compiled.statements:
            if statement.denies and not statement.empty:
                keys = [
                    condition.key for condition in statement.conditions if not condition.test({})
                ]
                named = [key for key in keys if not is_open_key(key)]
                for _, note in faults_of_deny(statement, named, resource):
                    span = statement.source.span(statement.path)
                    yield f"a Deny of `{policy.name}` does nothing: {FAULTS[note]}", span


def _held(model: World) -> Iterator[tuple[AnyPolicy, PolicyType, str | None]]:
    """The policies in use, with the resources that some are attached to."""
    for policy, use in policies_in_use(model):
        if use is not PolicyType.RESOURCE:
            yield policy, use, None
    for account in model.accounts.values():
        for resource in account.resources.values():
            if resource.policy is not None:
                yield resource.policy, PolicyType.RESOURCE, resource.arn
