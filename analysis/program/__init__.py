"""One reading of a Python file: its scopes, what they bind and where, its imports and definitions.

Stands on the tree of :mod:`analysis.syntax`, so that it works where the code does not parse, and
knows one text at a time: what ``from x import *`` brings and what the builtins are is for its
caller.

Read ``binders`` (the names that one construct binds), ``scopes`` (the scopes of a file), then its
questions: ``visible`` (which names a place can see), ``occurrences`` (where a local variable is
used) and ``outline`` (the definitions, nested).
"""
