"""How a failure heals: failing test → blocks → suspicion → candidates → validation → patch.

Knows no LSP. A model reaches it as a :class:`~decoding.writer.Writer` argument or not at all.
User code runs only through ``repair.sandbox``.

Each part is a stage and imports only those before it (a contract of import-linter holds this).
Read in this order: ``source`` (the file, as text), ``sandbox`` (how tests are run),
``localization`` (where it may be wrong), ``failure`` (what the failing tests say), ``trace`` (block
by block), ``candidates`` (what may fix it), ``job`` (what is to be done and what came of it),
``search`` (which candidate is tried when), ``choice`` (which of those that pass is right),
``validation`` (what is a repair), ``repair_state`` (what can be said so far); ``healing`` is all of
it. ``implementing`` writes what is not there yet, ``optimizing`` what is too slow.
"""
