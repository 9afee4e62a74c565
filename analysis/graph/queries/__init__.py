"""What is asked of a graph that has been built; nothing here changes one.

Knows the store alone: no tree, no resolver. Read ``naming`` (which node a name or a place
means), ``walking`` (from many nodes at once, and methods in the place of others), ``questions``
(callers, uses, impact, paths, what is related), ``cypher`` (all edges at once, for a query
language).
"""
