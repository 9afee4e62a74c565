"""What runs inside the sandbox, under the *user's* interpreter.

Standard library only (and pytest where the user has it), in the syntax of Python 3.8; imports
nothing of Pilotfish. The folder is bound read-only as the package ``_pilotfish_probe``, a name no
project has, so nothing here can shadow a module of the user's.

Read in this order: ``server`` (requests), ``lanes`` (several at once), ``forking`` (one run),
``settling`` (cheaper forks), ``gathering`` (what a fork says, time limits), ``files`` (what a run
replaces), ``isolation`` (what one fork may not pass on to the next), ``plans`` (how a run is
begun), ``reporter`` and the runners (how tests are run; ``plainly``: without pytest's protocol,
where no ``bystanders`` take part), ``live`` (new code for live functions), ``lines`` and ``places``
(which lines and expressions ran), ``blocks`` (the tracer; ``by_settrace`` and ``by_monitoring`` are
its hooks), ``behaviour`` (what variants answer to the same calls: ``noting``, ``varying``,
``answering``, ``comparable``), ``describe`` (failures as plain data).
"""
