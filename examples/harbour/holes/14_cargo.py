# judge: from harbour.vessels import Cargo as judged
"""Which vessels the inspector sees."""

from harbour.vessels import Cargo, Vessel


def inspected(vessels: list[Vessel]) -> list[Vessel]:
    return [vessel for vessel in vessels if vessel.cargo is Cargo.$0]
