"""One process, one queue: requests and answers as values, settings, scheduling, supervision.

The front door talks to it through ``engine.client`` with the values of ``engine.features`` and
sees nothing else of it. A handler is a plain function from a request and a context to an answer, so
the command line runs the same ones in its own process.

Read in this order: ``request`` and ``features`` (what is asked, who answers it and where it runs),
``settings``, ``client`` (how a front door asks), ``process`` and ``scheduler`` (how a request gets
its turn), ``context`` (with what: ``writers``, ``graphs``, ``knowledge``), ``lease``
(who computes with the model).
"""
