"""Which bare names a place in a file can see, by the rules of the language (LEGB).

Stands on the tree of :mod:`analysis.syntax`, so that it works where the code does not parse, and
knows nothing of files: what ``from x import *`` brings and what the builtins are is for its caller.

Read ``scope`` (the values), ``targets`` (what a statement binds), ``binding`` (what a scope binds),
``enclosing`` (which scopes a place lies in), ``dynamic`` (when there may be more), ``visible``
(the answer) and ``unassigned`` (what of it has no value yet).
"""
