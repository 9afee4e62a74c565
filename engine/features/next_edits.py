"""What else must change after an edit: uses of a renamed name, arguments of changed signatures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.findings import Edit
from analysis.snapshot import Snapshot
from analysis.text.overlay import Buffer, Content
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.graph import Graph, GraphNode
    from analysis.lint.invented import Looked
    from analysis.next_edits import EditReading, Parameter, Place, Renamed
    from analysis.worker.pool import AnalysisPool
    from engine.context import Context

#: More uses than this are a refactoring of its own.
MOST_EDITS = 200
#: Seconds for what other programs wrote meanwhile: the edit itself is known from its two texts.
_DISK_PATIENCE = 0.02
#: Seconds for judging one file.
_JUDGED_S = 5.0


@dataclass(frozen=True, slots=True)
class NextEdit:
    """``edits`` of the file ``path`` as it is now, each of which was judged; ``title`` says why."""

    path: str
    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class NextEditsAnswer:
    """The file that was edited comes first; each file once."""

    files: tuple[NextEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class NextEditsRequest(Request[NextEditsAnswer]):
    """``earlier`` are texts of ``snapshot``'s file before it was edited, the newest first: the edit
    from the first of which something follows counts."""

    snapshot: Snapshot
    earlier: tuple[Content, ...]


def _document(request: NextEditsRequest) -> object:
    return request.snapshot.path


def _run(request: NextEditsRequest, context: Context, caller: Caller) -> NextEditsAnswer:
    """Nothing for an edit that does more than one thing, or of which too many places follow."""
    from analysis.next_edits import EditReading, without_overlaps

    snapshot = request.snapshot
    for before in request.earlier if snapshot.path else ():
        found = FollowingEdits(snapshot, EditReading(before.text, snapshot.text))
        if found.asks_the_graph:
            # The graph of the text before, in which the uses still have what they use.
            buffers = (*snapshot.buffers, Buffer(snapshot.path, before))
            context.graphs.ask(
                snapshot.workspace,
                found.globally,
                caller.progress,
                snapshot.path,
                buffers,
                _DISK_PATIENCE,
            )
        proposed = without_overlaps(found.edits)
        if not 0 < sum(map(len, proposed.values())) <= MOST_EDITS:
            continue
        judged = _judged(snapshot, proposed, found.text, context.pool())
        title = ", ".join(dict.fromkeys(found.titles))
        paths = sorted(judged, key=lambda path: (path != snapshot.path, path))
        if paths:
            return NextEditsAnswer(tuple(NextEdit(p, title, tuple(judged[p])) for p in paths))
    return NextEditsAnswer()


class FollowingEdits:
    """The edits that follow a change, by file; those of local variables at once."""

    def __init__(self, snapshot: Snapshot, change: EditReading) -> None:
        self.edits: dict[str, list[Edit]] = defaultdict(list)
        self.titles: list[str] = []
        self._snapshot, self._change = snapshot, change
        self._read: dict[str, str] = {b.path: b.content.text for b in snapshot.buffers}
        self._read[snapshot.path] = snapshot.text
        self._renamed = change.renamed
        if self._renamed is not None:
            self._rename(self._renamed, [(snapshot.path, at) for at in self._renamed.local])

    @property
    def asks_the_graph(self) -> bool:
        """Whether other code can use what was changed."""
        change, renamed = self._change, self._renamed
        shared = renamed is not None and bool(renamed.shared)
        return shared or change.parameter is not None or change.dropped is not None

    def text(self, path: str) -> str:
        """The text of a file as it is now; ``""`` where it cannot be read."""
        from analysis.errors import AnalysisError
        from analysis.text import read_file

        if path not in self._read:
            try:
                self._read[path] = read_file(path).text
            except (AnalysisError, OSError):
                self._read[path] = ""
        return self._read[path]

    def globally(self, graph: Graph) -> None:
        """The uses in all files, which the graph of the text before tells."""
        if self._renamed is not None and self._renamed.shared:
            self._uses(graph, self._renamed)
        for change in (self._change.parameter, self._change.dropped):
            if change is not None:
                self._calls(graph, change)

    def _uses(self, graph: Graph, item: Renamed) -> None:
        from analysis.graph import EXACT
        from analysis.next_edits import exported

        path = self._snapshot.path
        nodes = {node for place in item.shared for node in graph.at(path, *place)}
        if len(nodes) != 1:
            return
        [node] = nodes
        uses = graph.uses(node)
        bound = [use.span[:2] for use in uses if use.kind == "write"]
        if node.path == path:
            bound.append(node.name_span[:2])
        if not bound or any(
            use.how != EXACT or use.path != path for use in uses if use.kind == "write"
        ):
            return
        if any(self._change.now(line) is not None for line, _ in bound):
            return
        places = [(use.path, use.span[:2]) for use in uses if use.how == EXACT]
        for heir in _overriding(graph, node):
            places.append((heir.path, heir.name_span[:2]))
            places += [(u.path, u.span[:2]) for u in graph.uses(heir) if u.how == EXACT]
        self._rename(item, places)
        # An export alone tells of users outside, for whom the name may have to stay.
        if node.kind not in ("METHOD", "FIELD") and any(self.edits.values()):
            for file in {path, *(file for file, _ in places)}:
                self.edits[file] += exported(self.text(file), item.old, item.new)

    def _calls(self, graph: Graph, change: Parameter) -> None:
        from analysis.graph import EXACT
        from analysis.next_edits import at_calls

        path = self._snapshot.path
        calls: dict[str, list[Place]] = defaultdict(list)
        for node in graph.at(path, *change.place):
            for use in graph.uses(node):
                place = self._now(use.path, use.span[:2])
                if use.kind == "call" and use.how == EXACT and place is not None:
                    calls[use.path].append(place)
        for file, places in calls.items():
            edits = list(at_calls(self.text(file), places, change))
            self.edits[file] += edits
            if edits:
                self.titles.append(
                    f"rename {change.old} to {change.new}" if change.new else f"drop {change.old}"
                )

    def _rename(self, item: Renamed, places: Iterable[tuple[str, Place]]) -> None:
        from analysis.next_edits import rename_at

        for path, before in places:
            place = self._now(path, before)
            edit = rename_at(self.text(path), place, item.old, item.new) if place else None
            if edit is not None:
                self.edits[path].append(edit)
                self.titles.append(f"rename {item.old} to {item.new}")

    def _now(self, path: str, place: Place) -> Place | None:
        """Where an unchanged place is now."""
        if path != self._snapshot.path:
            return place
        line = self._change.now(place[0])
        return None if line is None else (line, place[1])


def _overriding(graph: Graph, node: GraphNode) -> list[GraphNode]:
    """The methods of subclasses that stand in for the method ``node``."""
    if node.kind != "METHOD":
        return []
    owner = graph.node(node.qualified_name.rpartition(".")[0], ("CLASS",))
    names = {f"{below.node.qualified_name}.{node.name}" for below in graph.subclasses(owner)}
    return [each for each in graph.symbols(node.name) if each.qualified_name in names]


def _judged(
    snapshot: Snapshot,
    proposed: dict[str, list[Edit]],
    text_of: Callable[[str], str],
    pool: AnalysisPool,
) -> dict[str, list[Edit]]:
    """The edits whose lines lint has nothing new to say of, with all of them made."""
    from analysis.deadline import Deadline
    from analysis.next_edits import applied
    from analysis.worker.queries import LinesQuery

    drafts = {path: applied(text_of(path), edits) for path, edits in proposed.items()}
    after = {buffer.path: buffer for buffer in snapshot.buffers}
    after[snapshot.path] = Buffer(snapshot.path, Content(snapshot.text))
    after |= {path: Buffer(path, Content(text)) for path, text in drafts.items()}
    deadline = Deadline.after(_JUDGED_S)
    asked = {}
    for path, edits in proposed.items():
        if path.endswith(".py"):
            around = tuple(each for name, each in after.items() if name != path)
            seen = replace(snapshot, path=path, text=drafts[path], buffers=around)
            asked[path] = pool.ask(LinesQuery(seen, tuple(_shifted(edits))), deadline)
    kept: dict[str, list[Edit]] = {}
    for path, answer in asked.items():
        looked: Looked = answer.result()
        wrong = {finding.line for finding in looked.findings}
        placed = zip(proposed[path], _shifted(proposed[path]), strict=True)
        left = [edit for edit, line in placed if line not in wrong]
        if left and not looked.reason:
            kept[path] = left
    return kept


def _shifted(edits: list[Edit]) -> list[int]:
    """The line that each edit has after those before it were made: some take lines away."""
    gone, lines = 0, []
    for edit in edits:
        lines.append(edit.line - gone)
        gone += edit.end_line - edit.line - edit.text.count("\n")
    return lines


ROUTE = Route(NextEditsRequest, NextEditsAnswer, _run, Lane.GRAPH, document=_document)
