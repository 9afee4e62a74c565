"""The shape of the text: tree-sitter trees, the hole under a cursor, and an incremental lexer.

Knows nothing of types, files or processes. Parsing returns a tree and its errors; it never raises.
"""
