# judge: from harbour.vessels import Vessel; judged = Vessel("a", 1, 1, 1)
"""Keep notes on vessels."""

from harbour.vessels import Register


def note(register: Register, call_sign: str, text: str) -> bool:
    vessel = register.hail(call_sign)
    if vessel is None:
        return False
    vessel.$0
    return True
