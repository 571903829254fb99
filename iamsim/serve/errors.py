"""Errors as AWS answers them.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

BAD_REQUEST, NOT_FOUND, NOT_IMPLEMENTED = 400, 404, 501


class ServiceError(Exception):
    """An answer that is an error: AWS's code, a message, and the status of HTTP.

    `facts` are further members of the body of a JSON error.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = BAD_REQUEST,
        facts: dict[str, object] | None = None,
    ) -> None:
        """Keep the parts."""
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.facts = facts or {}


def no_such_entity(what: str) -> ServiceError:
    """IAM has no such thing: `what` begins the sentence (`The user with name maya`)."""
    return ServiceError("NoSuchEntity", f"{what} cannot be found.", NOT_FOUND)


def validation_error(message: str) -> ServiceError:
    """A parameter that breaks a rule, as IAM says it."""
    return ServiceError("ValidationError", message)


def not_held(what: str) -> ServiceError:
    """AWS would know; a world does not hold it, so that any answer would be made up."""
    return ServiceError("NotImplemented", f"iamsim: {what}", NOT_IMPLEMENTED)
