"""What names and expressions of a project stand for, and so what each site of a file uses.

Knows the facts of files through the protocol of ``world``, neither trees nor the store. Read
``values`` (what can be known of a value), ``layout`` (files by dotted name), ``resolver`` (names,
with ``reach``: which bindings arrive, and ``memo``: what is known already), ``classes``, ``calls``
and ``typing_forms`` (what attributes, calls and annotations give), ``edges`` (sites, resolved).
"""
