"""`iamsim schema`: the JSON Schemas of worlds, scenarios and answers, for editors."""

from __future__ import annotations

import json
from typing import Any

from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.output import write_output
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

NAMES = ("answer", "scenario", "world")


def schema_of(name: str) -> dict[str, Any]:
    """Make the schema of a name of `NAMES`."""
    if name == "world":
        from iamsim.world.schema import world_schema

        return world_schema()
    if name == "scenario":
        from iamsim.suites.schema import scenario_schema

        return scenario_schema()
    from iamsim.report.schema import answer_schema

    return answer_schema()


def _schema(options: Options, arguments: Arguments) -> int:
    name = arguments[0]
    if name not in NAMES:
        raise RequestError(
            "unknown-schema",
            f"there is no schema of `{name}`",
            hint=did_you_mean(name, NAMES) or f"there are those of {', '.join(NAMES)}",
        )
    text = json.dumps(schema_of(name), indent=2) + "\n"
    write_output(text, options.text("output"))
    return 0


COMMAND = Command(
    "schema",
    "Write the JSON Schema of a file format.\n\n"
    "Editors complete and check a file with it whose first line names it:"
    " `# yaml-language-server: $schema=world.schema.json`.",
    (
        Option(
            ("-o", "--output"),
            "Write to a file instead of standard output.",
            metavar="FILE",
            panel="Output",
        ),
    ),
    _schema,
    Argument("NAME", f"One of {', '.join(NAMES)}.", least=1, most=1),
    completes=lambda incomplete: [name for name in NAMES if name.startswith(incomplete)],
)
