# judge: from harbour.vessels import Vessel; judged = Vessel("a", 1, 1, 1)
"""Who is told when a vessel comes in."""

from harbour.vessels import Vessel


def crew_needed(vessel: Vessel) -> list[str]:
    crew = ["linesman"]
    if vessel.$0:
        crew.append("pilot")
    return crew
