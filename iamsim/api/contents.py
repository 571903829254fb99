"""What is in a world: its accounts, its organization, what dangles, and who may assume roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.role_chains import TrustedRole, trusted_roles
from iamsim.query.world_lint import LintFinding, LintSeverity, lint_world
from iamsim.query.world_stats import WorldStats, world_stats
from iamsim.report import trust, world_lint, world_show, world_tree
from iamsim.report import world_stats as stats_layout
from iamsim.report.unknowns import unknowns_data, unknowns_there, unverified_remarks

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import Batch
    from iamsim.report.document import Document, Remark
    from iamsim.world.model import Account, World


class _AboutAll(Result):
    """An answer about all that is there, with what of it is not known."""

    def __init__(self, world: CompiledWorld) -> None:
        self._model = world.model
        self._unknowns = world.unknowns()

    @property
    def unknowns(self) -> Sequence[UnknownInWorld]:
        """What is not known of policies."""
        return self._unknowns

    @property
    def _remarks(self) -> tuple[Remark, ...]:
        return (*unknowns_there(self._unknowns), *unverified_remarks(self._model.unverified))

    @property
    def _not_known(self) -> dict[str, object]:
        return {
            "unknowns": unknowns_data(self._unknowns),
            "unverified": self._model.unverified,
        }


class Contents(_AboutAll):
    """The principals, policies and resources of accounts."""

    def __init__(self, world: CompiledWorld, names: Sequence[str]) -> None:
        """Take the accounts that are named, else all; use `World.contents` to ask."""
        super().__init__(world)
        self.accounts: Sequence[Account] = [
            _account_named(name, self._model) for name in names
        ] or [account for _, account in sorted(self._model.accounts.items())]

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return world_show.accounts_document(self.accounts, self._model, self._remarks)

    def _data(self) -> dict[str, Any]:
        """The accounts as `iamsim world show --format json` has them."""
        accounts = [world_show.account_data(account, self._model) for account in self.accounts]
        return {"accounts": accounts, **self._not_known}

    def lines(self) -> list[str]:
        """The ARNs of principals and resources."""
        return world_show.show_names(self.accounts)


class Statistics(_AboutAll):
    """How much is in a world, and how near it is to quotas of AWS: in `statistics`."""

    def __init__(self, world: CompiledWorld) -> None:
        """Count; use `World.statistics` to ask."""
        super().__init__(world)
        self.statistics: WorldStats = world_stats(self._model)

    def _laid_out(self, *, verbose: bool = False) -> Document:
        return stats_layout.stats_document(self.statistics, self._remarks, verbose=verbose)

    def _data(self) -> dict[str, Any]:
        """The numbers as `iamsim world stats --format json` has them."""
        return {**stats_layout.stats_data(self.statistics), **self._not_known}

    def lines(self) -> list[str]:
        """The number of accounts."""
        return [str(len(self.statistics.accounts))]


class Organization(Result):
    """The organization as a tree, with the guardrails at its nodes."""

    def __init__(self, model: World, *, ascii_only: bool = False) -> None:
        """Wrap a world; use `World.organization` to ask."""
        self._model = model
        self._lines = world_tree.ASCII if ascii_only else world_tree.UNICODE

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return world_tree.tree_document(self._model, self._lines)

    def _data(self) -> dict[str, Any]:
        """The tree as `iamsim world tree --format json` has it."""
        return world_tree.tree_data(self._model)

    def lines(self) -> list[str]:
        """The ids of accounts."""
        return sorted(self._model.accounts)


class Lint(Result):
    """What dangles in a world: names that lead nowhere, policies attached to nothing."""

    def __init__(self, model: World) -> None:
        """Look; use `World.lint` to ask."""
        self.found: Sequence[LintFinding] = lint_world(model)

    def at_least(self, severity: str) -> list[LintFinding]:
        """Those that are an ``error``; from ``warning`` on also warnings, from ``note`` on all."""
        severities = list(LintSeverity)
        last = severities.index(LintSeverity(severity))
        return [finding for finding in self.found if severities.index(finding.severity) <= last]

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return world_lint.lint_document(self.found)

    def _data(self) -> dict[str, Any]:
        """The findings as `iamsim world lint --format json` has them."""
        return world_lint.lint_data(self.found)

    def lines(self) -> list[str]:
        """A line for each finding."""
        return world_lint.lint_lines(self.found)


class Trust(Result):
    """Who may assume which role: `roles`, each with everybody that can, for certain or under
    conditions."""

    def __init__(self, roles: Sequence[TrustedRole], model: World) -> None:
        """Wrap what was decided; use `World.trust` to ask."""
        self.roles = roles
        self._model = model

    @property
    def _models(self) -> Sequence[World]:
        return (self._model,)

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return trust.trust_document(self.roles)

    def _data(self) -> dict[str, Any]:
        """The roles as `iamsim world trust --format json` has them."""
        return trust.trust_data(self.roles)

    def lines(self) -> list[str]:
        """The roles, and how many can assume each."""
        return [f"{role.arn} {len(role.callers)}" for role in self.roles]


def find_trust(
    batch: Batch,
    names: Sequence[str],
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Trust:
    """Decide who can assume each role that is named, else all but service-linked ones."""
    model = batch.world.model
    roles = [_role_named(name, model) for name in names] or sorted(
        role.arn
        for account in model.accounts.values()
        for role in account.roles.values()
        if not role.service_linked
    )
    return Trust(trusted_roles(batch, roles, progress, processes), model)


def _account_named(name: str, model: World) -> Account:
    accounts = [
        account for account in model.accounts.values() if name in (account.id, account.name)
    ]
    if len(accounts) == 1:
        return accounts[0]
    if accounts:
        hint = f"say which by its id: {', '.join(sorted(account.id for account in accounts))}"
        raise RequestError("unknown-account", f"several accounts are called `{name}`", hint=hint)
    names = [
        text for account in model.accounts.values() for text in (account.id, account.name) if text
    ]
    hint = did_you_mean(name, names) or f"accounts are {', '.join(sorted(model.accounts))}"
    raise RequestError("unknown-account", f"the world has no account `{name}`", hint=hint)


def _role_named(name: str, model: World) -> str:
    """A role by its ARN, or by a name that only one account has."""
    roles = [role for account in model.accounts.values() for role in account.roles.values()]
    fitting = [role.arn for role in roles if name in (role.arn, role.name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        hint = f"say which by its ARN: {', '.join(sorted(fitting))}"
        raise RequestError("unknown-role", f"several roles are called `{name}`", hint=hint)
    known = [text for role in roles for text in (role.arn, role.name)]
    hint = did_you_mean(name, known) or "`iamsim world show` lists the roles"
    raise RequestError("unknown-role", f"the world has no role `{name}`", hint=hint)
