"""Whether ty could answer beside jedi: what its completion offers where names are to be found.

``python -m benchmarks.ty_provider [--packages …] [--sites 20]`` takes the sites of
``benchmarks.soundness`` and asks ty's language server twice for what may stand at each: in the
file as it is, behind the name, and with the name removed, which is how text looks where a model is
to write.
*Answers* is the share of sites with any name offered; *wrong* the share of these that lack the name
that stood there, which pruning by them would forbid. Of the shipped analysis (*ours*) only closed
sets count as answers, since nothing else prunes. Times are those of an answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from analysis.deadline import Deadline
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.text import LineIndex, read_file
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.installed import Installed, distribution, install
from benchmarks.report import quantile, save, show
from benchmarks.sites import Site
from benchmarks.soundness import Package, drawn, pooled

#: In the version that was judged; a later one may differ.
TY = "ty==0.0.107"
_KINDS = ("attribute", "import_module", "import_member", "keyword", "name", "exception")
_DEADLINE_S = 5.0


class Server:
    """ty's language server, spoken to on its standard streams (LSP 3.17, base protocol)."""

    def __init__(self, program: Path, folder: Path, environment: Path) -> None:
        self._process = subprocess.Popen(
            [program, "server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "VIRTUAL_ENV": str(environment)},
        )
        self._ids = 0
        self._versions: dict[str, int] = {}
        uri = folder.as_uri()
        capabilities = {"general": {"positionEncodings": ["utf-32"]}}
        folders = [{"uri": uri, "name": "files"}]
        answer = self._ask(
            "initialize",
            {"processId": os.getpid(), "rootUri": uri, "workspaceFolders": folders,
             "capabilities": capabilities},
        )  # fmt: skip
        if answer["capabilities"].get("positionEncoding") != "utf-32":
            raise SystemExit("ty does not count in code points")
        self._tell("initialized", {})

    def close(self) -> None:
        """End the server."""
        self._ask("shutdown", None)
        self._tell("exit", None)
        self._process.wait(10)

    def names(self, path: Path, text: str, offset: int) -> tuple[frozenset[str], float]:
        """What it offers at ``offset`` of ``text`` as the file ``path``, and the seconds that the
        answer took."""
        uri = path.as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        document = {"uri": uri, "version": version}
        if version == 1:
            self._tell(
                "textDocument/didOpen",
                {"textDocument": {**document, "languageId": "python", "text": text}},
            )
        else:
            changes = [{"text": text}]
            self._tell(
                "textDocument/didChange", {"textDocument": document, "contentChanges": changes}
            )
        line, character = LineIndex(text).position(offset)
        begun = time.perf_counter()
        answer = self._ask(
            "textDocument/completion",
            {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}},
        )
        seconds = time.perf_counter() - begun
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return frozenset(_name(item) for item in items), seconds

    def _ask(self, method: str, parameters: object) -> Any:
        self._ids += 1
        self._send({"id": self._ids, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._ids and "method" not in message:
                if "error" in message:
                    return None
                return message["result"]
            if "id" in message and "method" in message:  # what it asks of an editor
                self._send({"id": message["id"], "result": None})

    def _tell(self, method: str, parameters: object) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = _open(self._process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        stream = _open(self._process.stdout)
        length = 0
        while (header := stream.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise SystemExit("ty's server has ended")
        message: dict[str, Any] = json.loads(stream.read(length))
        return message


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _name(item: dict[str, Any]) -> str:
    return str(item.get("filterText") or item["label"]).removesuffix("=").strip()


@dataclass(slots=True)
class Tally:
    """The answers of one provider for one kind."""

    sites: int = 0
    answered: int = 0
    wrong: int = 0
    sizes: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, names: frozenset[str], gold: str, seconds: float, *, prunes: bool) -> None:
        """One answer; whether it ``prunes`` what it does not hold."""
        self.sites += 1
        self.seconds.append(seconds)
        if prunes:
            self.answered += 1
            self.wrong += gold not in names
            self.sizes.append(len(names))

    def cells(self) -> tuple[object, ...]:
        """Share answered, share of these that lack the name, median size, p50 and p95 in ms."""
        times = [second * 1000 for second in self.seconds]
        return (
            f"{100 * self.answered / max(1, self.sites):.0f}",
            f"{100 * self.wrong / max(1, self.answered):.1f}",
            quantile(self.sizes, 0.5) if self.sizes else "",
            f"{quantile(times, 0.5):.1f}",
            f"{quantile(times, 0.95):.1f}",
        )


def measure(
    sites: Iterable[Site], server: Server, place: Installed, ends: Deadline
) -> dict[tuple[str, str], Tally]:
    """By kind and provider, what was answered at ``sites``."""
    tallies: dict[tuple[str, str], Tally] = {}
    home = Workspace(str(Path.cwd()), python=str(place.python))
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        for site in sites:
            if ends.expired():
                break
            text = read_file(site.path).text
            cut = text[: site.start] + text[site.end :]
            for state, shown, at in (("intact", text, site.end), ("broken", cut, site.start)):
                names, seconds = server.names(site.path, shown, at)
                of = tallies.setdefault((site.kind, f"ty, {state}"), Tally())
                of.add(names, site.name, seconds, prunes=bool(names))
            begun = time.perf_counter()
            query = NamesQuery(Snapshot(str(site.path), cut, home), hole_at(cut, site.start))
            answer: NameSet = pool.ask(query, Deadline.after(_DEADLINE_S)).result()
            of = tallies.setdefault((site.kind, "ours, broken"), Tally())
            took, closed = time.perf_counter() - begun, answer.tier is Tier.CLOSED
            of.add(answer.spellings(), site.name, took, prunes=closed)
    return tallies


def chosen(packages: Sequence[str], place: Installed, count: int, seed: int) -> list[Site]:
    """``count`` sites of each kind and package, so that a kind is not asked for at an end."""
    found = []
    for name in packages:
        package = Package(name, "chosen", name in sys.stdlib_module_names)
        pool = pooled(package, place, set(_KINDS), seed)
        found += drawn({package: pool}, count, 0)[package]
    return found


def main() -> int:
    """Ask, print, save."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--packages", nargs="+", default=["click", "httpx", "packaging", "argparse"]
    )
    parser.add_argument("--sites", type=int, default=20, help="of each kind and package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=240.0, metavar="S", help="ask none later")
    options = parser.parse_args()
    foreign = [p for p in options.packages if p not in sys.stdlib_module_names]
    place = install([distribution(p) for p in foreign], "ty-packages")
    program = install([TY], "ty").program("ty")
    sites = chosen(options.packages, place, options.sites, options.seed)
    server = Server(program, place.folders[0], place.python.parent.parent)
    tallies = measure(sites, server, place, Deadline.after(options.budget))
    server.close()
    rows = [
        (kind, provider, of.sites, *of.cells()) for (kind, provider), of in sorted(tallies.items())
    ]
    columns = ("kind", "provider", "sites", "answers %", "wrong %", "size", "p50 ms", "p95 ms")
    show(f"{TY} beside the shipped analysis", columns, rows)
    print(save("ty_provider", {"ty": TY, "packages": options.packages, "rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
