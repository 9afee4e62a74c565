"""The code graph of a workspace: what is defined where, and what uses it.

Knows files, never an editor, and runs nothing of a workspace. Each part is a stage, and imports
only those before it (a contract of import-linter holds this). Read in this order: ``facts`` (what
one file says), ``extraction`` (read off its tree) and ``resolution`` (what its names stand for),
``store`` (one SQLite file), ``parser_pool`` (processes that read files, each a ``reader``),
``indexing`` (the store brought up to date), ``queries`` (what is asked of it); ``graph`` is the
facade over these, and the one for those who take what is there and do not wait (repair);
``indexer_client`` has a graph kept true to the disk by a process of its own (``indexer``, spoken to
in ``messages``).

Other rooms import from here.
"""

from analysis.graph.graph import Graph, ReadOnlyGraph, has_graph
from analysis.graph.indexer_client import IndexerClient
from analysis.graph.messages import LookResult
from analysis.graph.queries.naming import GraphNode, UnknownNameError
from analysis.graph.queries.questions import (
    BY_NAME,
    EXACT,
    GraphUse,
    Near,
    RankedNode,
    Reached,
    is_test,
)

__all__ = [
    "BY_NAME",
    "EXACT",
    "Graph",
    "GraphNode",
    "GraphUse",
    "IndexerClient",
    "LookResult",
    "Near",
    "RankedNode",
    "Reached",
    "ReadOnlyGraph",
    "UnknownNameError",
    "has_graph",
    "is_test",
]
