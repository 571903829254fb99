"""Build the policy templates of SAM from a pinned registry package.

    python scripts/build_sam_templates.py [--wheels FOLDER] [--output FILE]

The translator of SAM ships them as JSON; the statements and the names of the parameters are kept,
descriptions are left out. A wheel that FOLDER doesn't hold is downloaded with pip.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from pathlib import Path

from build_catalog import ROOT, SAM, fetch_wheel

OUTPUT = ROOT / "iamsim" / "importers" / "cloudformation" / "sam_policy_templates.json"
SOURCE = "samtranslator/policy_templates_data/policy_templates.json"


def build(wheel: Path) -> str:
    """Write one template a line."""
    with zipfile.ZipFile(wheel) as archive:
        templates = json.loads(archive.read(SOURCE))["Templates"]
    lines = []
    for name, template in sorted(templates.items()):
        kept = {
            "parameters": sorted(template["Parameters"]),
            "statements": template["Definition"]["Statement"],
        }
        lines.append(f"{json.dumps(name)}: {json.dumps(kept, separators=(',', ':'))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description="Build the policy templates of SAM.")
    parser.add_argument("--wheels", type=Path, help="folder that holds or receives the wheels")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        text = build(fetch_wheel(SAM, arguments.wheels or Path(temporary)))
    arguments.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
