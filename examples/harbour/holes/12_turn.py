# judge: from datetime import datetime; from harbour.tides import Turn; judged = Turn(datetime.now(), 1.0)
"""Print the tide table."""

from harbour.tides import TideTable


def rows(table: TideTable) -> list[str]:
    result = []
    for turn in table.turns:
        kind = "HW" if turn.$0 else "LW"
        result.append(f"{kind} {turn.moment:%H:%M}")
    return result
