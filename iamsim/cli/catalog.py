"""`iamsim catalog`: the service reference, and merging AWS's own files over it."""

from __future__ import annotations

import os

from iamsim.cli import completion
from iamsim.cli.grammar import Argument, Arguments, Command, Group, Options
from iamsim.cli.output import not_writable
from iamsim.cli.world_options import DOCUMENT_FORMATS, PAGE_FORMATS, output, write_answer
from iamsim.core.errors import RequestError

VARIABLE = "IAMSIM_CATALOG"
DEFAULT_FILE = "service-reference.pack"


def use_file(path: str) -> None:
    """Answer from a file that `catalog refresh` wrote; raises `RequestError` when it is none."""
    from iamsim import catalog

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


def _show(options: Options, arguments: Arguments) -> int:
    from iamsim import catalog
    from iamsim.catalog.carriers import carriers
    from iamsim.cli.catalog_search import unknown_name
    from iamsim.report import catalog as report

    name = arguments[0]
    service = catalog.find_service(name.partition(":")[0])
    action = catalog.find_action(name)
    if action is not None and service is not None:
        return write_answer(
            options,
            lambda: report.action_document(action, service),
            lambda: report.action_data(action, service),
            lambda: [action.full_name],
        )
    if service is not None and ":" not in name:
        return write_answer(
            options,
            lambda: report.service_document(service),
            lambda: report.service_data(service),
            lambda: [action.full_name for action in service.actions],
        )
    key = catalog.find_condition_key(name) if ":" in name else None
    if key is None:
        raise unknown_name(name)
    found = carriers(key)
    return write_answer(
        options,
        lambda: report.key_document(name, key, found),
        lambda: report.key_data(name, key, found),
        lambda: [key.name],
    )


def _search(options: Options, arguments: Arguments) -> int:
    from iamsim.cli.catalog_search import search
    from iamsim.report import catalog as report

    found = search(arguments)
    return write_answer(
        options,
        lambda: report.found_document(found, arguments),
        lambda: report.found_data(found),
        lambda: [other_found.name for other_found in found],
    )


def _services(options: Options, _arguments: Arguments) -> int:
    from iamsim import catalog
    from iamsim.report.catalog import services_document

    services = [(prefix, catalog.service_name(prefix) or "") for prefix in catalog.services()]
    return write_answer(
        options,
        lambda: services_document(services),
        lambda: {"services": [{"prefix": prefix, "name": name} for prefix, name in services]},
        lambda: [prefix for prefix, _ in services],
    )


def _version(options: Options, _arguments: Arguments) -> int:
    from iamsim import catalog
    from iamsim.report import catalog as report

    version = catalog.version()
    return write_answer(
        options,
        lambda: report.version_document(version),
        lambda: report.version_data(version),
        lambda: [version.snapshot],
    )


def _refresh(options: Options, arguments: Arguments) -> int:
    from iamsim import catalog
    from iamsim.report import catalog as report

    target = options["output"]
    path = target if isinstance(target, str) else os.environ.get(VARIABLE, DEFAULT_FILE)
    try:
        merged = catalog.merge_service_reference(arguments, path)
    except OSError as error:
        raise not_writable(f"`{path}`", error) from error
    return write_answer(
        Options({**options, "output": None}),
        lambda: report.refreshed_document(merged, path, f"{VARIABLE}={path}"),
        lambda: report.refreshed_data(merged, path),
        lambda: [path],
    )


COMMAND = Group(
    "catalog",
    "Look up the service reference: services, actions, resource types and condition keys.\n\n"
    f"{VARIABLE} may name a file that `catalog refresh` wrote; every command then uses it.",
    (
        Command(
            "show",
            "Show an action, a service or a condition key.",
            output(*DOCUMENT_FORMATS, quiet="Only the name; of a service, its actions."),
            _show,
            Argument("NAME", "Such as s3:GetObject, s3, or aws:SourceIp.", least=1, most=1),
            completion.catalog_names,
        ),
        Command(
            "search",
            "Find everything whose name holds all the words.\n\n"
            "A word with `*` or `?` is an action pattern, as policies write it.",
            output(*DOCUMENT_FORMATS, quiet="Only the names."),
            _search,
            Argument("WORDS", "Parts of names, in any letter case.", least=1),
        ),
        Command(
            "services",
            "List the services by the prefix of their actions.",
            output(*DOCUMENT_FORMATS, quiet="Only the prefixes."),
            _services,
        ),
        Command(
            "version",
            "Say of which day the service reference is, and what it holds.",
            output(*PAGE_FORMATS, quiet="Only the day."),
            _version,
        ),
        Command(
            "refresh",
            "Merge AWS's own service reference files, which you downloaded, over what is shipped."
            f"\n\nWrites a file (`-o`, else {VARIABLE}, else {DEFAULT_FILE}); nothing is fetched.",
            output(*DOCUMENT_FORMATS, quiet="Only the name of the file."),
            _refresh,
            Argument("PATH", "JSON files of the service reference, or folders of them.", least=1),
        ),
    ),
)
