"""Holes with types: what whoever writes at a cursor should know, a person or a model.

After ChatLSP (Blinn et al., *Statically Contextualizing Large Language Models with Typed Holes*,
OOPSLA 2024). Knows no model and no editor; types are looked up behind the protocol of
``semantics.type_facts``. Read in this order: ``context`` (the values), ``slot`` (what the grammar
wants), ``query`` (the question a worker answers: the expected type, relevant types and headers, as
much of both as fits, in the code graph's order);
``error_report`` (what is new and wrong in a draft).
"""
