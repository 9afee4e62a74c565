"""How a failure heals: failing test → blocks → suspicion → candidates → validation → patch.

Knows no LSP. A model reaches it as a :class:`~decoding.writer.Writer` argument or not at all.
User code runs only through ``repair.sandbox``.
"""
