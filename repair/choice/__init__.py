"""Which of the patches that pass is the right one, and how sure that is.

Runs no code: it compares texts and what runs answered, and asks the model how likely a text is.
Read ``guards`` (what fools the tests), ``differences`` (what patches do beyond the tests),
``reading`` (what nothing reads), ``likelihood`` (what their text says), ``ranking`` (which is the
likeliest), ``evidence`` (how much speaks for it), ``questions`` (what to ask a person); of bodies
that a model writes ``agreement`` (what most of them do) and ``kinds`` (of which kind their answers
are).
"""
