"""The report of ``pilotfish debug`` as one HTML page that needs nothing else.

``document`` puts it together, ``block_graph`` draws the control flow of each function, ``page.css``
and ``page.js`` are what the page is styled and moved by. The page loads nothing: its own script and
style are allowed by their hashes, everything else is forbidden by its content security policy.
"""

from pilotfish.report.page.document import page

__all__ = ["page"]
