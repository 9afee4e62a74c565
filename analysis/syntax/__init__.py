"""The shape of the text: tree-sitter trees, the hole under a cursor, and an incremental lexer.

Knows nothing of types, files or processes. Parsing returns a tree and its errors; it never raises.
Read ``tree`` (parse, reparse), ``hole`` (the value), ``holes`` (``hole_at``) and what it stands on:
``statement`` (tokens before the cursor, and walking back over them), ``guards`` (reasons for
doubt).

Two modules cut text into tokens, for two directions. ``statement`` looks back from a cursor into
text that stands there, as a list of tokens from the nearest safe beginning. ``lexer`` goes forward
with text that a model is still writing, any number of bytes at a time: an immutable state that says
what the next character belongs to and keeps no tokens.
"""
