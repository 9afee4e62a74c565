"""The facts of one file, read off its syntax tree in one pass.

Knows one text at a time: no other file, no store. Read ``extract`` (the pass), ``state`` (what is
known meanwhile: scopes, suites, uses), ``statements`` (with ``definitions`` and ``matching``),
``expressions``; ``describe`` and ``literals`` read heads and strings, ``reading`` is all of it for
a file on disk.
"""
