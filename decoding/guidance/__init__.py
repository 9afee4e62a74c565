"""Guidance: which holes of a text are watched while it is written, and what a rejection does.

Knows monitors and evidence, nothing of tokens or models. Read in this order: ``evidence`` (how
facts come in), ``active_hole`` (its question, the call it stands in), ``policy`` (which holes are
tracked, what to do when a monitor rejects a name, and what that needs of whoever writes).
``text_around`` reads the text for them.
"""
