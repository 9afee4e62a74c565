"""Configuration: the only room that reads files and options, and what it makes of them.

``values`` says which settings exist (the table in ``docs/settings.md`` is generated from it),
``read`` finds and merges them, ``problems`` says what is wrong with them and where. Every room
below defines its own frozen configuration and is handed it; none of them reads a file.
"""
