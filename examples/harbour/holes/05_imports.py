# judge: import harbour.dues as judged
"""Write invoices."""

from harbour.dues import $0
from harbour.vessels import Vessel


def bill(vessel: Vessel, nights: int) -> str:
    return "\n".join(invoice_for(vessel, nights).lines())
