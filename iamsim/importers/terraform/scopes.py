"""Which account and region each provider configuration of a plan or a state works in.

Told by, in this order: the provider's arguments, `aws_caller_identity` and `aws_region`, the ARNs
of what exists; then by the user, and by another provider with the same credentials.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs#authentication-and-configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.core.unknown import find_marker
from iamsim.importers.lost import is_error
from iamsim.importers.misspelt import Properties
from iamsim.importers.resource_kinds import Scope, partition_of_region
from iamsim.importers.terraform.configuration import Configuration, constant, constant_texts, part

if TYPE_CHECKING:
    from iamsim.importers.options import SourceOptions
    from iamsim.importers.terraform.instances import Instance

UNKNOWN_REGION = "us-east-1"
# ARNs of other things of the same account, that people write out.
OWN_ARNS = ("arn", "permissions_boundary")
ALLOWED = "allowed_account_ids"
# Arguments by which providers of one configuration may work in several accounts.
CREDENTIALS = (
    "access_key",
    "assume_role",
    "assume_role_with_web_identity",
    "profile",
    "shared_config_files",
    "shared_credentials_files",
)


class Scopes:
    """Finds the scope of an instance; `account_used` and `region_used` note unknown ones."""

    def __init__(
        self,
        configuration: Configuration,
        instances: Iterable[Instance],
        evaluate: Callable[[object], object],
        options: SourceOptions,
    ) -> None:
        """Look through everything once; `evaluate` gives the value of a root expression."""
        self.configuration = configuration
        self.options = options
        self.account_used = False
        self.region_used = False
        self.accounts: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self._credentials: dict[str, dict[str, object]] = {}  # of those of whom they are told
        for key, provider in configuration.providers.items():
            expressions = Properties(provider).get("expressions", {})
            self._from_provider(key, expressions, evaluate)
            credentials = _credentials(expressions) if "name" in provider else None
            if credentials is not None:
                self._credentials[key] = credentials
        counts: dict[str, Counter[tuple[str, str]]] = {}
        for instance in instances:
            key = self.key(instance)
            self._from_data(key, instance)
            count = counts.setdefault(key, Counter())
            for name in OWN_ARNS:
                arn = find_arn(str(instance.values.get(name)))
                if arn is not None and is_account_id(arn.account):
                    count[("account", arn.account)] += 1
                if arn is not None and arn.region and name == "arn":
                    count[("region", arn.region)] += 1
        for key, count in counts.items():
            for (what, value), _ in sorted(count.items(), key=lambda item: (-item[1], item[0])):
                (self.accounts if what == "account" else self.regions).setdefault(key, value)
        self.fallback_region = options.region or _only(self.regions.values())

    def key(self, instance: Instance) -> str:
        """Give the provider configuration of an instance, as far as it is told."""
        if instance.provider is not None:
            return instance.provider
        key = self.configuration.provider_key(instance.address) or ""
        # A module that configures no provider of its own has that of the root.
        if not part(self.configuration.providers.get(key), "expressions"):
            key = key.rpartition(":")[2]
        return key

    def of(self, instance: Instance) -> Scope:
        """Give the scope of an instance: its own ARN says most, then its provider."""
        arn = find_arn(str(instance.values.get("arn")))
        key = self.key(instance)
        account = self.accounts.get(key) or self.options.account or self._shared(key)
        if arn is not None and is_account_id(arn.account):
            account = arn.account
        region = instance.values.get("region")
        region = region if isinstance(region, str) else self.regions.get(key)
        region = region or self.fallback_region
        if arn is not None and arn.region:
            region = arn.region
        self.account_used |= account is None
        partition = arn.partition if arn is not None else partition_of_region(region or "")
        return Scope(partition, region or UNKNOWN_REGION, account or NO_ACCOUNT)

    def region_known(self, instance: Instance) -> bool:
        """Say whether the region of an instance is told somewhere."""
        return bool(
            isinstance(instance.values.get("region"), str)
            or self.regions.get(self.key(instance))
            or self.fallback_region
        )

    def _shared(self, key: str) -> str | None:
        """Give the one account in which others work with the credentials of a provider."""
        own = self._credentials_of(key)
        others = self.accounts.items() if own is not None else ()
        return _only(told for other, told in others if self._credentials_of(other) == own)

    def _credentials_of(self, key: str) -> dict[str, object] | None:
        """Give the arguments that say whose credentials are used, `None` where they are lost."""
        return self._credentials.get(key, None if key else {})

    def _from_provider(
        self, key: str, expressions: object, evaluate: Callable[[object], object]
    ) -> None:
        """Read the arguments of a provider."""
        role = evaluate(part(part(expressions, "assume_role"), "role_arn"))
        arn = find_arn(role) if isinstance(role, str) else None
        allowed = constant_texts(part(expressions, ALLOWED))
        if arn is not None and is_account_id(arn.account):
            self.accounts[key] = arn.account
        elif len(allowed) == 1 and is_account_id(allowed[0]):
            self.accounts[key] = allowed[0]
        region = part(expressions, "region")
        value = constant(region) or evaluate(region)
        if isinstance(value, str):
            self.regions[key] = value

    def _from_data(self, key: str, instance: Instance) -> None:
        """Read data sources that say where a provider works."""
        values = instance.values
        if instance.address.mode != "data":
            return
        account = values.get("account_id")
        if instance.type == "aws_caller_identity" and isinstance(account, str):
            self.accounts.setdefault(key, account)
        region = values.get("region", values.get("name"))
        if instance.type == "aws_region" and isinstance(region, str):
            self.regions.setdefault(key, region)


def _credentials(expressions: object) -> dict[str, object] | None:
    """Give the arguments that say whose credentials are used; `None` where one is not told."""
    if not isinstance(expressions, dict) or is_error(expressions) or find_marker(expressions):
        return None
    written = Properties(expressions)
    given = {
        name: constant(value)
        for name in (*CREDENTIALS, ALLOWED)
        if (value := written.get(name)) is not None or name in written
    }
    allowed = given.pop(ALLOWED, [])
    return None if allowed is None or None in given.values() else given


def _only(values: Iterable[str]) -> str | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None
