# judge: from harbour.vessels import Vessel; judged = Vessel("a", 1, 1, 1)
"""Sort vessels for the list at the gate."""

from harbour.vessels import Vessel


def by_size(vessels: list[Vessel]) -> list[Vessel]:
    return sorted(vessels, key=lambda vessel: vessel.$0, reverse=True)
