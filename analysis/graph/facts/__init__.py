"""What one file says by itself, as values: what every later stage starts from.

Knows no tree and no other file. Read ``file`` (definitions, scopes, bindings, sites), ``protocols``
(which methods Python calls for an operator), then ``units`` and ``fingerprint`` (what of a file
others rest on, hashed in parts, so that an edit of a body touches nobody else).
"""
