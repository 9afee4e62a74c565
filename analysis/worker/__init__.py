"""The process that owns the slow parts, and the pool that asks it.

jedi can neither be stopped nor be kept from the interpreter lock, so it lives in a process of its
own: memory-capped, killed when it overstays, with a warm spare. A person's question runs at normal
priority; checks and warming run on a niced thread of the same process. Read in this order:
``queries`` (what can be asked), ``main`` (the process), ``pool`` (one of them seen from outside,
and all of them: what the engine and the command line use).
"""
