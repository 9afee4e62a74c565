"""Whether a plausible patch is a repair (invariant 9): fresh processes, the command, all tests.

Read ``validator``, ``suite_result`` (all tests of a suite), ``reach`` and ``ahead`` (which of them
come first), ``rehearsal`` (beside the search), ``given`` (for a text that needs no search).
"""
