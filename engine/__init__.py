"""One process, one queue: requests and answers as values, settings, scheduling, supervision.

The front door talks to it through ``engine.client`` with the values of ``engine.messages`` and
sees nothing else of it. Handlers (one a request, in ``engine.handlers``) are plain functions from
a request and a context to an answer, so the command line runs the same ones in its own process.

Read in this order: ``messages`` (what is asked and answered), ``settings``, ``client`` (how a front
door asks), ``process`` and ``scheduler`` (how a request gets its turn), ``routes`` and ``handlers``
(who answers it), ``context`` (with what: ``writers``, ``graphs``, ``knowledge``), ``gate`` and
``yielding`` (whose turn it is with the model).
"""
