"""Who constrains: a class for each monitor, which starts where the bytes show its trigger.

``monitor`` is what each has; ``names``, ``members``, ``calls`` and ``keys`` hold them by the kind
of hole, ``registry`` lists them.
"""
