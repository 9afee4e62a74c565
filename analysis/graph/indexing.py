"""Bring the graph of a project up to date: what changed is read, what rests on it is resolved.

First the facts of changed files (each by itself, over all cores), then the edges of those files and
of the files that rest on a name of theirs whose meaning changed. Both in small transactions, so a
process that is killed loses no more than a few files' work, and the next one goes on.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis.graph.extraction.reading import UNREADABLE, Read, extract, read_facts
from analysis.graph.facts import Interface, Keys, keys, unpack_interface, unpack_sites
from analysis.graph.parser_pool import WORTH_IT, read_all
from analysis.graph.resolution.edges import resolve_file
from analysis.graph.resolution.resolver import Resolver
from analysis.graph.resolution.world import Layout, module_name
from analysis.graph.store import FileRow, Outside, Store, write_edges, write_nodes
from analysis.text.overlay import files

#: Called as (stage, done, of) while the graph is brought up to date.
Progress = Callable[[str, int, int], None]
#: Files of one transaction.
_BATCH = 32
#: Contents that no file has any more whose facts are kept, or as many as there are files if those
#: are more: going back to them, as to another branch, reads nothing anew.
KEPT_UNUSED = 200


def silent(stage: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


@contextmanager
def _without_collection() -> Iterator[None]:
    """Facts are long-lived and hold no cycles: looking for some costs a third of building, and a
    look at all that is held costs as much as an edit."""
    held = gc.isenabled()
    if held:
        gc.disable()
    try:
        yield
    finally:
        if held:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is new or not as the store has it; ``renamed`` where its module is another."""

    path: str
    mtime: int
    size: int
    renamed: bool = False


class StoredWorld(Layout):
    """The files of the store, their facts decoded when first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._interfaces: dict[int, Interface] = {}
        self._keys: dict[int, Keys] = {}
        self._there: tuple[int, float] = (-1, 0.0)
        self.refresh()

    def refresh(self) -> None:
        """See the files that are there now."""
        db = self._store.db
        there = db.execute("SELECT count(*), total(id) FROM file").fetchone()
        if there != self._there:
            self._there = there
            super().__init__(db.execute("SELECT id, path, module FROM file").fetchall())

    def interface(self, file: int) -> Interface:
        """The facts of ``file``."""
        known = self._interfaces.get(file)
        if known is None:
            data = self._store.interface(file)
            known = unpack_interface(data) if data else extract("").interface
            self._interfaces[file] = known
        return known

    def put(self, file: int, interface: Interface | None) -> None:
        """The facts of ``file`` are others now, or (``None``) not known."""
        self._keys.pop(file, None)
        if interface is None:
            self._interfaces.pop(file, None)
        else:
            self._interfaces[file] = interface

    def keys(self, file: int) -> Keys:
        """Under which keys the scopes of ``file`` are hashed."""
        known = self._keys.get(file)
        if known is None:
            known = self._keys[file] = keys(self.interface(file).scopes).of(file)
        return known

    def module_name(self, file: int) -> str:
        """The dotted name of ``file``."""
        return self.names[file]


class Indexer:
    """Brings one store up to date with a folder."""

    def __init__(self, store: Store, root: str, outside: Outside) -> None:
        self.store = store
        self.root = root
        self.outside = outside
        self.world = StoredWorld(store)
        self._packages: dict[str, bool] = {}

    def changes(
        self, paths: Iterable[str], known: dict[str, FileRow]
    ) -> tuple[list[Change], list[FileRow]]:
        """Which of ``paths`` are new or have changed, in content or in name, and which ``known``
        ones are not among them (any more)."""
        known, view = dict(known), files()
        changed, same = [], []
        # Old when a file __init__ comes or goes, which this look would not see.
        self._packages.clear()
        for path in paths:
            try:
                stamp = view.stamp(path)
            except OSError:
                continue
            row = known.pop(path, None)
            renamed = row is None or row.module != module_name(path, self.root, self._packages)
            if row is not None and not renamed:
                if stamp[0] and (row.mtime, row.size) == stamp:
                    continue
                if row.hash.removeprefix(UNREADABLE) == view.digest(path):
                    same.append((row.id, *stamp))
                    continue
            changed.append(Change(path, *stamp, renamed=renamed))
        if same:
            with self.store.transaction():
                for touched in same:
                    self.store.touch_file(*touched)
        return changed, list(known.values())

    def update(
        self,
        changed: list[Change],
        gone: list[FileRow],
        progress: Progress = silent,
    ) -> int:
        """Read ``changed``, forget ``gone``; how many files were resolved."""
        with _without_collection():
            return self._update(changed, gone, progress)

    def _update(self, changed: list[Change], gone: list[FileRow], progress: Progress) -> int:
        if gone:
            with self.store.transaction():
                for row in gone:
                    self._forget(row)
                self.store.touch()
        batch: list[tuple[Change, Read]] = []
        done = 0
        for pair in self._reads(changed):
            batch.append(pair)
            if len(batch) >= _BATCH:
                done += self._write(batch)
                progress("reading", done, len(changed))
                batch = []
        if batch:
            done += self._write(batch)
            progress("reading", done, len(changed))
        if changed or gone:
            with self.store.transaction():
                self.store.drop_unused_facts(KEPT_UNUSED)
        return self.resolve(progress)

    def resolve(self, progress: Progress = silent) -> int:
        """Make the edges of every file that has none or may have wrong ones."""
        waiting = self.store.unresolved()
        if not waiting:
            return 0
        self.world.refresh()
        resolver = Resolver(self.world)
        nodes: dict[int, dict[str, int]] = {}

        def nodes_of(file: int) -> dict[str, int]:
            known = nodes.get(file)
            if known is None:
                known = nodes[file] = self.store.node_ids(file)
            return known

        for start in range(0, len(waiting), _BATCH):
            part = waiting[start : start + _BATCH]
            with self.store.transaction():
                for file in part:
                    data = self.store.sites(file)
                    sites = unpack_sites(data) if data else []
                    resolved = resolve_file(resolver, file, sites)
                    write_edges(
                        self.store.db,
                        file,
                        self.world.interface(file),
                        resolved,
                        nodes_of,
                        lambda name: self.outside.node(self.store.db, name),
                    )
                self.store.touch()
            progress("resolving", start + len(part), len(waiting))
        return len(waiting)

    def _reads(self, changed: list[Change]) -> Iterator[tuple[Change, Read]]:
        """Facts of ``changed``: what has been read under another name or time is not read again."""
        view = files()
        rest = {c.path: c for c in changed if view.buffer(c.path) is None}
        at_once = len(rest) < WORTH_IT
        for change in changed:
            # Readers are processes, which see the disk alone.
            if at_once or change.path not in rest:
                yield change, read_facts(change.path, self.store.has_facts)
        for path, read in read_all(list(rest)) if not at_once else ():
            yield rest[path], read

    def _write(self, batch: list[tuple[Change, Read]]) -> int:
        with self.store.transaction():
            for change, read in batch:
                self._write_file(change, read)
            self.store.touch()
        return len(batch)

    def _write_file(self, change: Change, read: Read) -> None:
        store = self.store
        row = store.db.execute("SELECT id, hash FROM file WHERE path=?", (change.path,)).fetchone()
        if row is not None and row[1] == read.digest and not read.problem and not change.renamed:
            store.touch_file(row[0], change.mtime, change.size)
            return
        before = self.world.interface(row[0]).hashes if row is not None else None
        if row is not None and change.renamed:
            old = store.db.execute("SELECT module FROM file WHERE id=?", (row[0],)).fetchone()[0]
            store.doubt(_module_keys(old, change.path))
            store.doubt(f"{row[0]}:{name}" for name in before or ())
            before = None
        if read.interface:
            store.put_facts(read.digest, read.interface, read.sites)
        module = module_name(change.path, self.root, self._packages)
        file = store.put_file(
            change.path, module, read.digest, change.mtime, change.size, read.problem
        )
        data = read.interface or store.interface(file)
        interface = unpack_interface(data)
        self.world.put(file, interface)
        write_nodes(store.db, file, module, interface)
        if before is None:
            store.doubt(_module_keys(module, change.path))
        else:
            after = interface.hashes
            names = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
            store.doubt(f"{file}:{name}" for name in names)

    def _forget(self, row: FileRow) -> None:
        self.store.doubt(_module_keys(row.module, row.path))
        names = self.world.interface(row.id).hashes
        self.store.doubt(f"{row.id}:{name}" for name in names)
        self.store.remove_file(row.id)
        self.world.put(row.id, None)


def _module_keys(module: str, path: str) -> list[str]:
    """The names under which a file may have been looked for in vain."""
    parts = module.split(".")
    stem = Path(path).parent.name if path.endswith("/__init__.py") else Path(path).stem
    names = {".".join(parts[: count + 1]) for count in range(len(parts))} | {stem}
    return ["?" + name for name in sorted(names)]
