"""Flow of a program: AST, CFG, DFG and call graph, and the block plan that the tracer follows."""
