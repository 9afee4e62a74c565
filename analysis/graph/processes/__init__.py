"""Processes that read files beside each other: ``crew`` asks them, ``reader`` is one of them."""
