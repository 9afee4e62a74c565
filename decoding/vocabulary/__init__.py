"""Tokens as bytes, and what may be written next.

Knows no model, no text and no analysis. ``tokens`` holds every token of a model as raw bytes,
their trie, and constraints: automata over bytes for a set of names and their ends.
"""
