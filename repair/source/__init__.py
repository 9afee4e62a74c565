"""The file that is to be repaired, as text: read, cut into functions, edited, compared.

Knows no test and runs nothing. Read ``file`` (bytes, text and edits of it), ``units`` (the
functions that edits change), ``stub`` (a function still to be written), ``examples`` (what strings
of the file say that functions answer), ``patch`` (a change as a diff).
"""
