"""How a model writes: vocabulary, constraints, monitors, the decode loop, prompts and runtimes.

Knows no LSP and no files of the user's; facts about code reach it as an ``Evidence``
argument (``guidance/evidence``). Of ``analysis`` it uses value types and the lexer.

Read in this order: ``writer`` (the values and the facade), ``vocabulary`` (tokens and constraints),
``monitors`` (who constrains), ``guidance`` (what a rejection does), ``loop`` (how a model in this
process writes), ``remote`` (how a server does), ``prompts``, ``postprocess``, ``runtimes`` (who
computes), ``models`` (the files).
"""
