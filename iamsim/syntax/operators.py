"""The condition operators of the policy language, as data.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from enum import Enum

from iamsim.core.data_class import NamedTuple

IF_EXISTS = "IfExists"
SET_OPERATORS = ("ForAllValues", "ForAnyValue")


class Family(Enum):
    """What kind of values an operator compares."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    BINARY = "Binary"
    IP_ADDRESS = "IpAddress"
    ARN = "Arn"
    NULL = "Null"


class Operator(NamedTuple):
    """One operator without set operator and IfExists.

    `variables` says whether its values may hold policy variables. AWS's pages disagree about Bool;
    here it may.
    """

    name: str
    family: Family
    negated: bool = False
    if_exists: bool = True
    variables: bool = False


def _family(family: Family, names: str, *, variables: bool = False) -> list[Operator]:
    """Make the operators of one family; those with Not in the name are negated."""
    return [Operator(name, family, "Not" in name, variables=variables) for name in names.split()]


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        *_family(
            Family.STRING,
            "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase"
            " StringLike StringNotLike",
            variables=True,
        ),
        *_family(
            Family.NUMERIC,
            "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals"
            " NumericGreaterThan NumericGreaterThanEquals",
        ),
        *_family(
            Family.DATE,
            "DateEquals DateNotEquals DateLessThan DateLessThanEquals"
            " DateGreaterThan DateGreaterThanEquals",
        ),
        *_family(Family.BOOL, "Bool", variables=True),
        *_family(Family.BINARY, "BinaryEquals"),
        *_family(Family.IP_ADDRESS, "IpAddress NotIpAddress"),
        *_family(Family.ARN, "ArnEquals ArnNotEquals ArnLike ArnNotLike", variables=True),
        Operator("Null", Family.NULL, if_exists=False),
    )
}


class OperatorName(NamedTuple):
    """The parts of an operator as it stands in a Condition element.

    `set_operator` is ``ForAllValues``, ``ForAnyValue`` or `None`; `base` is a name of `OPERATORS`;
    `canonical` is false when the text differs in letter case from the documented spelling.
    """

    set_operator: str | None
    base: str
    if_exists: bool
    canonical: bool = True

    @property
    def operator(self) -> Operator:
        """The operator that `base` names."""
        return OPERATORS[self.base]

    @property
    def negated(self) -> bool:
        """Whether the operator holds when no value matches."""
        return OPERATORS[self.base].negated

    @property
    def text(self) -> str:
        """The documented spelling of the whole name."""
        prefix = f"{self.set_operator}:" if self.set_operator else ""
        return f"{prefix}{self.base}{IF_EXISTS if self.if_exists else ''}"


_NAMES = {
    name.text: name
    for operator in OPERATORS.values()
    for if_exists in ((False, True) if operator.if_exists else (False,))
    for set_operator in (None, *SET_OPERATORS)
    for name in (OperatorName(set_operator, operator.name, if_exists),)
}
_NAMES_IN_LOWER_CASE = {
    text.lower(): name._replace(canonical=False) for text, name in _NAMES.items()
}


def split_operator(text: str) -> OperatorName | None:
    """Take the name of a condition operator apart, or give `None` when there is no such operator.

    Letter case is not looked at, but `canonical` tells. ``NullIfExists`` does not exist.
    """
    name = _NAMES.get(text)
    if name is None and text.isascii():
        name = _NAMES_IN_LOWER_CASE.get(text.lower())
    return name


def operator_spellings() -> tuple[str, ...]:
    """Every name that a Condition element can hold, as documented."""
    return tuple(_NAMES)
