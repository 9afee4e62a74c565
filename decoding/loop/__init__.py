"""The decode loop over a model in this process.

Read in this order: ``written`` (the result), ``token_buffer`` (the text so far), ``decode_state``
(the buffer and the model's cache, kept in step), ``sampling``, ``search`` (another name where one
was rejected), ``early_names`` (names that need not be waited for), ``drafts`` (guesses that one
batch verifies), ``loop``, ``lanes`` (several texts at once).
"""
