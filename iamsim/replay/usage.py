"""What a trail says of who used what, and when; and a world that knows it.

An attempt counts as use, allowed or not, as in IAM's own data:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html. A trail adds
uses to what a world knows. That something was *not* used follows from it only where the trail
reaches over the whole time and logs such calls: taking a role and signing in are management events
(https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html); calls of a service
are where no data events of it are left out, and an action where the trail has it from somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamsim.calls.events import read_event
from iamsim.core.arn import find_arn
from iamsim.core.errors import InputError
from iamsim.query.analyzer.since import read_time
from iamsim.replay.alike import Alike
from iamsim.replay.counting import BEFORE_IAM
from iamsim.replay.logs import LogProblem, records_of
from iamsim.world.items import ServiceAccess

if TYPE_CHECKING:
    from datetime import datetime

    from iamsim.world.model import Account, Role, User, World

TAKING = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
NEVER = "never"
MOST_KNOWN = 200_000  # outlines of records


@dataclass(slots=True)
class Usage:
    """Times of the last use, in ISO 8601, as the trail writes them.

    `principals` are by ARN, `actions` by ARN and name (``s3:GetObject``), `keys` by the id of the
    access key (`holders` has the ARN of its user), `passwords` by the ARN of the user. `accounts`
    are those that records came from, `first` and `last` the times of the first and the last record,
    `data_services` the prefixes of services whose data events the trail holds.
    """

    events: int = 0
    first: str = ""
    last: str = ""
    accounts: set[str] = field(default_factory=set)
    principals: dict[str, str] = field(default_factory=dict)
    actions: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    data_services: set[str] = field(default_factory=set)
    problems: list[LogProblem] = field(default_factory=list)

    def covers(self, limit: datetime, at: str) -> bool:
        """Whether the trail reaches from before `limit` to the day of `at`."""
        if not self.first:
            return False
        try:
            first, last, end = read_time(self.first), read_time(self.last), read_time(at)
        except (ValueError, OverflowError):
            return False
        return first <= limit and last.date() >= end.date()


def read_usage(
    files: Iterable[str], world: World, progress: Callable[[int], None] = lambda _: None
) -> Usage:
    """Read who used what from log files; `progress` is told how many files are done. What can't be
    read is in `Usage.problems`."""
    usage = Usage()
    asked = _Asked(Alike([world]))
    for done, file in enumerate(files, 1):
        for record in records_of(file, usage.problems):
            _note(usage, record, asked)
        progress(done)
    return usage


class _Asked:
    """The actions that records ask, remembered for records that can't differ."""

    def __init__(self, alike: Alike) -> None:
        self._alike = alike
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        outline = self._alike.outline(record)
        known = self._known.get(outline) if outline is not None else None
        if known is None:
            try:
                known = tuple(
                    dict.fromkeys(requested.action for requested in read_event(record).asked)
                )
            except InputError:
                known = ()
            if outline is not None and len(self._known) < MOST_KNOWN:
                self._known[outline] = known
        return known


def _note(usage: Usage, record: Mapping[str, Any], asked: _Asked) -> None:
    time = str(record.get("eventTime") or "")
    try:
        read_time(time)
    except (ValueError, OverflowError):
        usage.problems.append(LogProblem(str(record.get("eventID") or ""), "a record has no time"))
        return
    usage.events += 1
    usage.first = min(usage.first or time, time)
    usage.last = max(usage.last, time)
    account = record.get("recipientAccountId")
    if isinstance(account, str):
        usage.accounts.add(account)
    if any(word in str(record.get("errorCode") or "").lower() for word in BEFORE_IAM):
        return
    identity = record.get("userIdentity")
    caller = _caller(identity) if isinstance(identity, dict) else None
    name = str(record.get("eventName"))
    if name in TAKING and record.get("errorCode") is None:
        parameters = record.get("requestParameters")
        role = parameters.get("roleArn") if isinstance(parameters, dict) else None
        if isinstance(role, str):
            _later(usage.principals, role, time)
    if not isinstance(identity, dict) or caller is None:
        return
    _later(usage.principals, caller, time)
    if name == "ConsoleLogin":
        answer = record.get("responseElements")
        if isinstance(answer, dict) and answer.get("ConsoleLogin") == "Success":
            _later(usage.passwords, caller, time)
        return
    key = identity.get("accessKeyId")
    if isinstance(key, str) and key.startswith("AKIA"):
        _later(usage.keys, key, time)
        usage.holders[key] = caller
    managed = record.get("managementEvent") not in (False, "false")
    data = record.get("eventCategory") == "Data" or not managed
    for action in asked(record):
        _later(usage.actions.setdefault(caller, {}), action, time)
        if data:
            usage.data_services.add(action.partition(":")[0])


def _caller(identity: Mapping[str, Any]) -> str | None:
    """The ARN of the user, or of the role of the session, that called."""
    context = identity.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, dict) else None
    arn = issuer.get("arn") if isinstance(issuer, dict) else None
    arn = arn if isinstance(arn, str) else identity.get("arn")
    return arn if isinstance(arn, str) and find_arn(arn) is not None else None


def _later(times: dict[str, str], name: str, time: str) -> None:
    times[name] = max(times.get(name, ""), time)


def with_usage(model: World, usage: Usage, limit: datetime, at: str) -> World:
    """A world that knows what it knew and what a trail says; `model` stays as it is.

    Where the trail covers the time from `limit` to `at`, what it does not hold was not used.
    """
    logged: dict[str, set[str]] = {}
    for name in {name for actions in usage.actions.values() for name in actions}:
        service, _, action = name.partition(":")
        logged.setdefault(service, set()).add(action)
    whole = usage.covers(limit, at)
    accounts = {
        id_: _account(account, usage, logged if whole and id_ in usage.accounts else None)
        for id_, account in model.accounts.items()
    }
    return replace(model, accounts=accounts, _index=None)


def _account(account: Account, usage: Usage, logged: Mapping[str, set[str]] | None) -> Account:
    """One account; `logged` are the actions by service of a trail that covers the time."""
    told = any(role.last_used is not None for role in account.roles.values())
    if not told and logged is None:
        return replace(
            account, users={name: _user(user, usage, None) for name, user in account.users.items()}
        )  # one role's use would make those unused of which nobody says anything
    return replace(
        account,
        users={name: _user(user, usage, logged) for name, user in account.users.items()},
        roles={name: _role(value, usage, logged) for name, value in account.roles.items()},
    )


def _user(user: User, usage: Usage, logged: Mapping[str, set[str]] | None) -> User:
    known = user.access_keys
    keys = (
        None if known is None else _nameless([_key(entry, usage) for entry in known], user, usage)
    )
    signed_in = _latest(user.password_last_used, usage.passwords.get(user.arn))
    accessed = _accessed(user, usage, logged)
    return replace(user, access_keys=keys, password_last_used=signed_in, last_accessed=accessed)


def _key(key: object, usage: Usage) -> object:
    """What is known of an access key, with its last use."""
    if not isinstance(key, dict) or not isinstance(key.get("id"), str):
        return key
    known = key.get("last_used")
    seen = usage.keys.get(key["id"])
    if seen is None:
        return key
    return {**key, "last_used": _latest(known if known != NEVER else None, seen)}


def _nameless(keys: list[object], user: User, usage: Usage) -> tuple[object, ...]:
    """Keys of which nobody tells the id, as a credential report has them, with what the trail says
    of the user's other keys. Where it can't tell which of several was used, their use is unknown.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
    """
    named = {key.get("id") for key in keys if isinstance(key, dict)} - {None}
    seen = [
        time
        for key, time in usage.keys.items()
        if key not in named and usage.holders.get(key) == user.arn
    ]
    open_keys = [
        key
        for key in keys
        if isinstance(key, dict) and "id" not in key and key.get("status") != "Inactive"
    ]
    if not seen or not open_keys:
        return tuple(keys)
    all_used = len(seen) >= len(open_keys)

    def told(key: dict[str, object]) -> dict[str, object]:
        """One of them: all were used at least since the first of these times, or nobody knows."""
        known = key.get("last_used")
        if all_used:
            text = known if isinstance(known, str) and known != NEVER else None
            return {**key, "last_used": _latest(text, min(seen))}
        return {name: value for name, value in key.items() if name != "last_used"}

    return tuple(told(key) if key in open_keys else key for key in keys)


def _role(role: Role, usage: Usage, logged: Mapping[str, set[str]] | None) -> Role:
    used = _latest(role.last_used, usage.principals.get(role.arn))
    if used is None and logged is not None:
        used = NEVER
    return replace(role, last_used=used, last_accessed=_accessed(role, usage, logged))


def _accessed(
    entity: User | Role, usage: Usage, logged: Mapping[str, set[str]] | None
) -> Mapping[str, ServiceAccess] | None:
    """By service, what was known and what the trail adds; of somebody of whom nothing was known,
    what the trail tells where it is whole."""
    known = entity.last_accessed
    if known is None and logged is None:
        return None
    services: dict[str, ServiceAccess] = dict(known or {})
    if known is None and logged is not None:
        for name, actions in logged.items():
            whole = name in usage.data_services
            services[name] = ServiceAccess(None, dict.fromkeys(sorted(actions)), whole)
    for action, time in usage.actions.get(entity.arn, {}).items():
        name, _, action_name = action.partition(":")
        access = services.get(name, ServiceAccess(whole=False))
        times = dict(access.actions)
        if action_name in times:
            times[action_name] = _latest(times[action_name], time)
        services[name] = ServiceAccess(_latest(access.at, time), times, access.whole)
    return services


def _latest(first: str | None, second: str | None) -> str | None:
    """The later one of two times; what is no time is left alone."""
    if first is None or second is None:
        return first if second is None else second
    try:
        return max(first, second, key=read_time)
    except (ValueError, OverflowError):
        return second
