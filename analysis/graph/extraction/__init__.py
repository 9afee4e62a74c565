"""The facts of one file, read off its syntax tree in one pass.

Knows one text at a time: no other file, no store. Read ``reading`` (the pass, and all of it for a
file on disk), ``state`` (what is known meanwhile: scopes, suites, uses), ``statements``,
``definitions`` and ``expressions``. Imports, parameters and targets are read by
:mod:`analysis.program`.
"""
