"""Whose Python it is: the user's interpreter, found, asked or read.

The only room that starts an interpreter to learn facts (invariant 2). An interpreter that belongs
to an untrusted workspace is never started: ``static`` reads its ``pyvenv.cfg`` and site-packages
as files. Read in this order: ``environment`` (the value, and where a file's imports begin),
``candidates`` (which interpreters come into question, why, and the choice; one that may be started
describes itself), ``static`` (reads one that may not), ``boundaries`` (which folders one may name),
``distributions`` (which version a file belongs to).
"""
