"""Flow of a program: AST, CFG, DFG and call graph, and the block plan that the tracer follows.

Works on source text alone: nothing is imported, run or looked up. Read ``flow`` (the values), then
``control_flow`` and ``building`` (how they are built, with ``sketch`` and ``ways_out``); for the
data flow ``data_flow`` (the values), ``effects`` (what a node does, with ``statements``,
``expressions``, ``record`` and ``states``) and ``reaching`` (what arrives where).
"""
