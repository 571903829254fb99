"""What the playground takes: bytes, time to the first answer, memory, time a key stroke.

    python benchmarks/playground.py

Needs Chromium, the extra `dev`, and what `scripts/build_playground.py` brings. Times are those of
one page with an empty cache, its server on the same machine; beside them stands the time that the
browser's processes took of the processors, which other programs do not change.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from statistics import median
from threading import Thread
from typing import TYPE_CHECKING

from iamsim.files.archive import packed
from iamsim.play.files import find_vendor, playground_files
from iamsim.play.server import PACKED, FileServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

EXAMPLES = Path(__file__).parent.parent / "iamsim" / "play" / "page" / "examples.json"
STROKES = 60
MEGABYTE = 1e6
LATER = ("corpus.zip", "more.zip", "licenses/")


def sizes(files: dict[str, bytes]) -> tuple[float, float]:
    """Compressed megabytes of the first answer, and of the other tabs."""
    first = later = 0
    for name, content in files.items():
        size = len(content if name.rpartition(".")[2] in PACKED else packed(content))
        if any(part in name for part in LATER):
            later += size
        else:
            first += size
    return first / MEGABYTE, later / MEGABYTE


def renderers() -> dict[int, int]:
    """The processes that show pages, and their memory in bytes, shared pages by their share."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                rollup = (folder / "smaps_rollup").read_text()
                line = next(
                    splitline for splitline in rollup.splitlines() if splitline.startswith("Pss:")
                )
                found[int(folder.name)] = 1024 * int(line.split()[1])
        except (OSError, StopIteration):
            continue
    return found


def processor(others: set[int]) -> float:
    """Seconds of the processors that the processes of the browser have had so far."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "comm").read_text()
            if name.startswith("chrom") and int(folder.name) not in others:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def browsers() -> set[int]:
    """The browsers that run already."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().startswith("chrom"):
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def strokes(page: Page) -> list[float]:
    """How long each answer took while somebody types, in milliseconds."""
    taken = []
    page.focus("#p-resource")
    page.keyboard.press("End")
    for number in range(STROKES):
        before = page.get_attribute("html", "data-answered")
        page.keyboard.press("Backspace" if number % 2 else "x")
        page.wait_for_selector(f'html:not([data-answered="{before}"])')
        taken.append(float(page.get_attribute("html", "data-taken") or 0))
    return taken


def main() -> int:
    """Measure once, and print."""
    from playwright.sync_api import sync_playwright

    files = playground_files(find_vendor())
    first, later = sizes(files)
    print(f"first answer {first:.2f} MB compressed; the other tabs {later:.2f} MB more")
    server = FileServer(files)
    Thread(target=server.run, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    others, running = renderers(), browsers()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(service_workers="block").new_page()
        started, had = time.perf_counter(), processor(running)
        page.goto(server.address)
        page.wait_for_selector("html[data-answered]", timeout=120_000)
        taken = time.perf_counter() - started
        used = processor(running) - had
        load = os.getloadavg()[0]
        print(f"first answer after {taken:.1f} s, {used:.1f} s of the processors; load {load:.1f}")
        for number in (0, 3):
            page.select_option("#p-examples", str(number))
            page.wait_for_timeout(1500)
            had = processor(running)
            found = sorted(strokes(page))
            used = 1000 * (processor(running) - had) / STROKES
            title = json.loads(EXAMPLES.read_text("utf-8"))[number]["title"]["en"]
            print(
                f"a key stroke: {median(found):.0f} ms, nine of ten within"
                f" {found[int(len(found) * 0.9)]:.0f} ms, {used:.0f} ms of the processors ({title})"
            )
        memory = max(size for process, size in renderers().items() if process not in others)
        print(f"memory of the page with its worker {memory / MEGABYTE:.0f} MB")
        browser.close()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
