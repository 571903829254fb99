"""Policies as people name them: a file, inline JSON, a name, or the ARN of a managed policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_owned_by_aws
from iamsim.core.data_class import dataclass, field
from iamsim.core.decision import PolicyType
from iamsim.core.errors import WorldError
from iamsim.core.span import Source, Span
from iamsim.core.suggest import did_you_mean
from iamsim.files.reading import read_bytes

if TYPE_CHECKING:
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import AnyPolicy, World

_INLINE = ("{", "[")


def resource_policy_type(action: str, resource: str) -> PolicyType:
    """Say what a resource-based policy of this resource is: a role's is its trust policy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
    """
    arn = find_arn(resource)
    is_role = arn is not None and arn.service == "iam" and arn.resource.startswith("role/")
    trust = is_role and action.lower().startswith("sts:")
    return PolicyType.TRUST if trust else PolicyType.RESOURCE


@dataclass(slots=True)
class PolicyReader:
    """Reads policies once each; relative paths start at `folder`, names are looked up in `world`.

    A document may be inside of something else (`iamsim.core.wrapped_policy`), and a name that of an
    AWS managed policy. With `markers` a text may say that parts of it are not known.

    Raises `PolicyError` for a document that is no policy, `WorldError` for one that is not found.
    """

    folder: str = ""
    world: World | None = None
    account: str | None = None
    markers: bool = False
    _read: dict[tuple[str, str | None, PolicyType | None], Policy] = field(
        default_factory=dict, repr=False
    )

    def inline(
        self,
        document: Mapping[str, object],
        name: str,
        source: Source,
        policy_type: PolicyType | None,
    ) -> Policy:
        """Read a document that stands inside a file; paths of `source` start at the document."""
        from iamsim.syntax.read import parse_policy

        return parse_policy(document, name=name, source=source, policy_type=policy_type)

    def text(self, text: str | bytes, name: str, policy_type: PolicyType | None) -> Policy:
        """Read a document from text."""
        from iamsim.syntax.any_policy import read_any_policy

        return read_any_policy(text, name=name, policy_type=policy_type, markers=self.markers)

    def named(
        self,
        reference: str,
        policy_type: PolicyType | None,
        *,
        name: str = "inline policy",
        place: Span | None = None,
    ) -> Policy:
        """Read what `reference` names: inline JSON, a managed policy's ARN, a name, or a file."""
        if reference.lstrip().startswith(_INLINE):
            return self.text(reference, name, policy_type)
        key = (reference, self.account, policy_type)  # names are those of an account
        policy = self._read.get(key)
        if policy is None:
            policy = self._read[key] = self._find(reference, policy_type, place)
        return policy

    def _find(self, reference: str, policy_type: PolicyType | None, place: Span | None) -> Policy:
        if is_owned_by_aws(reference):
            return self._managed(reference, policy_type, place)
        known = self._in_world(reference)
        if known is not None:
            return self._of_world(known, policy_type, place)
        return self._file(reference, policy_type, place)

    def _managed(self, arn: str, policy_type: PolicyType | None, place: Span | None) -> Policy:
        from iamsim.catalog.managed import find_managed_policy, suggest
        from iamsim.core.json_text import locate_json
        from iamsim.syntax.read import parse_policy

        managed = find_managed_policy(arn)
        if managed is None:
            close = suggest(arn)
            raise WorldError(
                "unknown-managed-policy",
                f"there is no AWS managed policy `{arn}`",
                span=place,
                hint=f"did you mean `{close[0]}`?" if close else None,
            )
        source = Source(arn, managed.document_text, locate_json)
        return parse_policy(managed.document_text, name=arn, source=source, policy_type=policy_type)

    def _in_world(self, reference: str) -> AnyPolicy | None:
        from iamsim.world.builtin import find_built_in

        world = self.world
        if world is not None:
            account = world.accounts.get(self.account or "")
            if account is not None and reference in account.policies:
                return account.policies[reference]
            if reference in world.policies:
                return world.policies[reference]
        return find_built_in(reference)

    def _of_world(
        self, known: AnyPolicy, policy_type: PolicyType | None, place: Span | None
    ) -> Policy:
        from iamsim.world.model import PolicyDocument

        if isinstance(known, PolicyDocument):
            return self.inline(known.document, known.arn or known.name, known.source, policy_type)
        return self._managed(known.arn, policy_type, place)

    def _file(self, reference: str, policy_type: PolicyType | None, place: Span | None) -> Policy:
        path = os.path.join(self.folder, reference)  # noqa: PTH118 - pathlib costs start-up time
        if path.endswith((".yaml", ".yml")):
            return self._yaml_file(path, policy_type)
        try:
            content = read_bytes(path)
        except (OSError, ValueError) as error:
            arn = self._managed_by_name(reference) if isinstance(error, FileNotFoundError) else None
            if arn is not None:
                return self._managed(arn, policy_type, place)
            raise self._unreadable(reference, path, error, place) from error
        return self.text(content, path, policy_type)

    @staticmethod
    def _managed_by_name(reference: str) -> str | None:
        """The ARN of the AWS managed policy of that name."""
        from iamsim.catalog.managed import find_named_policy

        managed = find_named_policy(reference)
        return None if managed is None else managed.arn

    def _yaml_file(self, path: str, policy_type: PolicyType | None) -> Policy:
        from iamsim.syntax.any_policy import read_any_policy
        from iamsim.world.documents import read_document

        document = read_document(path)
        if not isinstance(document.data, dict):
            raise WorldError(
                "policy-not-a-map",
                "a policy is a map with `Version` and `Statement`",
                span=document.span(()),
            )
        return read_any_policy(
            document.data, name=path, source=document.source, policy_type=policy_type
        )

    def _unreadable(
        self, reference: str, path: str, error: Exception, place: Span | None
    ) -> WorldError:
        """Say that a reference leads nowhere, and which names would lead somewhere."""
        if isinstance(error, FileNotFoundError):
            message = f"there is no policy or file `{reference}`"
            return WorldError("policy-not-found", message, span=place, hint=self._hint(path))
        reason = (getattr(error, "strerror", None) or "not a file name").lower()
        return WorldError("file-not-readable", f"can't read `{path}`: {reason}", span=place)

    def _hint(self, path: str) -> str:
        folder, name = os.path.split(path)
        try:
            files = os.listdir(folder or ".")  # noqa: PTH208 - pathlib costs start-up time
        except OSError:
            files = []
        names = list(self.world.policies) if self.world is not None else []
        meant = {name: name for name in names}
        meant |= {file: os.path.join(folder, file) for file in files}  # noqa: PTH118 - as above
        kinds = "a file, inline JSON, the ARN of an AWS managed policy, or a known name"
        return did_you_mean(name, meant, shown=meant) or f"a policy is {kinds}"
