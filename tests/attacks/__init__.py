"""Attacks: a hostile clone, a hostile test, a hostile client, another user of the machine.

One file for each family. Each test does what an attacker would do and looks at the result from
outside, through the real command line where a person would use that. ``docs/security.md`` names
these tests; ``test_claims.py`` looks that each of them exists.
"""
