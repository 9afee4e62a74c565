# judge: from harbour.tides import TideTable; judged = TideTable([])
"""How deep the water is now."""

from datetime import datetime

from harbour.tides import TideTable


def depth_now(table: TideTable, charted: float) -> float:
    now = datetime.now()
    return charted + table.$0
