"""The code graph of a workspace: what is defined where, and what uses it.

Knows files, never an editor, and runs nothing of a workspace. Read in this order: ``facts`` (what
one file says), ``extract`` (read off its tree, with ``statements``, ``definitions`` and
``expressions``, of which ``operators`` are a part), ``values`` and ``resolver`` (what names stand
for, with ``classes``, ``calls``, ``typing_forms`` and ``memo``), ``edges`` (sites, resolved),
``store`` (one SQLite file), ``indexing`` (kept true to the disk, by ``keeping`` in a process of its
own), ``questions`` (what is asked of it, with ``naming``, ``places``, ``rank`` and ``cypher``);
``graph`` is the facade that others use, ``glance`` the one for those who take what is there and do
not wait (repair).
"""

from analysis.graph.glance import Glance
from analysis.graph.graph import Graph, has_graph
from analysis.graph.naming import Node, UnknownNameError
from analysis.graph.questions import BY_NAME, EXACT, Near, Reached, Use, is_test
from analysis.graph.rank import Ranked

__all__ = [
    "BY_NAME",
    "EXACT",
    "Glance",
    "Graph",
    "Near",
    "Node",
    "Ranked",
    "Reached",
    "UnknownNameError",
    "Use",
    "has_graph",
    "is_test",
]
