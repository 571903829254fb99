"""What single keys, layers and comparisons are called when a residual is put into words."""

from __future__ import annotations

import re

from iamsim.core.data_class import NamedTuple
from iamsim.engine.formula import Slot
from iamsim.symbolic.layers import LAYERS, POLICY_IS_PUBLIC, RESOURCE_ACCOUNT, SESSION_NAME


class Words(NamedTuple):
    """How one key is spoken of: with one of some values, and with others."""

    is_one: str
    is_other: str


KNOWN: dict[str, Words] = {
    "aws:sourceip": Words(
        "the caller comes from {}", "the caller comes from an address outside {}"
    ),
    "aws:sourcevpce": Words(
        "the request goes through VPC endpoint {}",
        "the request goes through a VPC endpoint other than {}",
    ),
    "aws:sourcevpc": Words(
        "the request comes from VPC {}", "the request comes from a VPC other than {}"
    ),
    "aws:principalorgid": Words(
        "the caller belongs to organization {}",
        "the caller belongs to an organization other than {}",
    ),
    "aws:principalaccount": Words(
        "the caller belongs to account {}", "the caller belongs to an account other than {}"
    ),
    "aws:principalarn": Words("the caller is {}", "the caller is another than {}"),
    "aws:resourceorgid": Words(
        "the resource belongs to organization {}",
        "the resource belongs to an organization other than {}",
    ),
    "aws:requestedregion": Words("the Region is {}", "the Region is another than {}"),
    "aws:sourceaccount": Words(
        "the service acts for account {}", "the service acts for an account other than {}"
    ),
    "aws:sourcearn": Words("the service acts for {}", "the service acts for another than {}"),
    "kms:viaservice": Words(
        "the request comes through {}", "the request comes through another than {}"
    ),
}
KNOWN["aws:resourceaccount"] = KNOWN[RESOURCE_ACCOUNT] = Words(
    "the resource belongs to account {}", "the resource belongs to an account other than {}"
)
KNOWN[POLICY_IS_PUBLIC] = Words(
    "the unknown resource-based policy is public", "the unknown resource-based policy is not public"
)
# Patterns of aws:userid that ask for the name of the session only.
NAME_IN_USER_ID = re.compile(r"\*:[^:*?$]+")
SESSIONS = Words("the session is named {}", "the session has a name other than {}")
KNOWN[SESSION_NAME] = SESSIONS
# Keys whose last part is a name of the user's own.
TAGS = {
    "aws:principaltag/": "the caller's tag",
    "aws:requesttag/": "the request's tag",
    "aws:resourcetag/": "the resource's tag",
    "s3:existingobjecttag/": "the object's tag",
}
# What is compared in numbers and moments, with what stands behind the value.
MEASURES = {
    "aws:currenttime": ("the request is made", ""),
    "aws:epochtime": ("the request is made", ""),
    "aws:multifactorauthage": ("MFA was used", " seconds ago"),
    "aws:tokenissuetime": ("the session began", ""),
}
TRUTHS: dict[str, tuple[str, str]] = {
    "aws:multifactorauthpresent": ("MFA was used", "the session was made without MFA"),
    "aws:securetransport": ("the connection is encrypted", "the connection is not encrypted"),
    "aws:viaawsservice": (
        "an AWS service makes the call in the caller's name",
        "the caller makes the call itself",
    ),
    "aws:principalisawsservice": ("the caller is an AWS service", "the caller is no AWS service"),
}
LAYER_NAMES = {
    **{name: name.replace("-", " ") for name in LAYERS},
    Slot.RESOURCE.layer.value: "resource-based policy",
    Slot.IDENTITY.layer.value: "identity-based policy",
    Slot.VPC_ENDPOINT.layer.value: "policy of the VPC endpoint",
    Slot.PUBLIC_ACCESS.layer.value: "setting of S3 Block Public Access",
}
COMPARISONS = {
    "LessThan": ("less than", "at least"),
    "LessThanEquals": ("at most", "more than"),
    "GreaterThan": ("more than", "at most"),
    "GreaterThanEquals": ("at least", "less than"),
}
MOMENTS = {
    "LessThan": ("before", "not before"),
    "LessThanEquals": ("not after", "after"),
    "GreaterThan": ("after", "not after"),
    "GreaterThanEquals": ("not before", "before"),
}


def subject(key: str) -> str:
    """What a key is called within a sentence."""
    lowered = key.lower()
    for start, name in TAGS.items():
        if lowered.startswith(start):
            return f"{name} `{key[len(start) :]}`"
    return f"`{key}`"
