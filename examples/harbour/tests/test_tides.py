from datetime import datetime

import pytest

from harbour.tides import TideTable, Turn

DAY = datetime(2026, 5, 1)
TABLE = TideTable(
    [
        Turn(DAY.replace(hour=12), 1.0),
        Turn(DAY.replace(hour=6), 4.0),
        Turn(DAY.replace(hour=0), 0.4),
    ]
)


def test_turns_are_sorted() -> None:
    assert [turn.metres for turn in TABLE.turns] == [0.4, 4.0, 1.0]


@pytest.mark.parametrize(("hour", "metres"), [(0, 0.4), (3, 2.2), (6, 4.0), (9, 2.5), (12, 1.0)])
def test_the_rule_of_twelfths(hour: int, metres: float) -> None:
    assert TABLE.level_at(DAY.replace(hour=hour)) == metres


def test_outside_the_table() -> None:
    with pytest.raises(LookupError, match="2026-05-01 13:00"):
        TABLE.level_at(DAY.replace(hour=13))


def test_the_first_window() -> None:
    assert TABLE.first_window(draught=5.0, depth=3.5) == DAY.replace(hour=3)
    assert TABLE.first_window(draught=9.0, depth=3.5) is None
