"""The command line: one file per command, tables and progress.

Commands run the engine's handlers in their own process.

Read in this order: ``main`` (picks a command), ``options`` (what several of them take),
``commands`` (one file each, with ``repairing`` for those that offer a patch), ``waiting``
(what happens meanwhile), ``report`` (how an answer is shown),
``console`` (and an error), ``health`` (what is looked at when something is wrong).
"""
