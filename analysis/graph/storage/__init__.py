"""The graph of one project in one SQLite file.

Knows no question that is asked of it. Read ``store`` (the file and its tables), ``rows`` (facts and
edges of a file as rows), ``outside`` (nodes of installed packages and their versions).
"""
