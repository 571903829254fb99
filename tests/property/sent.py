"""Requests as AWS gets them: with the keys that every request of their kind has.

`sent_cases()` gives (world or None, request) of all kinds of cases, completed so.
"""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.layers import Case
from tests.oracle.presence import sent_keys
from tests.property.rarities import rare_cases
from tests.property.tape import Tape
from tests.property.worlds import cases, standalone_cases

Data = dict[str, Any]
MFA, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
LOOKS = {
    "text": ["blue", "User", "arn:aws:iam::111122223333:role/x"],
    "text?": ["blue", "arn:aws:iam::111122223333:oidc-provider/accounts.example"],
    "user id": ["AROAX:session", "AIDAX"],
    "Region": ["eu-west-1", "us-east-1"],
    "truth": ["true", "false"],
    "truth?": ["true", "false"],
    "number": ["60", "600", "7200"],
    "number?": ["60", "600", "7200"],
    "moment": ["2026-06-01T12:00:00Z"],
    "address": ["203.0.113.9", "198.51.100.7", "2001:db8::1"],
}


def sent_values(tape: Tape, world: Data | None, request: Data, unknown: list[str]) -> Data:
    """Choose values for the keys that AWS sends with such a request and that nobody said, as the
    oracle sees it. Those in `unknown` are nobody's."""
    names = {key.lower() for key in unknown}
    given_ = request.get("context", {})
    kept = {key: value for key, value in given_.items() if key.lower() not in names}
    case = Case({**request, "context": {**kept, **dict.fromkeys(unknown)}}, world)
    values: Data = {}
    for key, looks in sent_keys(case).items():
        if key.lower() in case.context or key.lower() in names:
            continue
        if looks.endswith("?") and tape.chance(30):
            continue
        name = case.caller["session_name"]
        if key == "aws:userid" and case.caller["kind"] == "role":
            entity = (case.caller["entity"] or {}).get("id") or "AROAX"
            values[key] = f"{entity}:{name or 'someone'}"
            continue
        values[key] = tape.pick(LOOKS[looks])
    used = values.get(MFA, case.context.get(MFA.lower()))
    if used is None or used == "false":  # the age is there where MFA was used
        values.pop(AGE, None)
    elif used == "true" and AGE.lower() not in names | case.context.keys():
        values.setdefault(AGE, tape.pick(LOOKS["number"]))
    return values


def completed(case: tuple[Data | None, Data], tape: Tape) -> tuple[Data | None, Data]:
    """Tell the keys that AWS sends with a request and that nobody said."""
    world, request = case
    sent = sent_values(tape, world, request, [])
    return world, {**request, "context": {**request.get("context", {}), **sent}}


def sent_cases() -> st.SearchStrategy[tuple[Data | None, Data]]:
    """Generate cases of worlds, of rare things and of requests alone, with all that AWS sends."""
    alone = standalone_cases().map(lambda request: (None, request))
    tapes = st.binary(min_size=80, max_size=80).map(Tape)
    return st.builds(completed, st.one_of(cases(), rare_cases(), alone), tapes)
