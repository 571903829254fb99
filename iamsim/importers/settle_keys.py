"""Which key encrypts a resource, once all sources are read: aliases and ids become ARNs.

An alias stands for a key of its account and region:
https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html. An AWS managed key is called
by the ARN of its alias (`alias/aws/s3`), by which decisions know it for one, and is listed with
the policy that AWS gives it: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.suggest import did_you_mean
from iamsim.importers.key_ring import managed_key_policy, without_partition
from iamsim.importers.key_settings import NO_KEY

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record

ALIAS, AWS_MANAGED, KEY = "alias/", "alias/aws/", "key/"
MOST_HINTS = 50


class _Resource(NamedTuple):
    """A resource of the draft, and where it is; nobody may know the region of a bucket."""

    record: Record
    arn: str
    account: str
    partition: str
    region: str


class _Fault(Exception):  # noqa: N818 - no error of anybody's
    """What keeps a reference from being resolved."""


def settle_keys(draft: Draft) -> None:
    """Give every resource of which a source says so the ARN of its key, or `none`."""
    if not draft.keys.claims:
        return
    resolver = _Resolver(draft)
    for resource in list(_resources(draft)):
        for claim in draft.keys.claims_of(resource.arn):
            if claim.reference is None:
                continue
            draft.source = claim.source
            try:
                key = resolver.resolve(claim.reference, resource)
            except _Fault as fault:
                draft.remark(
                    "key-unknown",
                    f"which key encrypts {quote(resource.arn)} is not known: {fault}",
                    claim.place,
                    "unknown",
                )
            else:
                resource.record.set("kms_key", key, claim.place)
    draft.source = ""
    _list_keys(draft, resolver)


def _resources(draft: Draft) -> Iterator[_Resource]:
    """Go through the resources of all accounts."""
    for account_id, account in draft.data.get("accounts", {}).items():
        resources = account.get("resources") if isinstance(account, dict) else None
        for arn_text in list(resources) if isinstance(resources, dict) else ():
            arn = find_arn(arn_text)
            if arn is not None:
                region = arn.region or draft.keys.regions.get(without_partition(arn_text), "")
                record = draft.resource(arn_text, account_id)
                yield _Resource(record, arn_text, account_id, arn.partition, region)


class _Resolver:
    """Finds the keys that references mean."""

    def __init__(self, draft: Draft) -> None:
        """Take the aliases, and the keys that are listed."""
        self.aliases = draft.keys.aliases
        self.managed = {
            key: alias for alias, key in self.aliases.items() if f":{AWS_MANAGED}" in alias
        }
        self.hints: dict[str, str] = {}
        self.named: dict[tuple[str, str], list[str]] = {}
        """Keys and aliases by account and name."""
        listed = [resource.arn for resource in _resources(draft) if ":kms:" in resource.arn]
        for text in dict.fromkeys((*self.aliases, *listed)):
            arn = find_arn(text)
            if arn is not None and arn.service == "kms":
                self.named.setdefault((arn.account, arn.resource), []).append(text)

    def resolve(self, reference: str, resource: _Resource) -> str:
        """Give the ARN of a key, that of an alias for an AWS managed key, or `none`."""
        if reference == NO_KEY:
            return NO_KEY
        arn = find_arn(reference)
        if arn is not None:
            if arn.service == "kms" and arn.resource.startswith(ALIAS):
                return self._alias(reference, arn.resource)
            if arn.service == "kms" and arn.resource.startswith(KEY):
                return self.managed.get(reference, reference)
            raise _Fault(f"{quote(reference)} is no key")
        name = reference if reference.startswith((ALIAS, KEY)) else f"{KEY}{reference}"
        if resource.region:
            home = f"arn:{resource.partition}:kms:{resource.region}:{resource.account}"
            return self.resolve(f"{home}:{name}", resource)
        return self._without_region(name, resource.account)

    def _alias(self, alias: str, name: str) -> str:
        """Find the key behind an alias."""
        if name.startswith(AWS_MANAGED):
            return alias
        if alias in self.aliases:
            target = self.aliases[alias]
            return self.managed.get(target, target)
        raise _Fault(f"no source says what the alias {quote(alias)} stands for{self._hint(alias)}")

    def _hint(self, alias: str) -> str:
        """Suggest another alias of the account and region; for the first few, as it takes time."""
        if alias not in self.hints:
            home, _, name = alias.partition(f":{ALIAS}")
            home = f"{home}:{ALIAS}"
            others = [alias.removeprefix(home) for alias in self.aliases if alias.startswith(home)]
            near = did_you_mean(name, others) if len(self.hints) < MOST_HINTS else None
            # Names are compared without what all begin with.
            self.hints[alias] = "" if near is None else f"; {near.replace('`', f'`{ALIAS}', 1)}"
        return self.hints[alias]

    def _without_region(self, name: str, account: str) -> str:
        """Find the only alias or key of a name in an account, whatever its region."""
        found = self.named.get((account, name), [])
        if len(found) == 1:
            [only] = found
            return self._alias(only, name) if name.startswith(ALIAS) else only
        why = "several are called so" if found else "none of its account is called so"
        raise _Fault(f"no source says the region of the bucket, where {quote(name)} is; {why}")


def _list_keys(draft: Draft, resolver: _Resolver) -> None:
    """List AWS managed keys with their policies, and say which other keys' policies are missing."""
    resources = list(_resources(draft))
    policies = {resource.arn: resource.record.data.get("policy") for resource in resources}
    used = [resource.record.data.get("kms_key", NO_KEY) for resource in resources]
    named = {key for key in used if isinstance(key, str)}  # of others it is not known
    for key in sorted(named - {NO_KEY} - draft.keys.elsewhere):
        if policies.get(key) is not None:
            continue
        arn = find_arn(key)
        known = arn is not None and arn.account in draft.data.get("accounts", {})
        if known and f":{AWS_MANAGED}" in key:
            policy = policies.get(resolver.aliases.get(key, ""))
            draft.resource(key).set("policy", policy or managed_key_policy(key))
            continue
        draft.remark(
            "key-policy-unknown",
            f"the policy of the key {quote(key)} is in no source: `--with-dependencies` does not"
            " count the key",
            severity="unknown",
        )
