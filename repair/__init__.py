"""How a failure heals: failing test → blocks → suspicion → candidates → validation → patch.

Knows no LSP. A model reaches it as a :class:`~decoding.writer.Writer` argument or not at all.
User code runs only through ``repair.sandbox``.

Read in this order: ``job`` and ``source`` (what is to be repaired), ``command`` and ``discovery``
(by which tests), ``sandbox`` (how they are run), ``diagnosing`` (what is wrong, with
``localization``: where, and ``trace``: block by block), ``candidates`` and ``author`` (what may
mend it), ``search`` (which of them is tried when, with ``agenda``, ``trials`` and ``linger``),
``findings`` (what passes, with ``guards``, ``evidence``, ``likelihood`` and ``choice``),
``validation`` (what is a repair, with ``fates``, ``ahead`` and ``witness``), ``patch``; ``healing``
is all of it. ``implementing`` writes what is not there yet (with ``stub``, ``body_writer``,
``bodies``, ``ways`` and ``electing``), ``optimizing`` what is too slow.
"""
