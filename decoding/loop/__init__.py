"""The decode loop over a model in this process.

Read in this order: ``decode_state`` (the sampler, the text so far, and the model's cache, kept in
step), ``drafts`` (guesses that one batch verifies), ``loop`` (the loop, with the search for another
name where one was rejected), ``lanes`` (several texts at once).
"""
