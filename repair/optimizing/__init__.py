"""A faster body for a function, offered only when it was measured to be faster.

Read ``rewriting`` (the whole way), ``transformations`` (known safe ones), ``measuring`` (what the
sandbox says).
"""
