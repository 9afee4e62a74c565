"""Sources of candidate edits, one a file, cheapest first.

Read ``candidate`` (the value) and ``registry`` (where candidates come from); then those that need
no model: ``templates``, which ``symptoms`` of the failure make likelier, and ``misnamed`` (names
that are not there); then what a model writes: ``infill`` (at suspicious places), ``dialog`` (a
function again) and ``background_writer`` (in a thread of its own).
"""
