"""An answer as a document: what it says, in which order, without a word about formats.

One module lays out each kind of answer as a `Document`; the writers in `iamsim.report.writers` make
text, Markdown, CSV and HTML of any document. So every format says the same, and a new question
needs no renderer.

Sentences (titles, remarks, paragraphs) mark names with backticks: `arn:aws:s3:::reports`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from iamsim.core.data_class import NamedTuple, dataclass
from iamsim.core.decision import Outcome, Verdict

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.report.paint import Paint

Row = TypeVar("Row")
Row_contra = TypeVar("Row_contra", contravariant=True)  # a column of anything is one of a row


Json = dict[str, object]


class Form(StrEnum):
    """The formats that documents are written in."""

    TEXT = "text"
    MARKDOWN = "markdown"
    CSV = "csv"
    HTML = "html"


EVERY_FORM = frozenset(Form)
# Rows stand in groups under headings, so that a line stays short; what the heading says is no cell.
GROUPED = frozenset({Form.TEXT, Form.MARKDOWN})
# Rows stand in one table, in which each fact has a column of its own.
SEPARATE = frozenset({Form.CSV, Form.HTML})


class Badge(NamedTuple):
    """A word with a sign in front. `kind` is ``yes``, ``no``, ``open`` or ``none``."""

    kind: str
    word: str


class Cell(NamedTuple):
    """One cell: text, or a badge; `title` says more where somebody asks, `href` leads somewhere on
    the page. A cell that is `code` is shown as written."""

    text: str = ""
    badge: Badge | None = None
    title: str | None = None
    href: str | None = None
    code: bool = False

    @property
    def words(self) -> str:
        """What the cell says, where only text can stand."""
        return " ".join(part for part in (self.badge.word if self.badge else "", self.text) if part)


_VERDICTS: Mapping[Verdict, Badge] = {
    Verdict.ALLOWED: Badge("yes", "allowed"),
    Verdict.EXPLICIT_DENY: Badge("no", "denied explicitly"),
    Verdict.IMPLICIT_DENY: Badge("no", "denied"),
    Verdict.CONDITIONAL: Badge("open", "conditional"),
}
OUTCOME_KINDS: Mapping[Outcome, str] = {
    Outcome.ALLOW: "yes",
    Outcome.EXPLICIT_DENY: "no",
    Outcome.IMPLICIT_DENY: "no",
    Outcome.UNKNOWN: "open",
    Outcome.NOT_APPLICABLE: "none",
}


def verdict_badge(verdict: Verdict) -> Badge:
    """The badge of a verdict."""
    return _VERDICTS[verdict]


@dataclass(frozen=True, slots=True)
class Column(Generic[Row_contra]):
    """One column of a section.

    `of` gives what people read, `plain` what programs get in CSV where that is something else.
    `conditions` are sentences that the cell depends on: numbered behind it, with a legend, where
    rows are grouped, and a column ``condition`` of its own elsewhere. `width` is how wide it is at
    least in a terminal, in characters.
    """

    name: str
    of: Callable[[Row_contra], str | Badge | Cell]
    forms: frozenset[Form] = EVERY_FORM
    plain: Callable[[Row_contra], object] | None = None
    conditions: Callable[[Row_contra], Sequence[str]] | None = None
    code: bool = False
    width: int = 0

    def cell(self, row: Row_contra) -> Cell:
        """The cell of a row."""
        return _cell_of(self.of(row), code=self.code)


def words_of(content: str | Badge | Cell) -> str:
    """What a cell says, where only text can stand."""
    return content.word if isinstance(content, Badge) else _cell_of(content).words


def _cell_of(content: str | Badge | Cell, *, code: bool = False) -> Cell:
    if isinstance(content, Cell):
        return content
    return Cell(badge=content) if isinstance(content, Badge) else Cell(content, code=code)


def grouped(rows: Sequence[Row], word: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Rows by a word about each, in the order in which the words come first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(word(row), []).append(row)
    return groups


@dataclass(frozen=True, slots=True)
class Section(Generic[Row]):
    """Rows of one kind. `name` is a word that is unique in the document.

    `heading` groups rows, where that saves a column, and `subject` those below a heading in a
    terminal. `empty` is said where there are no rows; a section without rows and without `empty`
    is left out. In a terminal, a section that is `listed` has two columns, the second of which may
    need a line of its own, and one that is `headed` shows the names of its columns (many columns
    that are too wide for the terminal become cards); one of `cards` has a line for the first cell
    of a row and the others below, with their names; one that is `filled` writes the first cells
    after each other, as Markdown does too; one of `lines` writes as compilers do: the first two
    cells in a line, each other one below, after its name and a colon, one of several lines as it
    is. `forms` are the formats that have the section; `ending` is said below the rows. In a
    terminal, a section that is `sided` has a label and the two sides of a comparison in its first
    columns; the function says which rows differ.
    """

    name: str
    caption: str
    columns: tuple[Column[Row], ...]
    rows: Sequence[Row]
    heading: Callable[[Row], str] | None = None
    subject: Callable[[Row], str] | None = None
    empty: str = ""
    listed: bool = False
    headed: bool = False
    cards: bool = False
    filled: bool = False
    lines: bool = False
    forms: frozenset[Form] = EVERY_FORM
    ending: str = ""
    sided: Callable[[Row], bool] | None = None

    def shown(self, form: Form) -> list[Column[Row]]:
        """The columns that a format has; none where it does not have the section."""
        if form not in self.forms:
            return []
        return [column for column in self.columns if form in column.forms]

    def groups(self) -> dict[str, list[Row]]:
        """The rows under their headings."""
        return grouped(self.rows, self.heading or (lambda _: self.caption))


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels with their values; those without a value are left out. Not in CSV, which has rows."""

    name: str
    caption: str
    pairs: tuple[tuple[str, str | Badge | Cell], ...]

    @property
    def known(self) -> list[tuple[str, Cell]]:
        """The labels that have a value."""
        cells = [(label, _cell_of(content)) for label, content in self.pairs]
        return [(label, cell) for label, cell in cells if cell.words]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs under a caption. Not in CSV.

    Text that is `code` is shown as written, in the `language` that Markdown marks it with: a
    ``diff`` is colored. What is `folded` opens on a page and in Markdown when somebody asks.
    Paragraphs that are `bulleted`, or `numbered` from `first` on, are points, with further lines
    below the first; one that is `quoted` is what somebody else says, word for word. What is
    `copied` has a button on a page that copies it, and says what it is.
    """

    name: str
    caption: str
    paragraphs: tuple[str, ...]
    code: bool = False
    language: str = ""
    folded: bool = False
    bulleted: bool = False
    numbered: bool = False
    first: int = 1
    quoted: bool = False
    copied: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines that are laid out for a width, such as a statement with carets below its clauses.

    `lines` makes them with colors or without; `place` is the file and line that they come from.
    Not in CSV.
    """

    name: str
    caption: str
    lines: Callable[[Paint, int], Sequence[str]]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A document inside of another one, such as one of several answers.

    On a page, one that is `folded` opens when somebody asks; one that is `unfolding` has buttons
    that open all in it; the ids of one that is `named` begin with no name of the part.
    """

    name: str
    caption: str
    document: Document
    folded: bool = False
    unfolding: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to look at: what it is (`badge`), where, and its lines; then the `answers` behind
    it, in short where it is `brief`, on a page in full where it is `whole`; and `code`. Not in CSV,
    where rows name it."""

    name: str
    badge: Badge
    place: str
    caption: str = ""
    lines: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    code: str = ""
    language: str = ""
    brief: bool = True
    whole: bool = True
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """The text of a policy with marks at what rows are about, for a page: `blocks` makes what
    `iamsim.report.html.policy_text` lays out, below a list of `statements`. Other formats have the
    rows alone."""

    name: str
    caption: str
    blocks: Callable[[], Sequence[object]]
    badge: Badge | None = None
    note: str = ""
    opened: bool = False
    statements: Sequence[object] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by reference: `svg` draws it when a page is written, `alternative` says it in a
    sentence wherever there are no pictures."""

    name: str
    caption: str
    svg: Callable[[], str]
    alternative: str


@dataclass(frozen=True, slots=True)
class Gates:
    """The picture of a decision by reference, for a page: `rows` makes its gates, which the page
    lays out for its width. Other formats have the rows of the layers."""

    name: str
    caption: str
    rows: Callable[[], Sequence[object]]


class Remark(NamedTuple):
    """A sentence at the end, or at the beginning: `kind` is the word before it, such as ``note``,
    ``hint``, ``warning`` or ``unknown``."""

    kind: str
    text: str


Block = Section[Any] | Fields | Prose | Listing | Part | Entry | Picture | Gates | Marked


@dataclass(frozen=True, slots=True)
class Document:
    """A whole answer: what was asked (`title`), the `verdict` where there is one, then its blocks.

    `summary` is a sentence without a full stop that counts or concludes, or several, a line each:
    it stands on top of a page, and last in a terminal. What the answer hangs on and does not know
    is a remark. A document that is `plain` has no title in a terminal: its rows say it all.
    `facets` are names of columns by which a page lets people choose rows, in all sections at once;
    a page with them has a table of contents. `warnings` stand before everything else. A document
    that is one `sentence` has its title for a text that can stand anywhere, without headings.
    """

    title: str
    blocks: tuple[Block, ...] = ()
    remarks: tuple[Remark, ...] = ()
    summary: str = ""
    verdict: Badge | None = None
    facets: tuple[str, ...] = ()
    plain: bool = False
    warnings: tuple[Remark, ...] = ()
    sentence: bool = False

    @property
    def shown(self) -> list[Block]:
        """The blocks in which something stands."""
        return [block for block in self.blocks if _says_something(block)]


def _says_something(block: Block) -> bool:
    if isinstance(block, Section):
        return bool(block.rows or block.empty)
    if isinstance(block, Fields):
        return bool(block.known)
    return any(block.paragraphs) if isinstance(block, Prose) else True
