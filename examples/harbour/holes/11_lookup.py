# judge: from harbour.vessels import Register; judged = Register()
"""Answer the radio."""

from harbour.vessels import Register


def answer(register: Register, call_sign: str) -> str:
    vessel = register.$0
    if vessel is None:
        return f"{call_sign} is not known here"
    return f"good morning, {vessel.plate()}"
