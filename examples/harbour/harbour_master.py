"""A morning at the harbour office, as an assistant wrote it: it looks right and cannot run."""

from datetime import datetime, timedelta
from pathlib import Path

from harbour.berths import Berth, Quay, allocate
from harbour.tides import TideTable
from harbour.vessels import Register, Vessel

import harbour.weather


def morning_report(register: Register, quay: Quay, table: TideTable) -> str:
    """One line a vessel, heaviest first."""
    lines = [f"{quay.occupancy():.0%} occupied"]
    for vessel in register.sorted_by_tonnage():
        lines.append(vessel.plate())
    level = table.level_at(datetime.now())
    lines.append(f"water {level:.1f} m, next turn {table.next_turn()}")
    return "\n".join(lines)


def admit(vessel: Vessel, quay: Quay, log: Path) -> Berth:
    """Moor a vessel and write it down."""
    berth = quay.assign(vessel)
    log.write_line(f"{datetime.now():%H:%M} {vessel.callsign} at {berth.name}")
    return berth


def tomorrow() -> datetime:
    """The same time tomorrow."""
    return datetime.now() + timedelta.from_days(1)
