"""The check of a question: whether the action exists and acts on the resource, whether the caller
is listed where its account is, whether requests for it carry the context keys.

Worked out when somebody looks or where a decision is asserted, from the question alone; the
decision is made without it, and every action is decided, known or not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.operations import actions_of_operation
from iamsim.catalog.rules import action_rules
from iamsim.checks.arn_formats import ArnFormat, cut_arn
from iamsim.checks.reference import Reference
from iamsim.core.arn import find_arn
from iamsim.core.hint import Hint, HintKind
from iamsim.core.slips import is_slip
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.engine.question import NOTHING_ATTACHED, Question
from iamsim.engine.services.logs import DESCRIBE_LOG_GROUPS, is_all_log_groups
from iamsim.questions.called import actions_of_call
from iamsim.questions.near_misses import near_principal, near_resource, near_service
from iamsim.questions.resources import (
    account_is_amiss,
    fits,
    likely_arns,
    needs_resource,
    readable_formats,
    region_is_amiss,
    with_account,
    with_region,
    written,
)
from iamsim.questions.values import amiss, samples
from iamsim.syntax.ast import Policy

if TYPE_CHECKING:
    from iamsim.catalog import CatalogVersion
    from iamsim.core.answer import Answer
    from iamsim.world.model import World

EVERYTHING = "*"
MOST_MEANT = 3  # actions that are suggested
MANAGED_KEY = ":alias/aws/"
RESOURCE = "resource"  # among the unknown things: the resource is a pattern
TRUST_SERVICE = "sts:"
ENTITIES = frozenset({"user", "role", "assumed-role"})
PROVIDERS = frozenset({"saml-provider", "oidc-provider"})
GIVEN_PATHS = ("role/aws-reserved/", "role/aws-service-role/")  # of roles that AWS makes
_OTHER_RESOURCES = frozenset(
    {
        HintKind.RESOURCE_OF_OTHER_TYPE,
        HintKind.ACTION_WITHOUT_RESOURCE,
        HintKind.RESOURCE_LEFT_OUT,
    }
)

_references: list[tuple[CatalogVersion, Reference]] = []


def reference() -> Reference:
    """The facts, remembered until the catalog is another one."""
    version = catalog.version()
    if not _references or _references[0][0] != version:
        _references[:] = [(version, Reference())]
    return _references[0][1]


def acts_on(action: str, resource: str) -> bool:
    """Whether requests for an action may be about a resource; `*` stands for none."""
    hints = QuestionCheck().of_resource(action, resource)
    return not any(hint.kind in _OTHER_RESOURCES for hint in hints)


def checked(answer: Answer, question: Question, world: World | None) -> Answer:
    """The answer, which now says when asked what is wrong with its question."""
    answer.check = lambda: QuestionCheck(world).of_questions([question])
    return answer


class QuestionCheck:
    """Checks questions about one world, or about none; what was looked up once is remembered."""

    def __init__(self, world: World | None = None) -> None:
        """Ask of `world` who is listed."""
        self.world = world
        self.reference = reference()
        self._resources: dict[tuple[str, str, str], tuple[Hint, ...]] = {}
        self._principals: dict[str, tuple[Hint, ...]] = {}

    def of_questions(
        self,
        questions: Sequence[Question],
        *,
        together: tuple[str, ...] = (),
        shared_keys: Container[str] = frozenset(),
    ) -> tuple[Hint, ...]:
        """What is wrong with questions that are asked together, each thing once.

        A context key must be carried by one of their actions, or of the actions `together`; those
        of `shared_keys` (in lower case) need not.
        """
        found: dict[Hint, None] = {}
        for question in questions:
            found.update(dict.fromkeys(self._of_question(question)))
        if questions:
            actions = together or tuple(dict.fromkeys(question.action for question in questions))
            found.update(dict.fromkeys(self.of_context(questions[0], actions, shared_keys)))
            found.update(dict.fromkeys(self._of_left_open(questions[0], actions[0])))
        return tuple(found)

    def _of_question(self, question: Question) -> Iterator[Hint]:
        if not self._knows_policies() and _brings_nothing(question):
            yield self.hint(HintKind.NO_POLICIES, question.principal, question.action)
        if RESOURCE in question.unknown:
            if self.reference.action(question.action) is None:
                yield self.unknown_action(question.action)
        else:
            arn = find_arn(question.principal)
            account = arn.account if arn is not None else ""
            yield from self.of_resource(question.action, question.resource, account)
            if _brings_trust_of_no_role(question):
                kind = HintKind.TRUST_POLICY_OF_NO_ROLE
                yield self.hint(kind, question.resource, question.action)
        yield from self.of_principal(question)

    def _knows_policies(self) -> bool:
        """Whether there is a world with something in it."""
        return self.world is not None and bool(
            self.world.accounts or self.world.organization is not None
        )

    def of_resource(self, action: str, resource: str, account: str = "") -> tuple[Hint, ...]:
        """The action, and the resource that it was asked with by somebody of an account."""
        key = action, resource, account
        if self._is_left_out(action, resource):
            return ()
        if key not in self._resources:
            self._resources[key] = tuple(self._find_of_resource(action, resource, account))
        return self._resources[key]

    def _is_left_out(self, action: str, resource: str) -> bool:
        """Whether the service reference has a reason to leave a question out: no policy controls
        the call, an AWS managed key is asked for, by the alias that only it has, or all log groups
        as AWS's messages name them."""
        if action.lower() == DESCRIBE_LOG_GROUPS and is_all_log_groups(resource):
            return True
        facts = self.reference.action(action)
        if facts is None:
            return action_rules(action.lower()).granted == "no-policy"
        return MANAGED_KEY in resource and any(use.name == "key" for use in facts.resource_types)

    def _find_of_resource(self, action: str, resource: str, account: str) -> Iterator[Hint]:
        facts = self.reference.action(action)
        if facts is None:
            yield self.unknown_action(action)
            return
        if resource == EVERYTHING:
            if needs_resource(facts) and (formats := self.reference.formats_of(action)):
                shown = readable_formats(formats, resource)
                yield self.hint(HintKind.RESOURCE_LEFT_OUT, resource, action, formats=shown)
            return
        if not facts.resource_types:
            yield self.hint(HintKind.ACTION_WITHOUT_RESOURCE, resource, action)
            return
        arn = cut_arn(resource)
        formats = self.reference.formats_of(action)
        fitting = [form for form in formats if arn is not None and fits(form, arn)]
        if not formats:
            return
        if arn is None or not fitting:
            meant = self._listed(resource, action) or likely_arns(resource, formats, account)
            shown = readable_formats(formats, resource)
            kind = HintKind.RESOURCE_OF_OTHER_TYPE
            yield self.hint(kind, resource, action, suggestions=meant, formats=shown)
            return
        yield from self._find_of_place(resource, action, account, fitting)
        if action.lower().startswith(TRUST_SERVICE) and self._is_missing(resource):
            near = near_principal(resource, self.world) if self.world is not None else None
            meant = (near,) if near is not None else ()
            yield self.hint(HintKind.RESOURCE_NOT_LISTED, resource, action, suggestions=meant)

    def _find_of_place(
        self, resource: str, action: str, account: str, fitting: Sequence[ArnFormat]
    ) -> Iterator[Hint]:
        """The account and the Region of a resource, which is of a type that the action takes."""
        arn = cut_arn(resource)
        if arn is None:
            return
        shown = readable_formats(fitting, resource)
        if account_is_amiss(arn, fitting):
            own = with_account(arn, fitting, account)
            if region_is_amiss(own, fitting):
                own = with_region(own, fitting)
            meant = self._listed(resource, action) or (written(own),)
            kind = HintKind.RESOURCE_ACCOUNT_AMISS
            yield self.hint(kind, resource, action, suggestions=meant, formats=shown)
        elif region_is_amiss(arn, fitting):
            meant = self._listed(resource, action) or (written(with_region(arn, fitting)),)
            kind = HintKind.RESOURCE_REGION_AMISS
            yield self.hint(kind, resource, action, suggestions=meant, formats=shown)
        elif self.world is not None and self._is_slip_of_account(arn.account):
            meant = self._listed(resource, action)
            if meant:
                kind = HintKind.RESOURCE_ACCOUNT_AMISS
                yield self.hint(kind, resource, action, suggestions=meant, formats=shown)

    def _is_missing(self, resource: str) -> bool:
        """Whether a role is not listed where others of its account are."""
        arn = find_arn(resource)
        if arn is None or self.world is None or set(resource) & set("*?"):
            return False
        account = self.world.accounts.get(arn.account)
        made_by_aws = arn.resource.startswith(GIVEN_PATHS)
        if account is None or not account.roles or made_by_aws:
            return False
        return self.world.find_principal(resource) is None

    def _listed(self, resource: str, action: str) -> tuple[str, ...]:
        """The resource of the world that may have been meant."""
        if self.world is None or not resource.startswith("arn:"):
            return ()
        near = near_resource(resource, action, self.world)
        return () if near is None or not acts_on(action, near) else (near,)

    def _is_slip_of_account(self, account: str) -> bool:
        """Whether an account is not listed, and one slip away from one that is."""
        accounts = self.world.accounts if self.world is not None else {}
        return bool(account) and account not in accounts and is_slip(account, accounts)

    def of_principal(self, question: Question) -> tuple[Hint, ...]:
        """The caller: listed where its account is, unless the question brings its policies."""
        return (
            ()
            if question.attached.identity_policies is not None
            else self.of_caller(question.principal)
        )

    def of_caller(self, principal: str) -> tuple[Hint, ...]:
        """The same for a principal without a question."""
        if principal not in self._principals:
            self._principals[principal] = tuple(self._find_of_principal(principal))
        return self._principals[principal]

    def _find_of_principal(self, principal: str) -> Iterator[Hint]:
        arn = find_arn(principal)
        if arn is None:
            near = near_service(principal)
            if near is not None:
                yield self.hint(
                    HintKind.SERVICE_PRINCIPAL_UNKNOWN, principal, "", suggestions=(near,)
                )
            return
        world = self.world
        if world is None:
            return
        kind = arn.resource.partition("/")[0]
        account = world.accounts.get(arn.account)
        near = None
        if account is None:
            # Somebody of another account is a stranger, but for a slip in the account's number, and
            # where nobody knows for which account a template is.
            of_nobody = principal.replace(f":{arn.account}:", f":{NO_ACCOUNT}:")
            if world.find_principal(of_nobody) is not None:
                near = of_nobody
            elif self._is_slip_of_account(arn.account):
                near = near_principal(principal, world)
            if near is None:
                return
        elif kind in PROVIDERS:
            if not account.providers or principal in account.providers:
                return
        elif kind not in ENTITIES or world.find_principal(principal) is not None:
            return
        near = near or near_principal(principal, world)
        meant = (near,) if near is not None else ()
        yield self.hint(HintKind.PRINCIPAL_NOT_LISTED, principal, "", suggestions=meant)

    def lists_somebody(self, principal: str) -> bool:
        """Whether the world says who there is in the account of a principal."""
        arn = find_arn(principal)
        if arn is None or self.world is None or arn.account not in self.world.accounts:
            return False
        account = self.world.accounts[arn.account]
        return any((account.users, account.groups, account.roles, account.permission_sets))

    def of_context(
        self,
        question: Question,
        actions: Sequence[str],
        shared_keys: Container[str] = frozenset(),
    ) -> Iterator[Hint]:
        """The context keys that were given, against what requests for some of the actions carry."""
        yield from self.of_keys(question.context, actions, shared_keys)
        for key, value in question.context.items():
            facts = self.reference.key(key)
            wrong = amiss(value, facts) if facts is not None else None
            if facts is not None and wrong is not None:
                kind, subject = HintKind.CONTEXT_VALUE_AMISS, f"{key}={wrong}"
                yield self.hint(kind, subject, actions[0], formats=samples(facts))

    def _of_left_open(self, question: Question, action: str) -> Iterator[Hint]:
        """The keys that are said to be unknown or absent: misspelt, they leave none open. Keys that
        no request for the action carries are absent, whatever is said."""
        for key in sorted({*question.unknown, *question.unset}):
            if ":" in key and self.reference.key(key) is None and self._is_misspelled(key):
                yield self._unknown_key(key, action)

    def of_keys(
        self, keys: Iterable[str], actions: Sequence[str], shared_keys: Container[str] = frozenset()
    ) -> Iterator[Hint]:
        """The same for keys without a question."""
        for key in keys:
            facts = self.reference.key(key)
            if facts is None:
                if self._is_misspelled(key):
                    yield self._unknown_key(key, actions[0])
            elif key.lower() not in shared_keys and all(
                self.reference.never_sends(action, facts) for action in actions
            ):
                yield self.hint(HintKind.CONTEXT_KEY_NOT_SENT, key, actions[0])

    def _unknown_key(self, key: str, action: str) -> Hint:
        kind, near = HintKind.UNKNOWN_CONTEXT_KEY, catalog.suggest_condition_key(key)
        return self.hint(kind, key, action, suggestions=near)

    def _is_misspelled(self, key: str) -> bool:
        """Whether a key that nobody knows lies in a namespace that is known, or one slip away from
        it."""
        prefix, colon, _ = key.lower().partition(":")
        known = {"aws", *self.reference.services}
        return not colon or prefix in known or is_slip(prefix, known)

    def unknown_action(self, action: str) -> Hint:
        """An action that the snapshot lacks: retired, misspelled, or newer than it."""
        prefix = action.partition(":")[0].lower()
        suggestions = actions_of_operation(action) or actions_of_call(action)
        suggestions = suggestions[:MOST_MEANT] or self.reference.suggest(action)
        if catalog.is_retired(action) or prefix in self.reference.retired_services:
            return self.hint(HintKind.RETIRED_ACTION, action, action, suggestions=suggestions)
        known = prefix in self.reference.services
        kind = HintKind.UNKNOWN_ACTION if known else HintKind.UNKNOWN_SERVICE
        return self.hint(kind, action if known else prefix, action, suggestions=suggestions)

    def hint(
        self,
        kind: HintKind,
        subject: str,
        action: str,
        *,
        suggestions: tuple[str, ...] = (),
        formats: tuple[str, ...] = (),
    ) -> Hint:
        """Make a hint with the day of the snapshot."""
        return Hint(kind, subject, action, self.reference.snapshot, suggestions, formats)


def _brings_nothing(question: Question) -> bool:
    """Whether a question has no policy of any kind, so that nothing can be allowed."""
    return question.attached == NOTHING_ATTACHED and question.session.policies is None


def _brings_trust_of_no_role(question: Question) -> bool:
    """Whether the resource-based policy is one that only roles have: about calls of STS, without a
    resource.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    policy = question.attached.resource_policy
    arn = find_arn(question.resource)
    role = arn is not None and arn.service == "iam" and arn.resource.startswith("role/")
    if role or not isinstance(policy, Policy) or not policy.statements:
        return False
    return all(
        statement.resources is None
        and not statement.actions.negated
        and all(value.text.lower().startswith(TRUST_SERVICE) for value in statement.actions.values)
        for statement in policy.statements
    )
