# judge: from harbour.vessels import Register; judged = Register()
"""Print what lies in the harbour."""

from harbour.vessels import Register


def report(register: Register) -> str:
    lines = [f"{len(register)} vessels"]
    largest = register.$0
    lines.append(f"largest: {largest.plate()}")
    return "\n".join(lines)
