"""What the failing tests say, before anything is changed.

Read ``command`` and ``discovery`` (which tests), ``diagnosis`` (the values: what fails, why, and
how long tests take), ``diagnosing`` (how they are learnt, with ``beside``: passing tests of the
same files, and ``sampling``: which tests are traced), ``baseline_run`` (the command itself, without
a patch), ``elsewhere`` (other files at which the failure points).
"""
