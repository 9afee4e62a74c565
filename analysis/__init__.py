"""What code means: documents, syntax, names, types, holes, diagnostics and flow views.

This room knows no model and no editor. It answers questions about an immutable
:class:`~analysis.snapshot.Snapshot` and says how sure it is (:class:`~analysis.names.Tier`).

Read in this order: ``snapshot`` and ``text`` (what is looked at), ``syntax`` (what construct the
cursor is in), ``names`` (what may stand there), ``semantics`` (who knows), ``environments`` (whose
Python it is), ``worker`` (the process that owns the slow parts), ``lint`` (the same knowledge as
diagnostics), ``views`` (control and data flow), ``graph`` (who
uses what, over a whole project).
"""
