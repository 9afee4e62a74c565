# judge: from harbour.berths import Berth; judged = Berth("a", 1, 1)
"""What happens when a vessel leaves."""

from harbour.berths import Quay


def leave(quay: Quay, name: str) -> None:
    for berth in quay.berths:
        if berth.name == name and not berth.is_free:
            vessel = berth.$0
            print(f"{vessel.call_sign} left")
