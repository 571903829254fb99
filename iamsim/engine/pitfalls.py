"""Notes about a call as a whole: what a person who asks this question should know besides.

None of them changes a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.reason import Note

if TYPE_CHECKING:
    from iamsim.core.request import Request
    from iamsim.engine.arrangement import Arrangement

__all__ = ["call_notes"]

ASSUME_ROLE = "sts:assumerole"  # AssumeRoleWithSAML and AssumeRoleWithWebIdentity begin like it
PASS_ROLE = "iam:passrole"  # noqa: S105 - an action, not a secret
TAGS_PASSED = "aws:requesttag/"
TAG_KEYS = "aws:tagkeys"
# Set by this call, or inherited from the session that makes it.
SOURCE_IDENTITIES = ("sts:sourceidentity", "aws:sourceidentity")
RESOURCE_TAGS = ("aws:resourcetag/", "iam:resourcetag/")


def call_notes(request: Request, arrangement: Arrangement) -> tuple[Note, ...]:
    """The notes that a request carries, whatever its policies decide.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if request.action.startswith(ASSUME_ROLE):
        return _of_assume_role(request)
    if request.action == PASS_ROLE and _reads_resource_tags(arrangement):
        return (Note.PASS_ROLE_RESOURCE_TAG,)
    return ()


def _of_assume_role(request: Request) -> tuple[Note, ...]:
    """Permissions that the same call needs as well, and a role that assumes itself."""
    context = request.context
    notes = []
    if context.get(TAG_KEYS) or any(key.startswith(TAGS_PASSED) for key in context):
        notes.append(Note.COMPANION_TAG_SESSION)
    if any(key in context for key in SOURCE_IDENTITIES):
        notes.append(Note.COMPANION_SET_SOURCE_IDENTITY)
    if request.resource == request.caller.principal_arn:
        notes.append(Note.SELF_ASSUMPTION)
    return tuple(notes)


def _reads_resource_tags(arrangement: Arrangement) -> bool:
    """Whether some statement about iam:PassRole reads a tag of the role that is passed."""
    return any(
        key.startswith(RESOURCE_TAGS)
        for station in arrangement.stations
        if station.policies is not None and station.applies
        for _, statement in station.policies.candidates(PASS_ROLE)
        for key in statement.keys
    )
