"""Where the fault probably is: evidence from tests, one kind a file, and their combination.

``spectrum`` counts which tests ran what (Ochiai), ``purifying`` tells what a failing test ran for
checks that held, ``slicing`` follows dependences back from where the failure showed, ``combining``
weighs them into one suspicion for each line, ``suspicion`` are the values.
:func:`localize` is the way in.
"""

from repair.localization.combining import Method, blocks, localize
from repair.localization.spectrum import block_suspicion, expression_suspicion
from repair.localization.suspicion import BlockSuspicion, ExpressionSuspicion, Suspicion

__all__ = [
    "BlockSuspicion",
    "ExpressionSuspicion",
    "Method",
    "Suspicion",
    "block_suspicion",
    "blocks",
    "expression_suspicion",
    "localize",
]
