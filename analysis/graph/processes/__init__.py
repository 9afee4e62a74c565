"""Pilotfish's own processes, asked in frames: they parse beside each other, or keep a graph.

Read ``frames``, ``child`` (one process), ``crew`` (several that read files) and ``reader`` (what
each of these runs).
"""
