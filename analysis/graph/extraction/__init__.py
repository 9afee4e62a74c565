"""The facts of one file, read off its syntax tree in one pass.

Knows one text at a time: no other file, no store. Read ``extract`` (the pass), ``statements`` (with
``definitions``, ``imports``, ``exports`` and ``matching``), ``expressions`` (with ``operators``,
``narrowing`` and ``table``), ``uses`` (the sites); ``describe`` and ``literals`` read heads and
strings, ``reading`` is all of it for a file on disk.
"""
