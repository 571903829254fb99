"""What AWS's pages say of single actions beyond the service reference: dated facts, one a line.

Who may call, signed or not, which policies can grant an action, whether a grant reaches other
accounts, and on which objects the service refuses it whatever policies say. The file
``data/service_rules.txt`` has a section for each service; only the section that is asked for is
read::

    [PREFIX]
    page [DATE] URL                     where the facts below it stand; `*` is the action's name
    principal NAME                      the service principal, where it isn't PREFIX.amazonaws.com
    object NAME PATTERN ...             a kind of object, by its ARN
    FACT [OBJECT]: ACTION ...           `*` are all actions of the service without a fact like it

A question mark behind a fact says that AWS's pages do not settle it: it decides nothing, and
answers carry a note.
"""

from __future__ import annotations

from iamsim.catalog.facts import Facts
from iamsim.catalog.files import data_path
from iamsim.files.reading import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
CALLER_IDENTITY = "sts:getcalleridentity"
_FILE = "service_rules.txt"
# The facts by what they are about; the first of each is what holds where nothing is said.
_TOPICS = {
    "reach": ("any-account", "own-account", "own-account-if-signed"),
    "granted": ("any-policy", "both-policies", "services-only", "identity-only", "no-policy"),
    "signature": ("signed", "unsigned"),
    "callers": ("anyone", "management", "organization", "delegated", "member"),
}
_TOPIC_OF = {fact: topic for topic, facts in _TOPICS.items() for fact in facts}
# Facts that an action may have several of, the first two with an object.
_SETS = ("refused-on", "signed-on", "root-unlocks", "no-root", "identity-pool-only", "no-rcp")


class ActionRules(Facts):
    """The facts of one action.

    `reach` is ``any-account``, ``own-account`` or ``own-account-if-signed``: whether grants to
    other accounts work, and to callers without any. `granted` is ``any-policy``, ``both-policies``
    (in the own account, too, the resource's policy and the caller's must allow), ``services-only``
    (resource-based policies let nobody but AWS services in), ``identity-only`` (no resource-based
    policy reaches it) or ``no-policy`` (no policy controls it). `signature` is ``signed`` or
    ``unsigned`` (it may be). `callers` is ``anyone``, ``management`` (the organization's management
    account), ``organization`` (or a delegated administrator), ``delegated`` (only that) or
    ``member`` (a member account).
    `refused_on` and `signed_on` name kinds of objects: on which the service refuses the action, and
    which no unsigned call reaches. `root_unlocks`: the owner's root user isn't bound by the
    resource's policy. `no_root`: no root user makes the call. `identity_pool_only`: only sessions
    that an identity pool of Cognito gave out do. `no_rcp`: resource control policies leave it
    alone. `unsettled` are the facts, as written in the file, that AWS's pages leave open.
    """

    __slots__ = (
        "callers",
        "granted",
        "identity_pool_only",
        "no_rcp",
        "no_root",
        "reach",
        "refused_on",
        "root_unlocks",
        "signature",
        "signed_on",
        "unsettled",
    )
    callers: Final[str]
    granted: Final[str]
    identity_pool_only: Final[bool]
    no_rcp: Final[bool]
    no_root: Final[bool]
    reach: Final[str]
    refused_on: Final[frozenset[str]]
    root_unlocks: Final[bool]
    signature: Final[str]
    signed_on: Final[frozenset[str]]
    unsettled: Final[frozenset[str]]

    def __init__(self, facts: frozenset[str]) -> None:
        """Take the facts as written in the file."""
        said = {_TOPIC_OF[fact]: fact for fact in facts if fact in _TOPIC_OF}
        self.reach = said.get("reach", "any-account")
        self.granted = said.get("granted", "any-policy")
        self.signature = said.get("signature", "signed")
        self.callers = said.get("callers", "anyone")
        self.refused_on = _objects("refused-on ", facts)
        self.signed_on = _objects("signed-on ", facts)
        self.root_unlocks = "root-unlocks" in facts
        self.no_rcp = "no-rcp" in facts
        self.no_root = "no-root" in facts
        self.identity_pool_only = "identity-pool-only" in facts
        self.unsettled = frozenset(fact for fact in facts if "?" in fact)


class ServiceRules:
    """The facts of one service: its principal, its kinds of objects, and its actions' rules.

    `objects` are pairs of a name and a pattern of ARNs. Actions are given in lower case, without
    the service's prefix; those in `named` have rules of their own, all others share `others`.
    """

    __slots__ = ("_pages", "named", "objects", "others", "principal", "written")

    def __init__(self, prefix: str, lines: list[str]) -> None:
        """Read a section."""
        self.principal = f"{prefix}.amazonaws.com"
        self.objects: tuple[tuple[str, str], ...] = ()
        self.written: dict[str, str] = {}
        self._pages: dict[tuple[str, str], tuple[str, str | None]] = {}
        facts: dict[str, list[str]] = {"*": []}
        page: tuple[str, str | None] = ("", None)
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "page":
                date, blank, url = rest.rpartition(" ")
                page = url, date if blank else None
            elif word == "principal":
                self.principal = rest
            elif word == "object":
                name, *patterns = rest.split(" ")
                self.objects += tuple([(name, pattern) for pattern in patterns])
            else:
                fact, _, names = line.partition(": ")
                for name in names.split(" "):
                    lowered = name.lower()
                    self.written[lowered] = name
                    facts.setdefault(lowered, []).append(fact)
                    self._pages[fact, lowered] = page
        self.others = _rules(facts.pop("*"), [])
        general = [fact for fact, name in self._pages if name == "*"]
        self.named = {name: _rules(own, general) for name, own in facts.items()}

    def facts(self) -> tuple[tuple[str, tuple[str, ...], str, str | None], ...]:
        """Give every line: the fact, the actions as AWS writes them, the page, and its date."""
        found: dict[tuple[str, str, str | None], list[str]] = {}
        for (fact, name), (page, date) in self._pages.items():
            found.setdefault((fact, page, date), []).append(self.written[name])
        return tuple(
            [(fact, tuple(names), page, date) for (fact, page, date), names in found.items()]
        )

    def of(self, name: str) -> ActionRules:
        """Give the rules of an action."""
        return self.named.get(name, self.others)

    def page(self, name: str, fact: str) -> tuple[str, str | None] | None:
        """Give the page that says something of an action, and the date of that page where the
        fact is older than the file; None where the file doesn't say it. A fact about objects goes
        without the object."""
        lowered = name.lower()
        for of in (lowered, "*"):
            for (written, about), (url, date) in self._pages.items():
                if about == of and written.partition(" ")[0].rstrip("?") == fact:
                    return url.replace("*", self.written.get(lowered, name)), date
        return None


def _objects(prefix: str, facts: frozenset[str]) -> frozenset[str]:
    """The objects of all facts that begin with a text."""
    return frozenset(fact[len(prefix) :] for fact in facts if fact.startswith(prefix))


_shared: dict[frozenset[str], ActionRules] = {}


def _rules(own: list[str], general: list[str]) -> ActionRules:
    """The rules of an action: its own facts, and the service's about what these do not say; the
    same facts give the same object."""
    topics = {_TOPIC_OF.get(fact.rstrip("?")) for fact in own} - {None}
    facts = frozenset([*own, *[fact for fact in general if _topic(fact) not in topics]])
    found = _shared.get(facts)
    if found is None:
        found = _shared[facts] = ActionRules(facts)
    return found


def _topic(fact: str) -> str | None:
    return _TOPIC_OF.get(fact.rstrip("?"), fact)


_NONE = ServiceRules("", [])
PLAIN = _NONE.others  # the rules of an action of which nothing is said
_known: dict[str, ServiceRules] = {}
_text: list[str] = []


def _whole() -> str:
    """The file, read once."""
    if not _text:
        _text.append(read_text(data_path(_FILE)))
    return _text[0]


def service_rules(prefix: str) -> ServiceRules:
    """Give the facts of a service, by the prefix of its actions in lower case."""
    found = _known.get(prefix)
    if found is None:
        text = _whole()
        start = text.find(f"\n[{prefix}]\n")
        if start < 0:
            found = _NONE
        else:
            end = text.find("\n[", start + 2)
            lines = text[start : end if end > 0 else len(text)].split("\n")
            found = ServiceRules(
                prefix, [line for line in lines[2:] if line and not line.startswith("#")]
            )
        _known[prefix] = found
    return found


def action_rules(action: str) -> ActionRules:
    """Give the rules of an action, by its full name in lower case."""
    prefix, _, name = action.partition(":")
    return service_rules(prefix).of(name)


def calls_without_policies() -> frozenset[str]:
    """Give the calls, by their full names in lower case, that no policy controls: most carry a
    token of their own."""
    return frozenset(
        [
            CALLER_IDENTITY,
            *(
                f"{prefix}:{name}"
                for prefix in ruled_services()
                for name, rules in service_rules(prefix).named.items()
                if rules.granted == "no-policy"
            ),
        ]
    )


def ruled_services() -> tuple[str, ...]:
    """Give the prefixes of all services that the file has facts of, sorted as in the file."""
    lines = _whole().split("\n")
    return tuple([line[1:-1] for line in lines if line.startswith("[") and line.endswith("]")])


def rules_date() -> str:
    """Give the day of the facts that have no date of their own."""
    return _whole().split("\n", 1)[0].removeprefix("# date ")
