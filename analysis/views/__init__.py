"""Flow of a program: AST, CFG, DFG and call graph, and the block plan that the tracer follows.

Works on source text alone: nothing is imported, run or looked up. Read ``flow`` (the values), then
``control_flow`` (how they are built).
"""
