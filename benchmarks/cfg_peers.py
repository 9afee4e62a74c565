"""The control-flow graphs of other libraries, as ours look: for ``benchmarks.cfg_truth``.

Each library runs in an environment of its own by ``benchmarks/peers/cfg_graphs.py``.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.views.flow import EdgeKind, FlowEdge, FlowGraph, Node, NodeKind, Span
from benchmarks.installed import install

PEERS: Mapping[str, str] = {
    "staticfg": "staticfg==0.9.5",
    "py2cfg": "py2cfg==0.7.3",
    "python_graphs": "python-graphs==1.2.3",
}
_SCRIPT = Path(__file__).parent / "peers" / "cfg_graphs.py"
_MOST_S = 300


class PeerError(Exception):
    """A library does not install or run on this interpreter; says why in one line."""


def peer_graphs(peer: str, texts: Mapping[str, str]) -> dict[str, tuple[FlowGraph, ...]]:
    """The graphs of ``peer`` for each text by its path. Raises :class:`PeerError`."""
    try:
        python = install([PEERS[peer], "setuptools"], f"cfg-{peer}").python
    except subprocess.CalledProcessError as error:
        raise PeerError(f"does not install: {error}") from None
    try:
        done = subprocess.run(
            [python, _SCRIPT, peer],
            input=json.dumps(dict(texts)),
            capture_output=True,
            text=True,
            check=False,
            timeout=_MOST_S,
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"does not end within {_MOST_S} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise PeerError(f"does not run: {said[-1] if said else done.returncode}")
    return {
        path: tuple(_graph(each) for each in graphs)
        for path, graphs in json.loads(done.stdout).items()
    }


def _graph(document: dict[str, Any]) -> FlowGraph:
    """A graph from ``{"name", "first_line", "nodes": [[line, end_line]], "edges": [[a, b]]}``,
    lines 1-based."""
    nodes = [
        Node(0, NodeKind.ENTRY, "entry"),
        Node(1, NodeKind.EXIT, "exit"),
        Node(2, NodeKind.RAISE, "raise"),
    ]
    for first, last in document["nodes"]:
        kind = NodeKind.STATEMENT
        nodes.append(Node(len(nodes), kind, "", Span(first - 1, 0, last - 1, 0), first == 0))
    edges = tuple(FlowEdge(a + 3, b + 3, EdgeKind.NEXT) for a, b in document["edges"])
    return FlowGraph(document["name"], tuple(nodes), edges, document["first_line"] - 1)
