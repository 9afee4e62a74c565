"""The size and shape of the house: the figures that the developer section of the manual quotes.

``python -m tools.house`` prints a table; ``--list ROW`` prints what one row counts. Everything but
the last row is read from the source. *Single importers* are modules that one sibling alone imports.
*Edits for a new request* are files that name every request of the engine, so that a new one needs a
line there besides its own file.
*Files for one ghost text* are files of the rooms in which a function runs while the command line
writes one completion in its own process, the analysis workers not among them.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("analysis", "decoding", "repair", "engine", "lsp_server", "pilotfish")
#: The targets of issue K; ``None`` where there is none.
TARGETS = {
    "lines": 62_000,
    "files": 450,
    "single importers": 80,
    "repeated class names": 15,
    "import circles": 0,
    "edits for a new request": 1,
    "files for one ghost text": 40,
}

#: What the tracing child runs: the command once to import everything, and once to note the files in
#: which functions run (not class bodies, which import again).
_TRACED = """
import inspect, sys, threading
seen = set()
def note(frame, event, _arg):
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        seen.add(frame.f_code.co_filename)
from pilotfish.main import main
main(sys.argv[2:])
sys.setprofile(note); threading.setprofile(note)
main(sys.argv[2:])
sys.setprofile(None)
with open(sys.argv[1], "w") as out:
    out.write("\\n".join(seen))
"""


def sources() -> dict[str, Path]:
    """The product's modules by dotted name."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, name: str, known: Iterable[str]) -> Iterator[str]:
    """The modules of ours that the one at ``path`` imports, at its top or late."""
    known = set(known)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                if whole in known:
                    yield whole
                elif base in known:
                    yield base


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, at their tops or late (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(group := stack[at:]) > 1:
                found.append(sorted(group))
            del stack[at:]

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def ghost_text() -> list[str]:
    """The files of the rooms that one completion runs through. Needs the 0.5B model."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "app.py")
        file.write_text("import json\n\n\ndef load(text: str) -> object:\n    return json.\n")
        out = Path(folder, "seen")
        subprocess.run(
            [sys.executable, "-c", _TRACED, str(out), "complete", f"{file}:5:17", "--json"],
            cwd=folder,
            capture_output=True,
            check=True,
        )
        rooms = tuple(f"{ROOT / room}/" for room in ROOMS)
        return sorted(
            str(Path(name).relative_to(ROOT))
            for name in out.read_text().splitlines()
            if name.startswith(rooms)
        )


def naming_every_request(modules: dict[str, Path]) -> list[str]:
    """The files, documents and tests among them, that name each request by its class or module."""
    requests = [
        (node.name, f'"{name.rpartition(".")[2]}"')
        for name, path in modules.items()
        if name.startswith("engine.")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).startswith("Request[") for base in node.bases)
    ]
    files = [*modules.values(), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/**/*.py")]
    texts = ((path, path.read_text("utf-8")) for path in files)
    return [
        str(path.relative_to(ROOT))
        for path, text in texts
        if all(any(name in text for name in names) for names in requests)
    ]


def figures() -> dict[str, tuple[int, list[str]]]:
    """Each figure with what it counts."""
    modules = sources()
    edges = {name: set(imports(path, name, modules)) - {name} for name, path in modules.items()}
    importers = defaultdict(set)
    for name, imported in edges.items():
        for other in imported:
            importers[other].add(name)
    plain = [name for name, path in modules.items() if path.name != "__init__.py"]
    single = [
        f"{name} <- {other}"
        for name in plain
        for other in importers[name]
        if len(importers[name]) == 1 and other.rpartition(".")[0] == name.rpartition(".")[0]
    ]
    classes = Counter(
        node.name
        for path in modules.values()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    repeated = [f"{name} ({count})" for name, count in classes.items() if count > 1]
    loops = [" <-> ".join(group) for group in circles(edges)]
    registries = naming_every_request(modules)
    lines = {str(path.relative_to(ROOT)): _lines(path) for path in modules.values()}
    return {
        "lines": (sum(lines.values()), [f"{count:6} {name}" for name, count in lines.items()]),
        "files": (len(lines), list(lines)),
        "single importers": (len(single), single),
        "repeated class names": (len(repeated), repeated),
        "import circles": (len(loops), loops),
        "edits for a new request": (len(registries), registries),
    }


def _lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def main() -> int:
    """Print the table, or what one row counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", metavar="ROW", help="what one row counts")
    options = parser.parse_args()
    found = figures()
    if options.list in (None, "files for one ghost text"):
        ghost = ghost_text()
        found["files for one ghost text"] = (len(ghost), ghost)
    if options.list:
        print("\n".join(found[options.list][1]))
        return 0
    for name, (count, _) in found.items():
        print(f"{name:26} {count:7,}   target {TARGETS[name]:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
