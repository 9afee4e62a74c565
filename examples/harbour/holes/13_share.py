# judge: from harbour.berths import Quay; judged = Quay([])
"""The board at the harbour office."""

from harbour.berths import Quay


def board(quay: Quay) -> str:
    return f"{quay.$0:.0%} of the berths are taken"
