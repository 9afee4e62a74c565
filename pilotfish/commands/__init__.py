"""Commands, one a file: ``NAME``, ``HELP``, ``EXAMPLES``, ``add_arguments`` and ``run``."""
