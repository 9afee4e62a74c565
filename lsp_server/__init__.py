"""The front door of editors: the protocol, document sync, one file per feature.

The event loop never computes (invariant 3): it keeps documents, parses with tree-sitter, hands
immutable snapshots to the engine and waits. Of the rooms below it knows ``engine.client``,
the values of ``engine.features``, ``analysis.text`` and ``analysis.syntax``, no more.

Read in this order: ``stdio`` (frames), ``handshake`` (the first request, answered before the heavy
imports), ``client`` and ``capabilities`` (what the two sides can do), ``protocol`` (life cycle and
errors), ``session`` (what one connection knows), ``features`` (one file each).
"""
