# judge: from harbour.berths import Quay; judged = Quay([])
"""What happens when a vessel arrives."""

from harbour.berths import Quay
from harbour.vessels import Register, Vessel


def arrive(vessel: Vessel, register: Register, quay: Quay) -> str:
    register.enrol(vessel)
    berth = quay.$0
    return f"{vessel.call_sign} lies at {berth.name}"
