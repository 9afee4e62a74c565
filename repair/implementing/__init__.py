"""Writing a function that is not there yet, until its tests pass.

Read ``implementer`` (all of it), ``bodies`` (the search), ``ways`` (which way is next), then the
ways: ``body_writer`` (a body as the model writes it, with ``background_groups`` and
``writing_speed``: how many side by side), ``written`` (a body in its place), ``retouching`` (small
edits), ``rewriting`` (parts written anew), ``decomposing`` (in parts); ``electing`` chooses.
"""
