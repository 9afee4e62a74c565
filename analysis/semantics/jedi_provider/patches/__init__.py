"""What of jedi is replaced: one file for each module of jedi, or for a few that belong together.

Each part of a file says what jedi does, and what Pilotfish does instead. ``known`` lists every
name that is replaced.
"""
