"""Walk through a page as a reader does: save its files, type its commands, compare what comes back.

A page that begins with `MARK` is walked from top to bottom in one empty folder, in one shell. The
paragraph before a block that is a file ends in a sentence with the file's name, and a colon (in
Japanese a full stop). In a `console` block a
line after `$` is typed, and what follows is what the reader sees; `...` stands for some lines that
the page leaves out.
"""

from __future__ import annotations

import os
import re
import subprocess

MARK = "<!-- walked by tests/docs -->"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`([^`\n]+)`[^\n`]*[:\u3002]\n\n\Z")
END = "\n@@ ended: "


def is_walked(page):
    """Tell whether a page stands for itself, in an empty folder."""
    return page.read_text("utf-8").startswith(MARK)


def steps(text):
    """Give the files (name, content) and the commands (None, command, output) of a page."""
    for block in BLOCK.finditer(text):
        name = FILE.search(text, 0, block.start())
        if block[1] == "console":
            for part in re.split(r"^\$ ", block[2], flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield None, command, output
        elif name:
            yield name[1], block[2], ""


def script_of(text):
    """Make one shell script of a page: each command says at its end how it ended."""
    lines = []
    for number, (name, content, _) in enumerate(steps(text)):
        if name:
            lines.append(f"cat > '{name}' <<'END OF FILE {number}'\n{content}END OF FILE {number}")
        else:
            lines.append(f"{{ {content}\n}} 2>&1; code=$?; printf '\n@@ ended: %s\n' $code")
            lines.append("(exit $code)")
    return "\n".join(lines)


def pattern_of(output):
    """Make the pattern of what a reader sees: `...` stands for some lines."""
    parts = re.split(r"^\.\.\.\n", output, flags=re.MULTILINE)
    return r"(?:.*\n)+".join(re.escape(part) for part in parts)


def walk(text, folder, programs, **environment):
    """Walk through a page; raises AssertionError where it says something else than happens."""
    done = subprocess.run(
        ["/bin/bash", "-c", script_of(text)],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
            **environment,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100",
            "PYTHONUTF8": "1",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    assert done.stderr == ""
    commands = [(command, output) for name, command, output in steps(text) if not name]
    answers = re.findall(rf"(.*?){END}(\d+)\n", done.stdout, re.DOTALL)
    assert len(answers) == len(commands)
    following = [command for command, _ in commands[1:]] + [""]
    for (command, expected), (came, code), after in zip(commands, answers, following, strict=True):
        assert re.fullmatch(pattern_of(expected), came and f"{came.rstrip()}\n"), (command, came)
        assert code == "0" or after == "echo $?", (command, code)
