"""Mutation templates: small edits that undo the mistakes people make, one family a file.

A template is a function from a :class:`~repair.candidates.templates.site.Program` to
:class:`~repair.candidates.templates.site.Proposal` values. Priors are rough frequencies of kinds
of one-place fixes, set by judgement before any corpus was run; only their order matters.
All but four write the fix of at least one of 396 known bugs, and those four were right otherwise.
Read ``site`` first, then ``registry``.
"""
