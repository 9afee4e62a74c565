# judge: from harbour.tides import TideTable; judged = TideTable([])
"""When a vessel can come in."""

from harbour.berths import Berth
from harbour.tides import TideTable
from harbour.vessels import Vessel


def entry_time(table: TideTable, vessel: Vessel, berth: Berth) -> str:
    moment = table.$0
    if moment is None:
        return "not today"
    return f"{moment:%H:%M}"
