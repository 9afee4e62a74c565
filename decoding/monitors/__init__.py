"""Who constrains: a class for each monitor, which starts where the bytes show its trigger.

``monitor`` is the protocol; ``names`` (with members and keys) and ``calls`` hold the monitors by
the kind of hole, ``registry`` lists them.
"""
