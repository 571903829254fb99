"""A line of a shell: words without quotes; what the shell would fill in stays open.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from iamsim.core.errors import RequestError

OPEN = "*"  # stands for text that the shell fills in
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
VARIABLE = re.compile(r"\$(?:\{[^}]*\}|[A-Za-z_]\w*|[0-9?@*#])")
SEPARATORS = ("&&", "||", "|&", ";", "|", "&", "\n")
DOUBLE_ESCAPES = '"\\$`\n'


class Command(NamedTuple):
    """One command: what is assigned in front of it, its words, and what was filled in."""

    environment: dict[str, str]
    words: list[str]
    filled: list[str]


class _Scanner:
    """Reads a line from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.word: str | None = None
        self.filled: list[str] = []
        self.words: list[str] = []
        self.commands: list[tuple[list[str], list[str]]] = []
        self.skips_word = False

    def scan(self) -> list[tuple[list[str], list[str]]]:
        while self.at < len(self.text):
            self._step()
        self._end_command()
        return self.commands

    def _step(self) -> None:
        letter = self.text[self.at]
        if letter == "\\":
            self._escape()
        elif letter in "'\"":
            self._quoted(letter)
        elif letter in "$`" and self._fills():
            return
        elif letter == "#" and self.word is None:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        elif letter in "<>":
            self._redirection()
        elif separator := self._separator():
            self.at += len(separator)
            self._end_command()
        elif letter.isspace():
            self._end_word()
            self.at += 1
        else:
            self.word = (self.word or "") + letter
            self.at += 1

    def _escape(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following and following != "\n":
            self.word = (self.word or "") + following

    def _quoted(self, quote: str) -> None:
        start = self.at
        self.at += 1
        self.word = self.word or ""
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter == quote:
                self.at += 1
                return
            if (
                quote == '"'
                and letter == "\\"
                and self.text[self.at + 1 : self.at + 2] in DOUBLE_ESCAPES
            ):
                following = self.text[self.at + 1 : self.at + 2]
                self.word += "" if following == "\n" else following
                self.at += 2
            elif not (quote == '"' and letter in "$`" and self._fills()):
                self.word += letter
                self.at += 1
        raise RequestError(
            "unclosed-quote", f"the quote at column {start + 1} of the line is not closed"
        )

    def _fills(self) -> bool:
        """Take a variable or a command substitution; what it holds is not known."""
        if self.text.startswith("$(", self.at) or self.text[self.at] == "`":
            end = self._end_of_substitution()
        else:
            match = VARIABLE.match(self.text, self.at)
            if match is None:
                return False
            end = match.end()
        self.filled.append(self.text[self.at : end])
        self.word = (self.word or "") + OPEN
        self.at = end
        return True

    def _end_of_substitution(self) -> int:
        if self.text[self.at] == "`":
            end = self.text.find("`", self.at + 1)
            if end >= 0:
                return end + 1
        else:
            depth = 0
            for position in range(self.at + 1, len(self.text)):
                depth += {"(": 1, ")": -1}.get(self.text[position], 0)
                if depth == 0:
                    return position + 1
        raise RequestError(
            "unclosed-quote", f"the substitution at column {self.at + 1} of the line is not closed"
        )

    def _separator(self) -> str | None:
        for separator in SEPARATORS:
            if self.text.startswith(separator, self.at):
                return separator
        return None

    def _redirection(self) -> None:
        """Leave out ``> FILE`` and its kin, with a number in front."""
        if self.word is not None and self.word.isdigit():
            self.word = None
        self._end_word()
        while self.at < len(self.text) and self.text[self.at] in "<>&":
            self.at += 1
        self.skips_word = True
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def _end_word(self) -> None:
        if self.word is not None:
            if not self.skips_word:
                self.words.append(self.word)
            self.skips_word = False
        self.word = None

    def _end_command(self) -> None:
        self._end_word()
        if self.words:
            self.commands.append((self.words, self.filled))
        self.words, self.filled = [], []


def commands_of(text: str) -> list[Command]:
    """Cut a line into commands; raises `RequestError` for a quote that is not closed."""
    commands = []
    for words, filled in _Scanner(text).scan():
        environment: dict[str, str] = {}
        rest = list(words)
        while rest and (
            rest[0] in ("$", "%", ">", "sudo", "time", "env", "command", "exec", "export")
            or ASSIGNMENT.match(rest[0])
        ):
            word = rest.pop(0)
            if ASSIGNMENT.match(word):
                name, _, value = word.partition("=")
                environment[name] = value
        commands.append(Command(environment, rest, filled))
    return commands
