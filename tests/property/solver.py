"""Identity-based policies as formulas of z3: a second reading of what a pair of them allows.

Written from AWS's pages on condition operators and on Null, without the package: the solver finds
requests of any length where `documents.py` tries those of a small universe. Policy variables are
left to that universe; what a pair needs beyond this raises `InexpressibleError`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import z3

from tests.property.documents import carries

Data = dict[str, Any]
MOST_VALUES = 3  # of aws:TagKeys: one for each statement's ForAnyValue that a pair can need
RESOURCE = "resource"
ANY = z3.Star(z3.AllChar(z3.ReSort(z3.StringSort())))
WORD = z3.Plus(z3.Union(z3.Range("a", "z"), z3.Range("0", "9")))
REST = z3.Plus(z3.Range("!", "~"))
SHAPES = {
    "s3": z3.Concat(z3.Re("arn:aws:s3:::"), WORD, z3.Re("/"), REST),
    "iam": z3.Concat(z3.Re("arn:aws:iam::111122223333:role/"), WORD),
    "sqs": z3.Concat(z3.Re("arn:aws:sqs:us-east-1:111122223333:"), WORD),
}
ALWAYS_SENT = {"aws:CurrentTime", "aws:SecureTransport"}
ARN_KEY = "iam:AssociatedResourceArn"
TEXTS = ["aws:PrincipalTag/team", "aws:RequestTag/team", "aws:SourceVpce", ARN_KEY, "saml:doc"]
PLAIN = z3.Union(z3.Range("a", "z"), z3.Range("0", "9"), z3.Re("-"))
ARN = z3.Concat(
    z3.Re("arn:aws:"),
    z3.Plus(PLAIN),
    z3.Re(":"),
    z3.Star(PLAIN),
    z3.Re(":"),
    z3.Star(PLAIN),
    z3.Re(":"),
    REST,
)
BOOLEANS = ["aws:MultiFactorAuthPresent", "aws:SecureTransport"]


class InexpressibleError(Exception):
    """The pair says what this encoding leaves to the small universe."""


def glob(pattern: str, *, fold: bool = False) -> z3.ReRef:
    """A pattern with `*` and `?` as a regular expression."""
    parts = [z3.Re("")]
    for letter in pattern:
        if letter == "*":
            parts.append(ANY)
        elif letter == "?":
            parts.append(z3.AllChar(z3.ReSort(z3.StringSort())))
        else:
            parts.append(literal(letter, fold=fold))
    return z3.Concat(*parts) if len(parts) > 1 else parts[0]


def arn_glob(pattern: str) -> z3.ReRef:
    """A pattern for an ARN: in the first five of its six parts, wildcards keep to the part.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    colons, parts = 0, [z3.Re("")]
    inside = z3.Union(z3.Range("!", "9"), z3.Range(";", "~"))
    for letter in pattern:
        colons += letter == ":"
        if letter in "*?" and colons < 5:
            parts.append(z3.Star(inside) if letter == "*" else inside)
        else:
            parts.append(glob(letter))
    return z3.Concat(*parts)


def literal(text: str, *, fold: bool) -> z3.ReRef:
    """A text as it stands, or in any letter case."""
    if not fold:
        return z3.Re(text)
    parts = [z3.Union(z3.Re(name.lower()), z3.Re(name.upper())) for name in text]
    return z3.Concat(*parts) if len(parts) > 1 else parts[0]


def self_test() -> bool:
    """Whether this build of z3 reads wildcards: a release once broke them without a word."""
    text = z3.String("text")
    solver = z3.Solver()
    solver.add(z3.InRe(text, glob("a*?c")), z3.Length(text) < 3)
    if solver.check() != z3.unsat:
        return False
    solver = z3.Solver()
    solver.add(z3.InRe(text, glob("a*?c")), z3.Not(z3.InRe(text, glob("a?c"))))
    return bool(solver.check() == z3.sat)


class Encoding:
    """The variables of a request with one action, and what a policy says of them."""

    def __init__(self, action: str) -> None:
        """Make the variables, and what holds of them in every request."""
        self.action = action
        self.resource = z3.String(RESOURCE)
        self.present = {key: z3.Bool(f"has {key}") for key in (*TEXTS, *BOOLEANS)}
        for key in ("aws:SourceIp", "aws:CurrentTime", "s3:signatureAge", "aws:TagKeys"):
            self.present[key] = z3.Bool(f"has {key}")
        self.texts = {key: z3.String(key) for key in TEXTS}
        self.booleans = {key: z3.Bool(key) for key in BOOLEANS}
        self.numbers = {key: z3.Real(key) for key in ("aws:CurrentTime", "s3:signatureAge")}
        self.address = z3.BitVec("v4", 32)
        self.version_6 = z3.Bool("v6")
        self.address_6 = z3.BitVec("v6 address", 128)
        self.tags = [z3.String(f"tag {number}") for number in range(MOST_VALUES)]
        self.counted = [z3.Bool(f"has tag {number}") for number in range(MOST_VALUES)]
        team = z3.Or(
            *(
                z3.And(used, tag == "team")
                for used, tag in zip(self.counted, self.tags, strict=True)
            )
        )
        self.world = [
            z3.InRe(self.resource, SHAPES[action.partition(":")[0]]),
            *(self.present[key] for key in ALWAYS_SENT),
            *(z3.Not(has) for key, has in self.present.items() if not carries(action, key.lower())),
            z3.Not(z3.And(self.present["aws:SourceIp"], self.present["aws:SourceVpce"])),
            self.present["aws:TagKeys"] == z3.Or(*self.counted),
            z3.And(self.present["aws:TagKeys"], team) == self.present["aws:RequestTag/team"],
            *(z3.InRe(text, REST) for text in (*self.texts.values(), *self.tags)),
            z3.InRe(self.texts[ARN_KEY], ARN),
        ]

    def allows(self, statements: list[Data]) -> z3.BoolRef:
        """What must hold for a document to allow the request."""
        applies = [(statement["Effect"], self._applies(statement)) for statement in statements]
        return z3.And(
            z3.Or(*(formula for effect, formula in applies if effect == "Allow")),
            *(z3.Not(formula) for effect, formula in applies if effect == "Deny"),
        )

    def _applies(self, statement: Data) -> z3.BoolRef:
        """Whether a statement applies: every element of it."""
        listed = statement.get("Action") or statement["NotAction"]
        named = any(fnmatchcase(self.action.lower(), pattern.lower()) for pattern in listed)
        if named is ("NotAction" in statement):
            return z3.BoolVal(val=False)
        patterns = statement.get("Resource") or statement["NotResource"]
        if any("$" in pattern for pattern in patterns):
            raise InexpressibleError
        matches = z3.Or(*(z3.InRe(self.resource, glob(pattern)) for pattern in patterns))
        tests = [
            self._condition(operator, key, values)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        ]
        return z3.And(z3.Not(matches) if "NotResource" in statement else matches, *tests)

    def _condition(self, operator: str, key: str, values: list[str]) -> z3.BoolRef:
        """One operator on one key: absent keys, IfExists, set operators, Null."""
        if any("$" in value for value in values):
            raise InexpressibleError
        present = self.present[key]
        if operator == "Null":
            return z3.Or(*(z3.Not(present) if value == "true" else present for value in values))
        base = operator.removesuffix("IfExists")
        quantifier, colon, plain = base.rpartition(":")
        negated = "Not" in plain
        plain = plain.replace("Not", "")
        if colon:
            each = [
                (used, self._text(plain, tag, values) != negated)
                for used, tag in zip(self.counted, self.tags, strict=True)
            ]
            if quantifier == "ForAllValues":
                return z3.And(*(z3.Implies(used, holds) for used, holds in each))
            some = z3.Or(*(z3.And(used, holds) for used, holds in each))
            return z3.Or(z3.Not(present), some) if operator != base else some
        if key == "aws:TagKeys":
            raise InexpressibleError  # several values without a set operator
        holds = self._plain(plain, key, values)
        if negated:
            return z3.Or(z3.Not(present), z3.Not(holds))
        return z3.Or(z3.Not(present), holds) if operator != base else z3.And(present, holds)

    def _plain(self, operator: str, key: str, values: list[str]) -> z3.BoolRef:
        """Whether the one value of a key is what a positive operator wants."""
        if key == "aws:SourceIp":
            if not operator.startswith("IpAddress"):
                raise InexpressibleError  # an address as a text
            return z3.Or(*map(self._network, values))
        if key in self.booleans:
            return z3.Or(*(self.booleans[key] == (value == "true") for value in values))
        if key in self.numbers:
            return z3.Or(*(self._compared(operator, key, value) for value in values))
        if key not in self.texts:
            raise InexpressibleError
        return self._text(operator, self.texts[key], values)

    def _text(self, operator: str, text: z3.SeqRef, values: list[str]) -> z3.BoolRef:
        """Whether a text is one of those that are wanted."""
        if operator in ("ArnLike", "ArnEquals"):
            return z3.Or(*(z3.InRe(text, arn_glob(value)) for value in values))
        if operator in ("StringEquals", "BinaryEquals"):
            return z3.Or(*(text == value for value in values))
        if operator == "StringEqualsIgnoreCase":
            return z3.Or(*(z3.InRe(text, literal(value, fold=True)) for value in values))
        if operator == "StringLike":
            return z3.Or(*(z3.InRe(text, glob(value)) for value in values))
        raise InexpressibleError

    def _network(self, value: str) -> z3.BoolRef:
        """Whether the address lies in a network."""
        network = ipaddress.ip_network(value)
        version_6 = network.version == 6
        address = self.address_6 if version_6 else self.address
        size = 128 if version_6 else 32
        mask = z3.BitVecVal(int(network.netmask), size)
        inside = address & mask == z3.BitVecVal(int(network.network_address), size)
        return z3.And(self.version_6 == version_6, inside)

    def _compared(self, operator: str, key: str, value: str) -> z3.BoolRef:
        """Whether a number or a time compares as wanted."""
        wanted = (
            z3.RealVal(str(moment(value))) if operator.startswith("Date") else z3.RealVal(value)
        )
        have = self.numbers[key]
        name = operator.removeprefix("Date").removeprefix("Numeric")
        return {
            "Equals": have == wanted,
            "LessThan": have < wanted,
            "LessThanEquals": have <= wanted,
            "GreaterThan": have > wanted,
            "GreaterThanEquals": have >= wanted,
        }[name]

    def fixed(self, resource: str, context: Data) -> list[z3.BoolRef]:
        """What holds of the variables for one request."""
        facts = [self.resource == resource]
        for key, present in self.present.items():
            facts.append(present == (key in context))
        for key, value in context.items():
            if key in self.texts:
                facts.append(self.texts[key] == value)
            elif key in self.booleans:
                facts.append(self.booleans[key] == (value == "true"))
            elif key == "aws:CurrentTime":
                facts.append(self.numbers[key] == z3.RealVal(str(moment(value))))
            elif key in self.numbers:
                facts.append(self.numbers[key] == z3.RealVal(value))
            elif key == "aws:SourceIp":
                address = ipaddress.ip_address(value)
                facts.append(self.version_6 == (address.version == 6))
                variable = self.address_6 if address.version == 6 else self.address
                facts.append(variable == int(address))
            elif key == "aws:TagKeys":
                listed = [value] if isinstance(value, str) else list(value)
                if len(listed) > MOST_VALUES:
                    raise InexpressibleError
                for number, used in enumerate(self.counted):
                    facts.append(used == (number < len(listed)))
                for tag, name in zip(self.tags, listed, strict=False):
                    facts.append(tag == name)
            else:
                raise InexpressibleError
        return facts

    def request(self, model: z3.ModelRef) -> tuple[str, Data]:
        """The resource and the context of a request that the solver found."""
        context: Data = {}
        for key, present in self.present.items():
            if not z3.is_true(model.eval(present, model_completion=True)):
                continue
            if key in self.texts:
                context[key] = text_of(model, self.texts[key])
            elif key in self.booleans:
                value = model.eval(self.booleans[key], model_completion=True)
                context[key] = "true" if z3.is_true(value) else "false"
            elif key == "aws:CurrentTime":
                value = model.eval(self.numbers[key], model_completion=True)
                context[key] = datetime.fromtimestamp(seconds(value), UTC).isoformat()
            elif key in self.numbers:
                value = model.eval(self.numbers[key], model_completion=True)
                context[key] = format(seconds(value), ".6f")
            elif key == "aws:SourceIp":
                six = z3.is_true(model.eval(self.version_6, model_completion=True))
                number = model.eval(self.address_6 if six else self.address, model_completion=True)
                kind = ipaddress.IPv6Address if six else ipaddress.IPv4Address
                context[key] = str(kind(number.as_long()))
            else:
                context[key] = tuple(
                    text_of(model, tag)
                    for used, tag in zip(self.counted, self.tags, strict=True)
                    if z3.is_true(model.eval(used, model_completion=True))
                )
        return text_of(model, self.resource), context


def moment(value: str) -> int:
    """A date of ISO 8601 as seconds of the epoch."""
    time = datetime.fromisoformat(value)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


def seconds(value: z3.RatNumRef) -> float:
    """A number of a model."""
    return float(value.as_fraction())


def text_of(model: z3.ModelRef, text: z3.SeqRef) -> str:
    """A text of a model."""
    return str(model.eval(text, model_completion=True).as_string())
