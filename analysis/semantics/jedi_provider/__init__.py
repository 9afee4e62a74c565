"""jedi as a provider of names and types: the only place that imports jedi (invariant 2).

Read in this order: ``session`` (jedi set up so that nothing of a workspace runs), ``completeness``
(remembering what could not be inferred), ``arms`` and ``narrow`` (values as the rules see them),
``provider`` (the answer).
"""
