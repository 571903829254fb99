"""Build the documentation site from the Markdown files of docs/.

    python scripts/build_site.py [FOLDER]

Needs the extra `docs` and no network. The site (build/site unless another folder is named) works
from the disk as from a server: nothing in it is fetched from elsewhere, and its search runs in the
browser. A warning is an error: links that lead nowhere, pages that docs/README.md does not list.

Pictures that are there in two widths are shown in the one that fits. The playground is put into
`play/` where Pyodide and CodeMirror are there, or npm, which brings them.

The files stay plain Markdown that is read in the repository as well. Here they are copied and their
links turned: a link out of docs/, to a case of the corpus say, becomes a page that shows that file.
The pages in Japanese are a site of their own beside the others, so that its search knows the words.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from contextlib import redirect_stderr
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
FENCE = re.compile(r"(^(`{3,}).*?^\2`*$)", re.DOTALL | re.MULTILINE)
PICTURE = re.compile(r"^!\[([^\]]*)\]\(([^)\s]+?)\.svg\)$", re.MULTILINE)
SCHEME = re.compile(r"[a-z]+:")
LANGUAGES = {".yaml": "yaml", ".json": "json", ".py": "python", ".toml": "toml"}
# Results of the search: what the pages say stands before files that they show.
SCORER = """var Scorer = {
  score: result => result[4] - (result[0].startsWith("source/") ? 100 : 0),
  objNameMatch: 11, objPartialMatch: 6, objPrio: {0: 15, 1: 5, 2: -5}, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
"""
# Pictures are 860 pixels wide, and so is the text of a page where there is room beside it.
# Elsewhere the narrow ones are shown, so that letters have the size in which they were drawn.
STYLE = """.drawn img { display: block; max-width: none; width: auto; margin: 1rem 0; }
@media (min-width: 90em) {
  .content { width: 54em; padding: 0 2.5em; }
  .sidebar-drawer { width: max(15em, calc(50% - 29.5em)); }
}
"""
WIDE = "(min-width: 90em)"
# What the theme leaves out, and people who hear a page or have no mouse miss.
MENDS = (
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    ('<aside class="toc-drawer', '<aside aria-label="This page" class="toc-drawer'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),  # it scrolls on phones
    ('<th class="head"><p></p></th>', '<td class="head"></td>'),
    ('<div id="search-results"></div>', '<h1>Search</h1>\n<div id="search-results"></div>'),
)
PLAYGROUND = "play"
TRY = "- **Try it** "  # the line of the first page above which its address stands
ELSEWHERE = "elsewhere"  # the scheme of links to the site in the other language

# What Sphinx is told; https://www.sphinx-doc.org/en/master/usage/configuration.html
SETTINGS = {
    "project": "iamsim",
    "html_title": "iamsim",
    "extensions": ["myst_parser"],
    "html_theme": "furo",
    "highlight_language": "text",
    "smartquotes": False,
    "html_copy_source": False,
    "html_css_files": ["site.css"],
    "html_extra_path": ["extra"],
    "html_static_path": ["style"],
    "html_show_copyright": False,
    "html_show_sphinx": False,
    "myst_heading_anchors": 4,
    "myst_url_schemes": {"http": None, "https": None, "mailto": None, ELSEWHERE: "{{path}}"},
    # Excerpts of broken policies are shown as they are; checks' pages are made of equal parts.
    "suppress_warnings": ["misc.highlighting_failure", "myst.header"],
}


class Site:
    """The site of one language: which files it has, and where they are put."""

    def __init__(self, language: str, home: Path, folder: Path, *, playground: bool) -> None:
        self.language = language
        self.home = home
        self.folder = folder
        self.playground = playground
        self.waiting: list[Path] = []
        self.seen: set[Path] = set()

    def owns(self, path: Path) -> bool:
        """Tell whether a file belongs to this language."""
        return path.is_relative_to(DOCS / "ja") == (self.language == "ja")

    def place(self, path: Path) -> Path:
        """Where a file of the repository is put, relative to the site."""
        if path.is_relative_to(DOCS):
            base = DOCS / "ja" if path.is_relative_to(DOCS / "ja") else DOCS
            place = path.relative_to(base)
            return place.with_name("index.md") if place.name == "README.md" else place
        place = "source" / path.relative_to(ROOT)
        if path.is_dir():
            return place / "index.md"
        return place if place.suffix == ".md" else place.with_name(f"{place.name}.md")

    def address(self, target: str, page: Path) -> str:
        """Turn a link of a page into one of the site."""
        name, _, fragment = target.partition("#")
        if not name or SCHEME.match(name):
            return target
        path = (page.parent / name).resolve()
        here = self.place(page).parent
        tail = f"#{fragment}" if fragment else ""
        if not self.owns(path) and path.suffix != ".svg":  # pictures stand in both
            up = Path("..") if self.language == "ja" else Path("ja")
            there = (up / self.place(path)).with_suffix(".html")
            return f"{ELSEWHERE}:{quote(Path(os.path.relpath(there, here)).as_posix())}{tail}"
        self.add(path)
        return f"{Path(os.path.relpath(self.place(path), here)).as_posix()}{tail}"

    def add(self, path: Path) -> None:
        """Put a file into the site, once."""
        if path not in self.seen:
            self.seen.add(path)
            self.waiting.append(path)

    def turned(self, text: str, page: Path) -> str:
        """Turn the links of a page, those in code apart."""
        parts = FENCE.split(text)[:: FENCE.groups + 1]
        blocks = [found[0] for found in FENCE.finditer(text)]
        turned = [
            LINK.sub(lambda found: f"{found[1]}{self.address(found[2], page)}{found[3]}", part)
            for part in parts
        ]
        return "".join(piece for pair in zip(turned, [*blocks, ""], strict=True) for piece in pair)

    def drawn(self, text: str, page: Path) -> str:
        """Show pictures that are there in two widths in the one that fits."""

        def picture(found: re.Match[str]) -> str:
            narrow = (page.parent / f"{found[2]}-narrow.svg").resolve()
            if not narrow.is_file():
                return found[0]
            here = self.folder / self.place(page).parent
            place = Path(os.path.relpath(self.folder / "pictures", here)).as_posix()
            wide = narrow.name.replace("-narrow.svg", ".svg")
            return (
                f'<picture class="drawn"><source media="{WIDE}" srcset="{place}/{wide}">'
                f'<img src="{place}/{narrow.name}" alt="{escape(found[1])}"></picture>\n'
            )

        return PICTURE.sub(picture, text)

    def page(self, path: Path) -> str:
        """Make the Markdown of one page."""
        outside = "---\norphan: true\n---\n\n" if not path.is_relative_to(DOCS) else ""
        name = path.relative_to(ROOT).as_posix()
        if path.is_dir():
            files = sorted(entry for entry in path.rglob("*") if entry.is_file())
            links = (f"- [{file.relative_to(path)}]({file.relative_to(path)})" for file in files)
            text = "\n".join([f"# {name}\n", *links]) + "\n"
            return outside + self.turned(text, path / "_")
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".md":
            language = LANGUAGES.get(path.suffix, "text")
            return f"{outside}# {name}\n\n``````{language}\n{text.rstrip()}\n``````\n"
        text = self.turned(self.drawn(text, path), path)
        if path == DOCS / "README.md" and self.playground:
            link = f"- **[Open the playground]({ELSEWHERE}:{PLAYGROUND}/index.html)**\n"
            text = text.replace(TRY, link + TRY)
        if path == self.home / "README.md":
            text += contents(text)
        elif path.name == "README.md" and not outside:
            text += "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
        return outside + text

    def write(self) -> None:
        """Write the sources: all pages of the language, and what they link to."""
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and self.owns(path):
                self.add(path)
        while self.waiting:
            path = self.waiting.pop()
            target = self.folder / self.place(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix == ".md":
                target.write_text(self.page(path), encoding="utf-8")
            else:
                shutil.copy(path, target)
        (pictures := self.folder / "extra" / "pictures").mkdir(parents=True)
        for path in (DOCS / "pictures").glob("*.svg"):
            shutil.copy(path, pictures)
        (style := self.folder / "style").mkdir()
        (style / "site.css").write_text(STYLE, encoding="utf-8")
        settings = [f"{name} = {value!r}" for name, value in SETTINGS.items()]
        settings.append(f"language = {self.language!r}")
        (scorer := self.folder / "scorer.js").write_text(SCORER, encoding="utf-8")
        settings.append(f"html_search_scorer = {str(scorer)!r}")
        settings.append(f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})")
        settings.append("from build_site import setup")
        (self.folder / "conf.py").write_text("\n".join(settings) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Have Sphinx make each page's list of all pages from their titles.

    It copies all headings of all pages first, and then takes them out: most of the time of a build.
    https://www.sphinx-doc.org/en/master/extdev/event_callbacks.html#event-html-page-context
    """
    titles: dict[str, Any] = {}

    def quick(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: object) -> None:
        whole: Callable[..., str] = context["toctree"]

        def listed(**wanted: Any) -> str:  # noqa: ANN401 - Sphinx's own
            tocs = app.env.tocs
            if not wanted.get("titles_only"):
                return whole(**wanted)
            if not titles:
                titles.update((page, without_headings(toc)) for page, toc in tocs.items())
            app.env.tocs = titles
            try:
                return whole(**wanted)
            finally:
                app.env.tocs = tocs

        context["toctree"] = listed

    app.connect("html-page-context", quick, priority=400)  # before the theme asks for the list


def without_headings(toc: Any) -> Any:  # noqa: ANN401 - docutils has no types
    """The contents of a page by its title, and the lists of pages that it holds."""
    from sphinx.addnodes import toctree

    made = toc.deepcopy()
    for entry in made:
        if len(entry) > 1:
            lists = list(entry.findall(toctree))
            if lists:
                entry[1][:] = lists
            else:
                entry.pop(1)
    return made


def contents(text: str) -> str:
    """Make the sidebar from the lists of the first page: a part for each heading."""
    made = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        names = re.findall(r"\]\(([^)\s:#]+)\.md\)", part)
        if names:
            caption = part.partition("\n")[0]
            lines = ["\n```{toctree}", ":hidden:", f":caption: {caption}\n", *names, "```"]
            made.append("\n".join(lines))
    return "\n".join(made) + "\n"


def write_playground(folder: Path) -> bool:
    """Write the playground; tells whether there is one."""
    from iamsim.core.errors import RequestError
    from iamsim.play.files import find_vendor, playground_files

    try:
        with redirect_stderr(sys.stdout):
            vendor = find_vendor()
    except RequestError as error:
        print(f"the site has no playground: {error.message}")
        return False
    for name, content in playground_files(vendor).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return True


def build(target: Path) -> int:
    """Build both sites; give Sphinx's exit code."""
    from sphinx.cmd.build import build_main

    playground = write_playground(target / PLAYGROUND)
    for language, home, folder in (("en", DOCS, target), ("ja", DOCS / "ja", target / "ja")):
        with tempfile.TemporaryDirectory() as temporary:
            source = Path(temporary) / "source"
            source.mkdir()
            Site(language, home, source, playground=playground).write()
            doctrees = str(Path(temporary) / "doctrees")
            code = build_main(
                ["-q", "-W", "--keep-going", "-d", doctrees, str(source), str(folder)]
            )
        if code:
            return code
    for page in target.rglob("*.html"):
        if not page.is_relative_to(target / PLAYGROUND):
            text = page.read_text(encoding="utf-8")
            for before, after in MENDS:
                text = text.replace(before, after)
            page.write_text(text, encoding="utf-8")
    return 0


def main() -> int:
    """Build the site where it was asked for."""
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    target = parser.parse_args().folder.resolve()
    code = build(target)
    if not code:
        print(f"the site starts at {target / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
