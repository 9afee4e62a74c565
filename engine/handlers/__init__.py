"""One handler a request: a function from the request and the context to the answer."""
