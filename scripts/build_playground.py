"""Bring what the playground is made of besides iamsim: Pyodide, CodeMirror, Python packages.

    python scripts/build_playground.py [FOLDER]

Needs npm and pip, which take the versions that scripts/playground/ pins and refuse a file whose
hash is another: npm's are in package-lock.json
(https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages), pip's in requirements.txt
(https://pip.pypa.io/en/stable/topics/secure-installs/). No script of a package is run. What comes
out (build/playground unless another folder is named) is a Python package of data with its licenses,
`iamsim_playground`, which `iamsim play` takes from there in a checkout. The wheel of it is built
by `python -m pip wheel --no-deps scripts/playground`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "scripts" / "playground"
TARGET = ROOT / "build" / "playground"
PACKAGE = "iamsim_playground"
PYODIDE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
NOT_SHOWN = frozenset({"pyodide", "ws", "@types/emscripten", "axe-core"})  # no part of the editor
# Python packages that an explanation needs; the others are loaded when a tab asks for them.
FIRST = frozenset({"jinja2", "markupsafe"})
# Wheels of other platforms, of which the Python files alone are taken: each does without the rest.
PLATFORMS = ("pyemscripten_2026_0_wasm32", "manylinux_2_28_x86_64", "manylinux2014_x86_64", "any")
LEFT_OUT = ("/tests/", "/v1/", "/__pyinstaller/")
NATIVE = (".so", ".pyi", ".pyx", ".c")
EPOCH = (1980, 1, 1, 0, 0, 0)
ABOUT = '"""Pyodide, CodeMirror and Python packages for `iamsim play`: data alone."""\n'


def fetch_npm(folder: Path) -> Path:
    """Install the pinned npm packages; gives the folder that holds them."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder)
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not there: it is what brings Pyodide and CodeMirror")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    subprocess.run([npm, "ci", *quiet], cwd=folder, check=True)
    return folder / "node_modules"


def fetch_wheels(folder: Path) -> list[Path]:
    """Download the pinned wheels for Pyodide's Python."""
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    pinned = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    python = (
        "--python-version",
        "3.14",
        "--implementation",
        "cp",
        "--abi",
        "cp314",
        "--abi",
        "none",
    )
    files = ("-r", str(PINS / "requirements.txt"), "-d", str(folder))
    pip = (sys.executable, "-m", "pip", "download", "-q")
    subprocess.run([*pip, *pinned, *python, *platforms, *files], check=True)
    return sorted(folder.glob("*.whl"))


def write_editor(modules: Path, target: Path) -> dict[str, str]:
    """Copy the modules of the editor, as they are; gives which name is which file."""
    target.mkdir(parents=True)
    names = {}
    for place in sorted((*modules.glob("*"), *modules.glob("@*/*"))):
        manifest = place / "package.json"
        name = place.relative_to(modules).as_posix()
        if not manifest.is_file() or name in NOT_SHOWN:
            continue
        data = json.loads(manifest.read_text("utf-8"))
        entry = data.get("module") or data["exports"]["import"]
        file = f"{file_name(name)}.js"
        shutil.copy(place / entry, target / file)
        names[name] = f"codemirror/{file}"
    return names


def write_python(wheels: list[Path], target: Path) -> None:
    """Write the Python packages as two archives: what is needed first, and the rest."""
    target.mkdir(parents=True)
    for name, first in (("first.zip", True), ("more.zip", False)):
        with zipfile.ZipFile(target / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for wheel in wheels:
                if (distribution(wheel) in FIRST) is first:
                    copy_wheel(wheel, archive)


def copy_wheel(wheel: Path, archive: zipfile.ZipFile) -> None:
    """Copy what Pyodide can use of a wheel."""
    ours = "wasm32" in wheel.name
    with zipfile.ZipFile(wheel) as source:
        for name in sorted(source.namelist()):
            about = ".dist-info/" in name and not name.endswith("/METADATA")
            native = name.endswith(NATIVE) and not (ours and name.endswith(".so"))
            if about or native or any(part in f"/{name}" for part in LEFT_OUT):
                continue
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, source.read(name))


def distribution(wheel: Path) -> str:
    """The name of what a wheel distributes."""
    return wheel.name.partition("-")[0].lower()


def write_licenses(modules: Path, wheels: list[Path], target: Path) -> None:
    """Write what is in there, in which version and under which license, and the licenses."""
    target.mkdir()
    rows = []
    for place in sorted((*modules.glob("*"), *modules.glob("@*/*"))):
        name = place.relative_to(modules).as_posix()
        if not (place / "package.json").is_file() or name in NOT_SHOWN - {"pyodide"}:
            continue
        data = json.loads((place / "package.json").read_text("utf-8"))
        rows.append(f"{name} {data['version']}: {data['license']}")
        if (place / "LICENSE").is_file():
            shutil.copy(place / "LICENSE", target / f"{file_name(name)}.txt")
    # Pyodide's package has no file of its license, which is that of axe-core.
    shutil.copy(modules / "axe-core" / "LICENSE", target / "pyodide-MPL-2.0.txt")
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as source:
            meta = next(
                entry for entry in source.namelist() if entry.endswith(".dist-info/METADATA")
            )
            text = source.read(meta).decode()
            rows.append(f"{distribution(wheel)} {wheel.name.split('-')[1]}: {license_of(text)}")
            for name in source.namelist():
                if ".dist-info/" in name and "LICENSE" in name.rpartition("/")[2].upper():
                    (target / f"{distribution(wheel)}.txt").write_bytes(source.read(name))
    rows.append("CPython 3.14, in Pyodide: PSF-2.0, the text beside typing_extensions")
    (target / "NOTICE.txt").write_text("\n".join(sorted(rows)) + "\n", encoding="utf-8")


def file_name(name: str) -> str:
    """What the file of an npm package is called."""
    return name.replace("@", "").replace("/", "-")


def license_of(metadata: str) -> str:
    """What a wheel says of its license."""
    for field in ("License-Expression: ", "License: ", "Classifier: License :: "):
        for line in metadata.splitlines():
            if line.startswith(field):
                return line.removeprefix(field)
    return "see its license file"


def build(target: Path) -> Path:
    """Bring everything into a new folder; gives the package in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:  # beside it: one renaming
        work = Path(temporary)
        modules = fetch_npm(work)
        (work / "wheels").mkdir()
        wheels = fetch_wheels(work / "wheels")
        made = work / "made"
        package = made / PACKAGE
        vendor = package / "vendor"
        (vendor / "pyodide").mkdir(parents=True)
        for name in PYODIDE:
            shutil.copy(modules / "pyodide" / name, vendor / "pyodide")
        names = write_editor(modules, vendor / "codemirror")
        write_python(wheels, vendor / "python")
        write_licenses(modules, wheels, vendor / "licenses")
        (vendor / "modules.json").write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
        (package / "__init__.py").write_text(ABOUT, encoding="utf-8")
        shutil.copy(modules / "axe-core" / "axe.min.js", made)  # for the tests; in no wheel
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    return target / PACKAGE


def main() -> int:
    """Build where it was asked for."""
    parser = argparse.ArgumentParser(description="Bring Pyodide and CodeMirror for the playground.")
    parser.add_argument("folder", nargs="?", type=Path, default=TARGET)
    package = build(parser.parse_args().folder.resolve())
    size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
    print(f"{package}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
