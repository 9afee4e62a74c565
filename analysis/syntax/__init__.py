"""The shape of the text: tree-sitter trees, the hole under a cursor, and an incremental lexer.

Knows nothing of types, files or processes. Parsing returns a tree and its errors; it never raises.
Read ``tree`` (parse, reparse), ``hole`` (the value), ``holes`` (``hole_at``)
and what it stands on: ``statement`` (tokens before the cursor), ``expression`` (walking back over
them), ``stores`` (read or assigned), ``guards`` (reasons for doubt); ``occurrences`` (witnesses).
"""
