"""What is asked of a graph that has been built; nothing here changes one.

Knows the store alone: no tree, no resolver. Read ``naming`` (which node a name means),
``overriding`` (methods in the place of others), ``walking`` (from many nodes at once),
``questions`` (callers, uses, impact, paths), ``places`` (from a place in a file), ``rank`` (what is
related), ``joined`` and ``cypher`` (all edges at once, for a query language).
"""
