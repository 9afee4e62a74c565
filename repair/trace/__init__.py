"""What a run of a test did, block by block: the trace, and what is said of it.

``record`` are the values; ``recording`` runs tests under the probe
(``repair/sandbox/probe/blocks``) and reads what it tells; ``debugging`` is the whole way from a
test command to a report; ``document`` is the report as JSON. Knows no model but as an argument,
and draws nothing.
"""
