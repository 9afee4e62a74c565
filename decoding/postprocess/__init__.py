"""What a model wrote, made into what goes into a file: where it ends, and what is taken off.

``site`` is the place that is written at, with the rules by which a text ends (the decode
loop asks them after every token), ``finish`` the corrections behind it, in their order. Pure
functions of text; nothing here knows a model. Cases: ``tests/fixtures/postprocess``.
"""
