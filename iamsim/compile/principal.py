"""Principal and NotPrincipal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.data_class import dataclass, field
from iamsim.core.errors import PolicyError
from iamsim.core.explanation import ClauseExplanation, Element
from iamsim.core.reason import Note, Reason
from iamsim.core.request import Caller, CallerKind, GrantKind, Request

if TYPE_CHECKING:
    from iamsim.core.span import Path, Source
    from iamsim.syntax.ast import PrincipalEntry, Principals

EVERYONE = "*"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
UNIQUE_IDS = ("AIDA", "AROA")
PRINCIPALS = {"iam": ("root", "user/", "role/"), "sts": ("assumed-role/", "federated-user/")}
REMEMBERED = 4  # for how many callers an element keeps its clauses
GRANT_NAMES = {
    kind.value: name.lower().replace("_", "-") for name, kind in GrantKind.__members__.items()
}


def entry_name(kind: str, text: str) -> str:
    """One spelling for all forms in which an entry can name the same principal.

    An account id and the ARN of the account's root are the same; a plain ``"*"`` and
    ``{"AWS": "*"}`` are the same. Nothing is trimmed and no wildcard acts.
    """
    if text == EVERYONE and kind in {EVERYONE, "AWS"}:
        return EVERYONE
    if kind == "AWS":
        if is_account_id(text):
            return f"account:{text}"
        arn = find_arn(text)
        if arn is not None and arn.service == "iam" and arn.resource == "root":
            return f"account:{arn.account}"
    return f"{kind.lower()}:{text}"


@dataclass(frozen=True, slots=True)
class PrincipalPattern:
    """One entry of a Principal element; `name` is its one spelling (see `entry_name`)."""

    kind: str
    text: str
    name: str
    element: Element
    source: Source = field(compare=False)
    path: Path
    stored: bool = True  # whether AWS stores an entry of this form

    def grant(self, caller: Caller) -> int:
        """What kind of grant the entry is to a caller, as `GrantKind`; 0 for none."""
        return caller.names.get(self.name, 0)

    def matches(self, request: Request) -> bool:
        """Whether the entry names the caller in some form."""
        return self.name in request.caller.names

    def explain(self, request: Request) -> ClauseExplanation:
        """Say whether this entry names the caller, and how."""
        caller = request.caller
        grant = self.grant(caller)
        return ClauseExplanation(
            self.element,
            self.text if self.kind in {EVERYONE, "AWS"} else f"{self.kind}: {self.text}",
            caller.arn,
            bool(grant),
            Reason.MATCHED if grant else Reason.PRINCIPAL_MISMATCH,
            self.source,
            self.path,
            grant=GRANT_NAMES.get(grant),
            notes=self._notes(caller, matched=bool(grant)),
        )

    def _notes(self, caller: Caller, *, matched: bool) -> tuple[Note, ...]:
        """The uncertain rules that this entry touches for this caller."""
        if matched:
            if caller.kind is CallerKind.SERVICE and self.name == EVERYONE:
                return (Note.WILDCARD_PRINCIPAL_AND_SERVICE,)
            if self.grant(caller) == GrantKind.FEDERATED_SOURCE.value:
                return (Note.FEDERATED_SOURCE_USER,)
            return ()
        if self.kind == "AWS" and self.text != EVERYONE and ("*" in self.text or "?" in self.text):
            return (Note.PRINCIPAL_WILDCARD_IN_ARN,)
        if self.kind == "CanonicalUser":
            told = any(name.startswith("canonicaluser:") for name in caller.names)
            return () if told else (Note.CANONICAL_USER,)
        if not self.stored:
            return (Note.PRINCIPAL_NOT_STORED,)
        if self.kind == "AWS" and self.text.startswith(UNIQUE_IDS):
            return (Note.PRINCIPAL_ID_UNKNOWN,) if caller.unique_id is None else ()
        session = f":assumed-role/{caller.name}/"
        if (
            caller.kind is CallerKind.ROLE_SESSION
            and not caller.session_name
            and session in self.text
        ):
            return (Note.SESSION_NAME_UNKNOWN,)
        role = caller.kind is CallerKind.ROLE_SESSION and self.text.endswith(f"/{caller.name}")
        if role and f":{caller.account}:role/" in self.text and caller.role_path_assumed:
            return (Note.ROLE_PATH_ASSUMED,)
        return ()


@dataclass(frozen=True, slots=True)
class PrincipalTest:
    """A Principal element: some entry must name the caller."""

    patterns: tuple[PrincipalPattern, ...]
    names: frozenset[str]
    element: Element = Element.PRINCIPAL
    _explained: dict[int, tuple[Caller, bool, list[ClauseExplanation]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    negated = False

    @property
    def granted(self) -> frozenset[str]:
        """The names that an Allow lets in."""
        return self.names

    def grants(self, caller: Caller) -> int:
        """All kinds of grant that the entries are to a caller, joined."""
        grants = 0
        for pattern in self.patterns:
            grants |= pattern.grant(caller)
        return grants

    def concerns(self, caller: Caller) -> bool:
        """Whether some entry names the caller."""
        return not self.names.isdisjoint(caller.names)

    def matches(self, request: Request) -> bool:
        """Whether some entry names the caller of the request."""
        return self.concerns(request.caller)

    def explain(self, request: Request) -> tuple[bool, list[ClauseExplanation]]:
        """Hold every entry against the caller; remembered for a few callers."""
        caller = request.caller
        known = self._explained.get(id(caller))
        if known is None:
            if len(self._explained) >= REMEMBERED:
                self._explained.clear()
            # The caller is kept beside it, so that its id stays its own.
            clauses = [pattern.explain(request) for pattern in self.patterns]
            known = self._explained[id(caller)] = caller, self.concerns(caller), clauses
        return known[1], known[2]


@dataclass(frozen=True, slots=True)
class NotPrincipalTest:
    """A NotPrincipal element: it hits every caller that it does not spare.

    Of a Deny a caller is spared only when each of its identities is listed: the account and the
    user or role. A caller with a permissions boundary is never spared. An Allow, which AWS stores
    and no longer supports, lets everyone in whom no entry names.
    """

    patterns: tuple[PrincipalPattern, ...]
    names: frozenset[str]
    denies: bool = True
    element = Element.NOT_PRINCIPAL
    negated = True

    @property
    def granted(self) -> frozenset[str]:
        """The names that an Allow lets in: everyone, of whom those who are listed are spared."""
        return frozenset({EVERYONE})

    def grants(self, caller: Caller) -> int:
        """What kind of grant an Allow is to a caller: to everyone, but for those who are named."""
        return 0 if self.spares(caller) else GrantKind.WILDCARD.value

    def spares(self, caller: Caller) -> bool:
        """Whether the caller is listed well enough."""
        if not self.denies:
            return not self.names.isdisjoint(caller.names)
        if caller.has_boundary:
            return False
        if EVERYONE in self.names:
            return True
        return bool(caller.layers) and not any(
            self.names.isdisjoint(layer) for layer in caller.layers
        )

    def concerns(self, caller: Caller) -> bool:
        """Whether the element hits the caller."""
        return not self.spares(caller)

    def matches(self, request: Request) -> bool:
        """Whether the element hits the caller of the request."""
        return self.concerns(request.caller)

    def explain(self, request: Request) -> tuple[bool, list[ClauseExplanation]]:
        """Hold every entry against the caller."""
        hits = self.matches(request)
        reason = Reason.PRINCIPAL_MISMATCH if hits else Reason.PRINCIPAL_SPARED
        note = Note.NOT_PRINCIPAL_IDENTITIES if self.denies else Note.ALLOW_WITH_NOT_PRINCIPAL
        if request.caller.has_boundary and self.denies:
            reason = Reason.PRINCIPAL_HAS_BOUNDARY
        return hits, [
            ClauseExplanation(
                Element.NOT_PRINCIPAL,
                pattern.text,
                request.caller.arn,
                self._lists(pattern, request.caller),
                reason,
                pattern.source,
                pattern.path,
                notes=(note,) if pattern.stored else (note, Note.PRINCIPAL_NOT_STORED),
            )
            for pattern in self.patterns
        ]

    def _lists(self, pattern: PrincipalPattern, caller: Caller) -> bool:
        """Whether an entry is one of those that spare a caller."""
        if not self.denies:
            return pattern.name in caller.names
        return any(pattern.name in layer for layer in caller.layers)


def compile_principals(
    principals: Principals, source: Source, *, denies: bool
) -> PrincipalTest | NotPrincipalTest:
    """Compile a Principal or NotPrincipal element of a statement that `denies` or allows.

    An element that lists nobody is about nobody, whichever it is. Raises `PolicyError`.
    """
    element = Element(principals.name)
    patterns = tuple(_compile_entry(entry, element, source) for entry in principals.entries)
    names = frozenset(pattern.name for pattern in patterns)
    if principals.negated and patterns:
        return NotPrincipalTest(patterns, names, denies)
    return PrincipalTest(patterns, names, element)


def _compile_entry(entry: PrincipalEntry, element: Element, source: Source) -> PrincipalPattern:
    """Compile one entry; raises `PolicyError` for an empty one, which AWS does not store."""
    text = entry.value.text
    if not text:
        raise PolicyError(
            "invalid-principal",
            f"an entry of `{element.value}` is empty",
            span=source.span(entry.value.path),
        )
    name = entry_name(entry.kind, text)
    stored = _is_stored(entry.kind, text)
    return PrincipalPattern(entry.kind, text, name, element, source, entry.value.path, stored)


def _is_stored(kind: str, text: str) -> bool:
    """Whether AWS stores an entry of this form: it refuses what can't be a principal, such as an
    account of nine digits, a group or a placeholder. Of what is deleted it keeps the unique id."""
    if kind in {"Service", "Federated"}:
        return "." in text or find_arn(text) is not None
    if kind != "AWS" or text == EVERYONE or is_account_id(text) or text.startswith(UNIQUE_IDS):
        return True
    arn = find_arn(text)
    if arn is None or arn.service not in PRINCIPALS:
        return False
    account = is_account_id(arn.account) or arn.account == "cloudfront"
    return account and not arn.region and arn.resource.startswith(PRINCIPALS[arn.service])
