"""A question from plain arguments: the one place where the interface and the commands make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iamsim.api.inputs import (
    ContextInput,
    PolicyArguments,
    attached_policies,
    check_account,
    check_texts,
    context_values,
    names_of,
    session_of,
    via_of,
)
from iamsim.engine.question import Question
from iamsim.engine.services.sts import is_trust_request
from iamsim.questions.names import principal_named, resource_named

if TYPE_CHECKING:
    from iamsim.world.model import World

NO_POLICIES: PolicyArguments = {}


def question_of(  # noqa: PLR0913 - the arguments are those of a scenario's request
    *,
    principal: str,
    action: str,
    resource: str = "*",
    context: ContextInput | None = None,
    session: Mapping[str, Any] | None = None,
    via: Mapping[str, Any] | None = None,
    unknown: Iterable[str] = (),
    partial: bool = False,
    unset: Iterable[str] = (),
    resource_account: str | None = None,
    policies: PolicyArguments = NO_POLICIES,
    world: World | None = None,
    at: str | None,
) -> Question:
    """Make a question; names of principals and resources that only one of the `world` has stand for
    its ARN. `at` is its time, where it has one.

    Raises `InputError` for what can't be asked or read.
    """
    check_texts(principal=principal, action=action, resource=resource)
    check_account(resource_account)
    resource = resource_named(resource, world)
    return Question(
        principal_named(principal, world),
        action,
        resource,
        context_values(context),
        names_of(unset),
        session_of(session),
        via_of(via),
        names_of(unknown),
        partial,
        resource_account,
        attached_policies(policies, is_trust=is_trust_request(action, resource)),
        at,
    )
