"""Flow of a program: AST, CFG, DFG and call graph, and the block plan that the tracer follows.

Works on source text alone: nothing is imported, run or looked up. Read ``flow`` (the values) and
``control_flow`` (how a graph is built); for the data flow ``data_flow`` (the values), ``record``
and ``effects`` (what a node does), ``reaching`` (what arrives where). ``plan`` is for the tracer;
``diagram``, ``drawings`` and ``formats`` (with ``layered`` and ``svg``) are for readers.
"""
