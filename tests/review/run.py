"""`python -m tests.review.run CHECKOUT`: every item of `items.yaml` against other code than this.

An item is a command in a folder of its own, and what has to come of it. A checkout of the commit
that was reviewed must fail each, and this code must pass each: `test_items.py` holds the second.
The first is written, with both exit codes and what was said, into the table of `README.md`:

    git worktree add ../reviewed 729dafd
    python -m tests.review.run ../reviewed --write

Keys of an item: `files` (text, or data that is written as JSON), `links`, `pipes`, `packed` (a gzip
file of so many blanks), `git` (a repository with all of it), `limits` (`seconds`, `memory` in
megabytes, `file` in bytes); `run`, whose first word is `iamsim`, `pytest`, `python`, `action`
(the step of action.yml, with its inputs) or `hook` (the entry of the hook, with names); `exit`,
`says` and `silent` (patterns of what is printed), `leaves` (files that hold a text, are the `same`,
or are not there: null).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import budgets

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
REVIEWED = "729dafd"
SECONDS = 60  # after which a command counts as one that does not end
START = "<!-- table -->\n"
HEAD = "| item | what it is about | then | now | what was said then |\n|---|---|---:|---:|---|\n"
Item = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What came of a command: its exit code (`None`: it did not end), what it printed, and what is
    amiss."""

    code: int | None
    printed: str
    amiss: tuple[str, ...]


def items() -> list[Item]:
    """All items, in order."""
    import yaml

    return list(yaml.safe_load((HERE / "items.yaml").read_text("utf-8"))["items"])


def _text(data: object) -> str:
    return data if isinstance(data, str) else json.dumps(data, indent=1)


def _samples(item: Item) -> dict[str, str]:
    """AWS's own policies below a folder, as `tests/data` keeps them."""
    if "samples" not in item:
        return {}
    texts = json.loads(gzip.decompress((ROOT / "tests/data/aws_samples.json.gz").read_bytes()))
    return {name: text for name, text in texts.items() if name.startswith(item["samples"])}


def prepare(item: Item, folder: Path) -> None:
    """Make the files of an item."""
    for name, data in item.get("files", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(_text(data), "utf-8")
    for name, text in _samples(item).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    for name, target in item.get("links", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)
    for name, size in item.get("made", {}).items():
        statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
        resources = [f"arn:aws:s3:::bucket-{number:04}/*" for number in range(size // 25)]
        document = {"Version": "2012-10-17", "Statement": {**statement, "Resource": resources}}
        (folder / name).write_text(json.dumps(document), "utf-8")
    for name in item.get("pipes", ()):
        os.mkfifo(folder / name)
    for name, size in item.get("packed", {}).items():
        with gzip.open(folder / name, "wb") as file:
            for _ in range(size // 1_000_000):
                file.write(b" " * 1_000_000)
    if item.get("git"):
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "t"]):
            subprocess.run([*git, *words], cwd=folder, check=True)


def words_of(item: Item, folder: Path, root: Path) -> tuple[list[str], dict[str, str]]:
    """The words of a command, and what it needs in its environment."""
    python = sys.executable
    if "budget" in item:
        ((name, size),) = item["budget"].items()
        return [python, "-m", "iamsim", *budgets.arguments(name, size, folder)], {}
    program, *given = shlex.split(item["run"])
    if program == "action":
        import yaml

        described = yaml.safe_load((root / "action.yml").read_text("utf-8"))
        inputs = {name: member["default"] for name, member in described["inputs"].items()}
        for word in given:
            name, _, value = word.partition("=")
            inputs[name] = value.replace("\\n", "\n")
        step = described["runs"]["steps"][-1]
        named = {
            name: re.search(r"inputs\.([a-z-]+)", member) for name, member in step["env"].items()
        }
        environment = {name: inputs[found[1]] for name, found in named.items() if found}
        environment["ACTION_PATH"] = str(root)
        shell = f'iamsim() {{ "{python}" -m iamsim "$@"; }}; export -f iamsim\n{step["run"]}'
        return ["bash", "-eo", "pipefail", "-c", shell], environment
    if program == "hook":
        import yaml

        hooks = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text("utf-8"))
        entry = hooks[0]["entry"].split()
        entry = entry[1:] if entry[0] == "python" else ["-m", *entry]
        return [python, *entry, *given], {}
    if program == "python":
        return [python, *given], {}
    return [python, "-m", program, *given], {}


def run(item: Item, folder: Path, root: Path) -> Outcome:
    """Run an item with the code of a checkout."""
    prepare(item, folder)
    words, environment = words_of(item, folder, root)
    limits = item.get("limits", {})

    def limit() -> None:
        if "memory" in limits:
            most = limits["memory"] * 1024 * 1024
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        if "file" in limits:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"], limits["file"]))

    seconds = limits.get("seconds", SECONDS)
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env={
                **os.environ,
                **environment,
                "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
                "PYTHONPATH": str(root),
                "ROOT": str(root),
                "PYTHONDONTWRITEBYTECODE": "1",
                "IAMSIM_CACHE": "",
                "XDG_CACHE_HOME": str(folder.parent / f"{folder.name}-cache"),
                "COLUMNS": "200",
            },
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=seconds,
            preexec_fn=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(None, "", (f"does not end within {seconds} s",))
    printed = (done.stdout + done.stderr).replace(str(root), "").replace(str(folder), "")
    return Outcome(done.returncode, printed, tuple(_amiss(item, folder, done.returncode, printed)))


def _amiss(item: Item, folder: Path, code: int, printed: str) -> list[str]:
    """What is not as the item says."""
    amiss = [] if code == item["exit"] else [f"exit code {code}"]
    if not re.search(item.get("says", ""), printed):
        amiss.append(f"does not say {item['says']!r}")
    if "silent" in item and re.search(item["silent"], printed):
        amiss.append(f"says {item['silent']!r}")
    for name, wanted in item.get("leaves", {}).items():
        path = folder / name
        text = path.read_text("utf-8") if path.is_file() else None
        before = _text(item["files"][name]) if wanted == "same" else wanted
        if text != before or (wanted is None and path.exists()):
            amiss.append(f"{name} is not as it was" if wanted else f"{name} is there")
    return amiss


def _said(outcome: Outcome) -> str:
    """The lines of an outcome that tell most, for a cell of the table."""
    lines = [line.strip() for line in outcome.printed.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("tests/", "=", ".", "warning"))]
    text = ascii((told or [""])[0])[1:-1].replace("|", "\\|").replace("`", "'")[:90]
    parts = [f"`{text}`"] if text else []
    return "; ".join(
        [*parts, *(name for name in outcome.amiss if not name.startswith("exit code"))]
    )


def _code(code: int | None) -> str:
    return "no end" if code is None else str(code)


def table(root: Path, only: str) -> tuple[list[str], list[str]]:
    """Run all items twice: rows, and the items that do not prove what they should."""
    rows, problems = [], []
    for item in items():
        if not re.match(only, item["item"]):
            continue
        outcomes = []
        for checkout in (root, ROOT):
            with tempfile.TemporaryDirectory() as folder:
                outcomes.append(run(item, Path(folder), checkout))
        then, now = outcomes
        if not then.amiss:
            problems.append(f"passed then: {item['item']} {item['about']}\n{then.printed[:600]}")
        if now.amiss:
            problems.append(
                f"fails now: {item['item']} {item['about']}: {now.amiss}\n{now.printed[:600]}"
            )
        cells = (item["item"], item["about"], _code(then.code), _code(now.code), _said(then))
        rows.append(f"| {' | '.join(cells)} |\n")
        print(rows[-1], end="", flush=True)
    return rows, problems


def main() -> int:
    """Print the table; 1 where an item does not prove anything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="a pattern of the numbers of items")
    given = parser.parse_args()
    rows, problems = table(given.checkout.resolve(), given.only)
    print(*problems, sep="\n")
    if given.write and not problems and not given.only:
        page = HERE / "README.md"
        before = page.read_text("utf-8").partition(START)[0]
        page.write_text(before + START + HEAD + "".join(rows), "utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
