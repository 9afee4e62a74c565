"""Time goes where most is found for it, and comes back to where nothing was looked for since."""

from __future__ import annotations

from repair.implementing.ways import Rate, Way, Ways


def test_what_finds_nothing_gives_way_in_proportion_to_the_time_it_took() -> None:
    ways = Ways({Way.WRITE: Rate(0.5, 15.0), Way.EDIT: Rate(0.2, 3.0)})
    assert ways.best([Way.WRITE, Way.EDIT]) is Way.EDIT
    ways.spent(Way.EDIT, 2.0, 0)
    assert ways.best([Way.WRITE, Way.EDIT]) is Way.EDIT
    ways.spent(Way.EDIT, 2.0, 0)
    assert ways.best([Way.WRITE, Way.EDIT]) is Way.WRITE
    ways.spent(Way.WRITE, 4.0, 0)
    assert ways.best([Way.WRITE, Way.EDIT]) is Way.EDIT
    assert ways.best([Way.WRITE]) is Way.WRITE


def test_what_found_something_is_gone_on_with() -> None:
    ways = Ways()
    ways.spent(Way.EDIT, 10.0, 0)
    ways.spent(Way.WRITE, 10.0, 1)
    others = [way for way in Way if way is not Way.WRITE]
    ways.spent(Way.TELL, 10.0, 0)
    assert ways.best(list(Way)) is Way.WRITE
    assert ways.rates[Way.WRITE].mean > max(ways.rates[way].mean for way in others)
