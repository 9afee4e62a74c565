"""What runs inside the sandbox, under the *user's* interpreter.

Standard library only (and pytest where the user has it), in the syntax of Python 3.8; imports
nothing of Pilotfish. The folder is bound read-only as the package ``_pilotfish_probe``, a name no
project has, so nothing here can shadow a module of the user's.

Read in this order: ``server`` (requests), ``forking`` (one run in a fork, what it says, and time
limits), ``isolation`` (what one fork may not pass on to the next, and lanes for several at once),
``replacing`` (new code and files for what is loaded), ``plans`` (how a run is begun), ``reporting``
(what is told of tests and failures) and the runners ``pytest_runner``, ``direct_runner`` (without
pytest's protocol, where no plugin takes part), ``unittest_runner`` and ``script_runner``, ``lines``
(which lines and expressions ran), ``blocks``, ``followed`` and ``values`` (the tracer),
``behaviour``, ``noting`` and ``varying`` (what variants answer to the same calls), ``measuring``.
"""
