"""The numbers of dotprompts: what counts as gained, lost, invented, disputed and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.dot_scores import interval, report
from benchmarks.dot_sites import DotSite
from benchmarks.judging import PROBE

ROOT = Path("/p")
INVENTED = {"rule": "reportAttributeAccessIssue", "message": '"x" is unknown', "invented": True}


def _site(number: int, wanted: str = "get()", kind: str = "attribute") -> DotSite:
    text = f"a.{wanted}\n"
    name = wanted.partition("(")[0]
    return DotSite("p", ROOT, ROOT / f"m{number}.py", 0, kind, 2, name, wanted, text, hard=False)


def _line(site: DotSite, variant: str, text: str, disputed: bool = False) -> dict[str, Any]:
    event = {"disputed": disputed, "rejected": ""}
    return {
        "site": site.key,
        "variant": variant,
        "text": text,
        "confidence": 0.9 if text == site.wanted else 0.2,
        "events": [event],
        "ms": 10.0,
    }


def test_every_column_says_what_it_is_called() -> None:
    sites = [_site(n) for n in range(4)]
    unguided = ["get()", "gets()", "get(1)", ""]
    guided = ["got()", "get()", "get()", "get()"]
    lines = [_line(s, "unguided", t) for s, t in zip(sites, unguided, strict=True)]
    lines += [_line(s, "guided", t, t == "got()") for s, t in zip(sites, guided, strict=True)]
    # The judge knows the receivers, and that `gets` does not exist.
    said: dict[str, Any] = {f"{s.key}\n{PROBE}()": [INVENTED] for s in sites}
    said[f"{sites[1].key}\ngets()"] = [INVENTED]
    tables, result = report(sites, lines, said, ["unguided", "guided"])
    scores = result["scores"]
    assert isinstance(scores, dict)
    first, second = scores["ALL: unguided"], scores["ALL: guided"]
    assert (first["n"], first["next"], first["exact"], first["silent"]) == (4, 0.5, 0.25, 1)
    assert (first["invented"], first["errors"], first["disputed"]) == ("1/4", 1, 0)
    assert (second["gained"], second["lost"], second["disputed"]) == (2, 1, 1)
    against = {(row[0], row[2]): row[3] for row in tables[1][2]}
    assert against["ALL", "next"] == "+0.250"
    assert against["p", "next"] == "+0.250"
    assert ("p", "exact") not in against
    assert tables[2][:1] == ("Significant losses: none",)
    assert tables[3][1:] == (["rule", "unguided", "guided"], [["reportAttributeAccessIssue", 1, 0]])
    shown = {(row[0], row[1]): row[2:] for row in tables[4][2]}
    assert shown["guided", 0.8] == ["0.75", "1.000", "1.000", "0.000"]


def test_silence_is_told_apart_from_what_is_written_instead() -> None:
    sites = [_site(n) for n in range(5)]
    unguided = ["gets()", "gets()", "get()", "gets()", ""]
    guided = ["", "get()", "", "gets()", "get()"]
    lines = [_line(s, "unguided", t) for s, t in zip(sites, unguided, strict=True)]
    lines += [_line(s, "guided", t) for s, t in zip(sites, guided, strict=True)]
    said: dict[str, Any] = {f"{s.key}\ngets()": [INVENTED] for s in sites}
    tables, _ = report(sites, lines, said, ["unguided", "guided"])
    # Silent at two, of which one was wrong and one right; both wrote at two, and one was fixed.
    assert tables[5][2] == [["guided", 2, 1, 1, 2, 2, 1]]


def test_sites_that_a_variant_lacks_count_for_none() -> None:
    sites = [_site(0), _site(1)]
    lines = [_line(s, "unguided", "get()") for s in sites] + [_line(sites[0], "guided", "get()")]
    _, result = report(sites, lines, {}, ["unguided", "guided"])
    scores = result["scores"]
    assert isinstance(scores, dict)
    assert scores["ALL: unguided"]["n"] == scores["ALL: guided"]["n"] == 1


def test_an_interval_holds_its_mean() -> None:
    low, high = interval([0.0] * 50 + [1.0] * 50)
    assert 0.38 < low < 0.5 < high < 0.62
    assert interval([1.0] * 10) == (1.0, 1.0)


def test_a_significant_loss_is_named() -> None:
    sites = [_site(n) for n in range(12)]
    lines = [_line(s, "unguided", "get()") for s in sites]
    lines += [_line(s, "guided", "got()") for s in sites]
    said: dict[str, Any] = {f"{s.key}\ngot()": [INVENTED] for s in sites}
    tables, result = report(sites, lines, said, ["unguided", "guided"])
    assert {(row[0], row[2]) for row in tables[2][2]} >= {
        ("ALL", "next"),
        ("ALL", "errors"),
        ("p", "next"),
    }
    assert result["scores"] is not None
