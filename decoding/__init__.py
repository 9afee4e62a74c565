"""How a model writes: vocabulary, constraints, monitors, the decode loop, prompts and runtimes.

Knows no LSP and no files of the user's; facts about code reach it as an
:class:`~decoding.evidence.Evidence` argument. Of ``analysis`` it uses value types and the lexer.

Read in this order: ``evidence`` and ``completion`` (the values), ``vocabulary`` and ``constraint``
(what a token may be), ``monitors`` (who constrains), ``loop`` (how it is enforced), ``prompts``,
``postprocess``, ``runtimes`` (who computes), ``models`` (the files), ``writer`` (the facade).
"""
