"""Tokens as bytes, and what may be written next.

Knows no model, no text and no analysis. Read in this order: ``tokens`` (every token of a model as
raw bytes, and their trie), ``constraint`` (an automaton over bytes: a set of names and their ends).
"""
