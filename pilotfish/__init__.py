"""The command line: one file per command, tables and progress."""
