"""The policies in Terraform's HCL: files that belong together are evaluated together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iamsim.core.caret import render_error
from iamsim.core.errors import WorldError
from iamsim.importers.options import SourceOptions
from iamsim.importers.terraform.hcl.policies import configured_policies, lost_policies
from iamsim.importers.terraform.hcl.roots import open_roots
from iamsim.inputs.found_policy import FoundPolicy, evaluated_policy
from iamsim.inputs.lost import FoundUnknown, left_open, open_within
from iamsim.inputs.policies import is_policy
from iamsim.syntax.hcl.file import HclFile, read_hcl


def find_in_configurations(
    files: Mapping[str, bytes], unreadable: list[str], lost: list[FoundUnknown] | None = None
) -> Iterator[FoundPolicy]:
    """Go through the policies of files of HCL, by their paths; those beside them are read, too.
    What has no value before it is deployed is told in `lost`.

    Policies that stand in other files, such as those of modules elsewhere, are left to these.
    """
    read: dict[str, HclFile] = {}
    broken: list[str] = []
    for path, content in files.items():
        try:
            read[path] = read_hcl(path, content.decode("utf-8-sig"))
        except WorldError as error:
            broken.append(path)
            unreadable.append(render_error(error))
        except UnicodeDecodeError as error:
            broken.append(path)
            unreadable.append(f"error: `{path}` is not UTF-8 text: byte {error.start}")
    yield from policies_of_files(read, broken, unreadable, lost)


def policies_of_files(
    files: Mapping[str, HclFile],
    broken: Sequence[str],
    unreadable: list[str],
    lost: list[FoundUnknown] | None = None,
) -> Iterator[FoundPolicy]:
    """Go through the policies of files of HCL that were read; `broken` could not be."""
    paths = {*files, *broken}
    try:
        for root in open_roots(files, broken, SourceOptions()):
            if paths & set(root.paths):
                # What they say is not known: it may bear on each policy of the configuration.
                unreadable += map(render_error, root.problems.values())
            for policy in configured_policies(root, is_policy):
                if not policy.files & paths:
                    continue
                if lost is not None:
                    lost += open_within(policy)
                yield evaluated_policy(policy, policy.source.name)
            if lost is not None:
                parts = (part for part in lost_policies(root) if part.span.source.name in paths)
                lost += map(left_open, parts)
            root.configured.close()
    except WorldError as error:
        unreadable.append(render_error(error))
