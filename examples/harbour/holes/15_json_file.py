# judge: import pathlib; judged = pathlib.Path()
"""Keep the register between runs."""

import json
from pathlib import Path

from harbour.vessels import Register


def load(path: Path) -> Register:
    register = Register()
    for row in json.loads(path.$0):
        register.enrol(row)
    return register
