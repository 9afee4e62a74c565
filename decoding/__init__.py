"""How a model writes: vocabulary, constraints, monitors, the decode loop, prompts and runtimes.

Knows no LSP and no files of the user's; facts about code reach it as an
:class:`~decoding.evidence.Evidence` argument. Of ``analysis`` it uses value types and the lexer.

Read in this order: ``evidence`` and ``completion`` (the values), ``vocabulary`` and ``constraint``
(what a token may be), ``monitors`` (who constrains), ``guidance`` (what is made of what they say),
``loop`` (how it is enforced here, with ``search_replacer``, ``search``, ``hurry`` and ``drafts``),
``remote`` (how on a server), ``prompts``, ``postprocess``, ``runtimes`` (who computes), ``models``
(the files), ``writer`` (the facade).
"""
