"""How findings are written: ``text`` for a person, ``json``, ``sarif`` and ``github`` for programs.

Each is a pure function from findings to what is printed. Knows no analysis and no options.
"""
