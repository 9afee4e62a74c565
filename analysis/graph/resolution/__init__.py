"""What names and expressions of a project stand for, and so what each site of a file uses.

Knows the facts of files through the protocol of ``world``, neither trees nor the store. Read
``world`` (files by dotted name, what can be known of a value, what is known already), ``resolver``
(names, and which bindings arrive), ``classes`` and ``calls`` (what attributes, annotations and
calls give), ``edges`` (sites, resolved).
"""
