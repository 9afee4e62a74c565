"""Who knows names and types: the provider protocol and its jedi implementation.

Runs inside the analysis worker; nothing here may be called from the event loop or the decode loop.
"""
