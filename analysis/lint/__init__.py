"""Diagnostics: API that the installed versions do not have, and ruff's beside them.

Only a closed set of names makes a finding; where analysis is unsure, there is silence. Knows no
command line and no editor; runs within the analysis worker, except for ``ruff``, which starts the
real ruff. Read ``sites`` (what is looked at), ``rules`` (one file each), ``invented`` (from a
snapshot to findings), ``suppress`` (``# noqa``), ``subclasses`` (what subclasses elsewhere bring),
``nearest`` (spelling), ``fixing`` (``--fix``), ``selection`` (which files).
"""
