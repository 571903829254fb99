"""`iamsim catalog`: the service reference, and merging AWS's own files over it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.cli import completion
from iamsim.cli.commands import Argument, Command, Group, output_options
from iamsim.cli.output import write_answer
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND", "use_file"]

VARIABLE = "IAMSIM_CATALOG"
DEFAULT_FILE = "service-reference.pack"


def use_file(path: str) -> None:
    """Answer from a file that `catalog refresh` wrote; raises `RequestError` when it is none."""
    from iamsim import catalog  # noqa: PLC0415 - `--help` needs no data

    catalog.use(path)
    try:
        catalog.version()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no service reference").lower()
        raise RequestError(
            "catalog-not-readable",
            f"can't read the service reference `{path}`: {reason}",
            hint=f"{VARIABLE} names a file that `iamsim catalog refresh` wrote",
        ) from error


def _show(options: Options, arguments: Sequence[str]) -> int:
    from iamsim import catalog  # noqa: PLC0415 - as above
    from iamsim.cli.catalog_search import carriers, unknown_name  # noqa: PLC0415
    from iamsim.report import catalog as report  # noqa: PLC0415

    name = arguments[0]
    service = catalog.find_service(name.partition(":")[0])
    action = catalog.find_action(name)
    if action is not None and service is not None:
        data = report.action_data(action, service)
        return write_answer(
            options,
            data,
            lambda width: report.action_text(action, service, width),
            quiet=f"{action.full_name}\n",
        )
    if service is not None and ":" not in name:
        names = "".join(f"{action.full_name}\n" for action in service.actions)
        return write_answer(
            options,
            report.service_data(service),
            lambda width: report.service_text(service, width),
            quiet=names,
        )
    key = catalog.find_condition_key(name) if ":" in name else None
    if key is None:
        raise unknown_name(name)
    found = carriers(key)
    return write_answer(
        options,
        report.key_data(name, key, found),
        lambda width: report.key_text(name, key, found, width),
        quiet=f"{key.name}\n",
    )


def _search(options: Options, arguments: Sequence[str]) -> int:
    from iamsim.cli.catalog_search import search  # noqa: PLC0415 - as above
    from iamsim.report.found import found_data, found_text  # noqa: PLC0415

    found = search(arguments)
    names = "".join(f"{one.name}\n" for one in found)
    return write_answer(
        options, found_data(found), lambda width: found_text(found, width), quiet=names
    )


def _services(options: Options, _arguments: Sequence[str]) -> int:
    from iamsim import catalog  # noqa: PLC0415 - as above
    from iamsim.report.catalog import services_text  # noqa: PLC0415

    services = [(prefix, catalog.service_name(prefix) or "") for prefix in catalog.services()]
    data = {"services": [{"prefix": prefix, "name": name} for prefix, name in services]}
    return write_answer(
        options,
        data,
        lambda width: services_text(services, width),
        quiet="".join(f"{prefix}\n" for prefix, _ in services),
    )


def _version(options: Options, _arguments: Sequence[str]) -> int:
    from iamsim import catalog  # noqa: PLC0415 - as above
    from iamsim.report.catalog import version_data, version_text  # noqa: PLC0415

    version = catalog.version()
    return write_answer(
        options,
        version_data(version),
        lambda width: version_text(version, width),
        quiet=f"{version.snapshot}\n",
    )


def _refresh(options: Options, arguments: Sequence[str]) -> int:
    from iamsim import catalog  # noqa: PLC0415 - as above
    from iamsim.report.refreshed import refreshed_data, refreshed_text  # noqa: PLC0415

    target = options["output"]
    path = target if isinstance(target, str) else os.environ.get(VARIABLE, DEFAULT_FILE)
    try:
        report = catalog.merge_service_reference(arguments, path)
    except OSError as error:
        reason = (error.strerror or "not a file name").lower()
        raise RequestError("output-not-writable", f"can't write `{path}`: {reason}") from error
    return write_answer(
        {**options, "output": None},
        refreshed_data(report, path),
        lambda width: refreshed_text(report, path, width, f"{VARIABLE}={path}"),
        quiet=f"{path}\n",
    )


COMMAND = Group(
    "catalog",
    "Look up the service reference: services, actions, resource types and condition keys.\n\n"
    f"{VARIABLE} may name a file that `catalog refresh` wrote; every command then uses it.",
    (
        Command(
            "show",
            "Show an action, a service or a condition key.",
            output_options("text", "json", quiet="Only the name; of a service, its actions."),
            _show,
            Argument("NAME", "Such as s3:GetObject, s3, or aws:SourceIp.", least=1, most=1),
            completion.catalog_names,
        ),
        Command(
            "search",
            "Find everything whose name holds all the words.\n\n"
            "A word with `*` or `?` is an action pattern, as policies write it.",
            output_options("text", "json", quiet="Only the names."),
            _search,
            Argument("WORDS", "Parts of names, in any letter case.", least=1),
        ),
        Command(
            "services",
            "List the services by the prefix of their actions.",
            output_options("text", "json", quiet="Only the prefixes."),
            _services,
        ),
        Command(
            "version",
            "Say of which day the service reference is, and what it holds.",
            output_options("text", "json", quiet="Only the day."),
            _version,
        ),
        Command(
            "refresh",
            "Merge AWS's own service reference files, which you downloaded, over what is shipped."
            f"\n\nWrites a file (`-o`, else {VARIABLE}, else {DEFAULT_FILE}); nothing is fetched.",
            output_options("text", "json", quiet="Only the name of the file."),
            _refresh,
            Argument("PATH", "JSON files of the service reference, or folders of them.", least=1),
        ),
    ),
)
