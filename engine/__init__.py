"""One process, one queue: requests and answers as values, settings, scheduling, supervision.

The front door talks to it through ``engine.client`` with the values of ``engine.messages`` and
sees nothing else of it. Handlers (one a request, in ``engine.handlers``) are plain functions from
a request and a context to an answer, so the command line runs the same ones in its own process.
"""
