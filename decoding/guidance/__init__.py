"""Guidance: which holes of a text are watched while it is written, and what a rejection does.

Knows monitors and evidence, nothing of tokens or models. Read in this order: ``evidence`` (how
facts come in), ``query`` and ``calls`` (one question, one call), ``active_hole``, ``hole_tracker``
(which holes are active), ``policy`` (what to do when a monitor rejects a name), ``replacer`` (what
the policy needs of whoever writes). ``probe_text``, ``lexer_cache`` and ``known_words`` read the
text for them.
"""
