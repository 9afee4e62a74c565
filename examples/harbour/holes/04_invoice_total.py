# judge: from harbour.dues import invoice_for; from harbour.vessels import Vessel; judged = invoice_for(Vessel("a", 1, 1, 1), 1)
"""Sum the dues of a day."""

from decimal import Decimal

from harbour.dues import Invoice


def takings(invoices: list[Invoice]) -> Decimal:
    total = Decimal(0)
    for invoice in invoices:
        total += invoice.$0
    return total
