"""What is known of the values that unknown keys may have: lists, and texts of a certain form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.wildcard import Wildcard
from iamsim.symbolic.strings import Form, Pattern

if TYPE_CHECKING:
    from iamsim.core.request import Request, Sent
    from iamsim.engine.situation import Situation

DIGITS = "0123456789"
ACCOUNT_FORM = Form(
    Pattern((Wildcard.QUESTION,) * 12), ("444455556666", "777788889999"), "{:012}", DIGITS
)
SOME_ROLE_ID = "AROAEXAMPLEID"


class Shapes(NamedTuple):
    """What unknown keys may hold. `listed` are those that may hold lists because a set operator
    reads them; a key with a form is always there, with one value of that form, and so is one of
    those `sent` that is not optional."""

    listed: frozenset[str] = frozenset()
    forms: tuple[tuple[str, Form], ...] = ()
    sent: tuple[tuple[str, Sent], ...] = ()

    def form_of(self, key: str) -> Form | None:
        """The form of a key's values, if it has one."""
        return next((form for name, form in self.forms if name == key), None)

    def sent_of(self, key: str) -> Sent | None:
        """What is known of a key that is sent."""
        return next((sent for name, sent in self.sent if name == key), None)

    def with_forms(self, forms: Iterable[tuple[str, Form]]) -> Shapes:
        """The shapes with more forms, which say more than that a key is sent."""
        more = tuple(forms)
        names = {name for name, _ in more}
        kept = tuple((name, form) for name, form in self.forms if name not in names)
        sent = tuple((name, entry) for name, entry in self.sent if name not in names)
        return Shapes(self.listed, (*kept, *more), sent)


ANYTHING = Shapes()


def shapes_of(situation: Situation, request: Request) -> Shapes:
    """What the unknown keys of a request may hold."""
    return Shapes(
        listed_keys(situation, request.action),
        tuple(
            (key, user_id_form(entry.role_id, entry.session_name))
            for key, entry in request.sent
            if entry.is_user_id
        ),
        tuple((key, entry) for key, entry in request.sent if not entry.is_user_id),
    )


def user_id_form(role_id: str | None, session_name: str | None = None) -> Form:
    """The form of aws:userid in a session of a role: the role's id, a colon, the session's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    some = (Wildcard.SEGMENT_QUESTION, Wildcard.SEGMENT_STAR)
    head = (*some, ":") if role_id is None else (f"{role_id}:",)
    shown = f"{role_id or SOME_ROLE_ID}:"
    if session_name is not None:
        usual, counted = f"{shown}{session_name}", f"{SOME_ROLE_ID}{{}}:{session_name}"
        return Form(Pattern((*head, session_name)), (usual,), counted)
    name = f"{shown}session"
    return Form(Pattern((*head, *some)), (name,), f"{name}{{}}", head=shown)


def listed_keys(situation: Situation, action: str) -> frozenset[str]:
    """The keys that a set operator reads in some statement about an action (in lower case).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    return frozenset(
        condition.key
        for station in situation.arrange(action).stations
        if station.policies is not None and station.applies
        for _, statement in station.policies.candidates(action)
        for condition in statement.conditions
        if condition.operator.set_operator is not None
    )
