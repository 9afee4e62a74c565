"""Whose Python it is: finding the interpreter of the user and reading what is installed for it."""
