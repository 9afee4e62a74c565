"""Which candidate is tried when, and what trying it shows.

Does not know which of those that pass is right (``choice``). Read ``trials`` (a candidate against
the tests), ``candidate_queue`` (what is next), ``grace_period`` (when it is enough), ``loop`` (all
of it).
"""
