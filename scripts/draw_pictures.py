"""Draw the pictures that the documentation shows, with the commands that it names.

    python scripts/draw_pictures.py [--check]

Each is drawn for the width of a page and, with `--narrow`, for a phone; a site shows the one that
fits, so that letters have the size in which they were drawn.

With `--check` nothing is written; pictures that are not current are named and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from iamsim.cli.main import main as iamsim

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"

DEPLOY = ("-p", "arn:aws:iam::111122223333:role/deploy")
HARBOR = ("--world", "corpus/examples/harbor")
REPORT = ("-r", "arn:aws:s3:::harbor-reports/finance/2026.csv")
TRAIL = ("-r", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main")
PICTURES = {
    "decision.svg": (*HARBOR, *DEPLOY, "-a", "s3:DeleteObject", *REPORT),
    "organization.svg": (
        *(*HARBOR, *DEPLOY, "-a", "cloudtrail:StopLogging", *TRAIL),
        *("--picture", "organization"),
    ),
    "chain.svg": (
        *(*HARBOR, "-p", "codebuild.amazonaws.com", "--assume", "pipeline", "--assume", "deploy"),
        *("-a", "s3:PutObject", *REPORT),
    ),
}


NARROW = "-narrow.svg"


def pictures() -> dict[str, tuple[str, ...]]:
    """The names of the files, and how each is drawn."""
    narrow = {
        name.replace(".svg", NARROW): (*arguments, "--narrow")
        for name, arguments in PICTURES.items()
    }
    return PICTURES | narrow


def draw(arguments: tuple[str, ...]) -> str:
    """Run the command of a picture, in the checkout, and give what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.svg"
        code = iamsim(["explain", *arguments, "--format", "svg", "-o", str(file)])
        if code:
            sys.exit(code)
        return file.read_text("utf-8")


def main() -> int:
    """Write the pictures, or say which are not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    os.chdir(ROOT)
    stale = []
    for name, arguments in pictures().items():
        path = FOLDER / name
        picture = draw(arguments)
        if path.is_file() and path.read_text("utf-8") == picture:
            continue
        stale.append(name)
        if not options.check:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(picture, encoding="utf-8")
    if stale:
        print(f"{'not current' if options.check else 'drawn'}: {', '.join(stale)}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
