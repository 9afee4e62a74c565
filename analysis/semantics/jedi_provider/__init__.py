"""jedi as a provider of names and types: the only place that imports jedi (invariant 2).

Read in this order: ``session`` (jedi set up so that nothing of a workspace runs), ``completeness``
(remembering what could not be inferred), what makes jedi infer more or guess less, a file for each
construct (``special_forms``, ``operators``, ``overloads``, ``decorated``, ``wrappers``, ``stars``,
``growing``, ``defaults``, ``lambdas``, ``comprehended``, ``caught``, ``members``, ``self_type``,
``resolution``), ``union_members``, ``machinery``, ``narrow``, ``elsewhere`` and ``receivers``
(values as the rules see them), ``provider`` (the answer). ``patches`` lists what is replaced of
jedi.
"""

from analysis.semantics.jedi_provider.patches.known import require_known

# Before another file of this package imports a name that another jedi may not have.
require_known()
