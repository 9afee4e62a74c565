"""How findings are written: ``text`` for a person, ``for_programs`` for the others.

Each is a pure function from findings to what is printed. Knows no analysis and no options.
"""
