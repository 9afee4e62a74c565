"""The decode loop over a model in this process.

Read in this order: ``written`` (the result), ``decode_state`` (the sampler, the text so far, and
the model's cache, kept in step), ``search`` (another name where one was rejected), ``drafts``
(guesses that one batch verifies), ``loop`` (with names that need not be waited for), ``lanes``
(several texts at once).
"""
