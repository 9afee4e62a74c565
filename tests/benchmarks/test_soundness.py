"""Which sites the benchmark of sound sets draws."""

from __future__ import annotations

from pathlib import Path

from benchmarks.sites import Site
from benchmarks.soundness import Package, drawn

FEW, MANY = Package("few", "frozen", standard=False), Package("many", "frozen", standard=False)


def _sites(package: str, kind: str, count: int) -> list[Site]:
    return [Site(Path(package), start, start + 1, "x", kind) for start in range(count)]


def test_a_rare_kind_is_drawn_more_often_where_there_is_more_of_it() -> None:
    pools = {
        FEW: {"decorator": _sites("few", "decorator", 3), "name": _sites("few", "name", 90)},
        MANY: {"decorator": _sites("many", "decorator", 70), "name": _sites("many", "name", 90)},
    }
    sites = drawn(pools, count=10, least=20)
    kinds = {package: [site.kind for site in chosen] for package, chosen in sites.items()}
    assert kinds[FEW].count("decorator") == 3
    assert kinds[MANY].count("decorator") == 17
    assert kinds[FEW].count("name") == kinds[MANY].count("name") == 10


def test_no_more_is_asked_for_than_there_is() -> None:
    sites = drawn({FEW: {"decorator": _sites("few", "decorator", 3)}}, count=1, least=300)
    assert len(sites[FEW]) == 3
