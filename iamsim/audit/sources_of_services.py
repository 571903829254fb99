"""For whom a statement lets AWS services in: the engine decides calls of a service for strangers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import TYPE_CHECKING

from iamsim.audit.asking import demands, resources_named
from iamsim.audit.limits import STRANGER
from iamsim.checks.rules.service_principals import WITHOUT_SOURCE
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.wildcard import example_of
from iamsim.engine.question import Question
from iamsim.query.batch.answers import decide_one, opened

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.audit.policies import Held
    from iamsim.compile.statement import CompiledStatement

ANYBODY = "anybody"
OF_SERVICES = ("aws:principalisawsservice", "aws:principalservicename")
ACCOUNT, ARN = "aws:SourceAccount", "aws:SourceArn"
ORGANIZATION = "aws:SourceOrgID"
SERVICE = "service:"
OF_THE_RESOURCE = "aws:resource"
SOME_SERVICE = "cloudtrail.amazonaws.com"
MOST_ASKED = 60


def stranger_served(
    looking: Looking, held: Held, statement: CompiledStatement
) -> tuple[Question, str] | None:
    """A call of a service for somebody outside that a statement allows, and for whom: an account or
    organization that it names, or anybody."""
    if statement.unknowns or statement.principals is None:
        return None
    services = _services(held, statement)
    if not services:
        return None
    action = looking.batch.universe.first(looking.batch.universe.mask(statement.actions))
    partition = looking.partition_of(held.account)
    named = (
        ()
        if held.use is PolicyType.TRUST
        else resources_named([statement], action.lower(), held.account, partition)
    )
    resource = next(iter(named), held.holder)
    sources = _sources(looking, held, statement)
    for service, (context, whose) in islice(product(services, sources), MOST_ASKED):
        question = Question(service, action, resource, context, now=looking.at_text)
        try:
            answer = decide_one(opened(question), looking.batch.world)
        except RequestError:
            continue
        keys = () if answer.residual is None else answer.residual.keys
        if any(key.lower().startswith(OF_THE_RESOURCE) for key in keys):
            continue  # what compares the source with the resource holds for no stranger
        if answer.possible and not looking.open_gap(held.holder, answer, ""):
            return question, whose
    return None


def _services(held: Held, statement: CompiledStatement) -> list[str]:
    """The services that a statement lets in: by name, or by a condition that only they meet."""
    granted = () if statement.principals is None else statement.principals.granted
    named = [name.removeprefix(SERVICE) for name in granted if name.startswith(SERVICE)]
    if held.use is PolicyType.TRUST:
        named = [name for name in named if not name.startswith(WITHOUT_SOURCE)]
    if "*" in granted and demands(statement, lambda key: key.startswith(OF_SERVICES), _is_told):
        told = [
            template.text
            for test in statement.conditions
            if test.key.startswith(OF_SERVICES[1])
            for template in test.values.templates
        ]
        named += [text for text in told if "*" not in text] or [SOME_SERVICE]
    return sorted(named)


def _is_told(_value: str) -> bool:
    """Every value tells that a service calls: nobody else has such a key."""
    return True


def _sources(
    looking: Looking, held: Held, statement: CompiledStatement
) -> Iterator[tuple[dict[str, str], str]]:
    """For whom a service may act: accounts and organizations outside that conditions name or that
    patterns fit, and a stranger."""
    model = looking.model
    inside = {*model.accounts, *model.index.nodes, held.account}
    texts: dict[str, list[str]] = {}
    for test in statement.conditions:
        if not test.operator.negated:
            values = [template.text for template in test.values.templates]
            texts.setdefault(test.key, []).extend(values)
    arns = texts.get(ARN.lower(), [])
    accounts = {STRANGER: ANYBODY}
    for text in (*texts.get(ACCOUNT.lower(), []), *(text.split(":")[4:5] for text in arns)):
        value = text if isinstance(text, str) else "".join(text)
        if is_account_id(value) and value not in inside:
            accounts[value] = value
        elif "*" in value or "?" in value:
            made = example_of(value, STRANGER)[: len(STRANGER)]
            accounts |= {made: ANYBODY} if is_account_id(made) and made not in inside else {}
    organizations = {"o-stranger0000": ANYBODY}
    own = None if model.organization is None else model.organization.id
    for text in texts.get(ORGANIZATION.lower(), []):
        if "*" in text or "?" in text:
            organizations[example_of(text, "stranger0000", "0")] = ANYBODY
        elif own is not None and text != own and "$" not in text:
            organizations[text] = text
    for account, whose in accounts.items():
        for organization, of in organizations.items():
            for arn, owner in dict(_arns(arns, account)).items():
                context = {ACCOUNT: account, ARN: arn, ORGANIZATION: organization}
                yield context, next((who for who in (whose, of) if who != ANYBODY), owner)


def _arns(patterns: list[str], account: str) -> Iterator[tuple[str, str]]:
    """ARNs of an account that patterns fit, and one of any, with whose they are: the ARN of a
    bucket names no account, and the name may be a stranger's one day.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    yield f"arn:aws:s3:us-east-1:{account}:stranger", ANYBODY
    for pattern in patterns:
        arn = find_arn(example_of(pattern, "stranger"))
        if arn is not None and arn.account:
            yield arn._replace(account=account).text, ANYBODY
        elif arn is not None:
            yield arn.text, f"whoever has `{arn.text}`" if arn.text == pattern else ANYBODY
