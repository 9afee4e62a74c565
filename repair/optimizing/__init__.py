"""A faster body for a function, offered only when it was measured to be faster.

Read ``rewriting`` (the whole way), ``profile`` (where the time goes), ``transformations`` (known
safe ones), and ``measuring`` of the sandbox's probe (what the sandbox says).
"""
