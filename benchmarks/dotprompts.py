"""What guidance brings: Python's counterpart of DotPrompts (Agrawal et al., NeurIPS 2023).

``python -m benchmarks.dotprompts --sites 20 --budget 300 [--variants unguided,guided,…]
[--packages …] [--python PATH] [--model NAME] [--resume FILE]``

Lines of real packages are cut behind a dot, in an import, in a call or where the author was about
to write a dot, and the shipped writer writes the rest: without guidance, with it, or with a part of
it. Packages that are not here are installed into an environment of their own, unless ``--python``
says where they are. Results are kept in a JSON Lines file, so that a run goes on where the last one
ended; ``--judge-only`` writes nothing new. Afterwards basedpyright (installed likewise) says which
members, modules and keywords do not exist and what else is wrong, and whether it knows the
receiver's type at all. Variants: ``unguided``; ``prune``, the monitors without the hint; ``hint``
without the monitors; ``guided``, all that ships; ``only:MONITOR``; ``with:PART+PART``, all that
ships and more of what is known around a hole: ``expected``, ``headers``, ``types``, ``related``
(the code graph of each package is read first); ``ablation`` stands for all of them without the
parts of ``with``. A variant that must write what another wrote (``benchmarks.dot_variants``) is
not run but taken from it, unless ``--each``; where both were run the report says how many differ.
What guidance costs in time, ``benchmarks.overhead`` says: here every variant reads its prompt anew,
or with ``--warm`` finds it in the cache, as when a key is pressed; many variants take less time so.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.dot_desk import Book, write_all
from benchmarks.dot_scores import report
from benchmarks.dot_sites import ORDER, DotSite, roots, sites
from benchmarks.dot_variants import agreement, meant
from benchmarks.installed import python_with
from benchmarks.judging import PROBE, judge
from benchmarks.report import RESULTS, save, show

#: The development half, by the names they are imported by; other packages judge.
PACKAGES = (
    "rich", "httpx", "click", "attr", "pygments", "requests", "packaging", "typer",
    "hypothesis", "jedi", "huggingface_hub", "pygls",
)  # fmt: skip


def in_turns(groups: Sequence[Sequence[DotSite]]) -> Iterator[DotSite]:
    """One of each package in turn, so that a run that is stopped early has looked at all."""
    for turn in range(max(map(len, groups), default=0)):
        yield from (group[turn] for group in groups if turn < len(group))


def judged(options: argparse.Namespace, book: Book, chosen: Sequence[DotSite]) -> dict[str, Any]:
    """What the judge says of every distinct line, kept beside the results."""
    path = book.path.with_suffix(".judged.json")
    said: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    by_key = {site.key: site for site in chosen}
    wanted: dict[str, tuple[DotSite, str]] = {}
    for line in book.lines:
        site = by_key.get(line["site"])
        if site is None:
            continue
        probe = PROBE + site.wanted[len(site.name) :]
        for text in (line["text"], site.wanted, probe):
            wanted.setdefault(f"{site.key}\n{text}", (site, text))
    new = [key for key in wanted if key not in said]
    if new:
        for key, found in zip(
            new, judge(options.python, [wanted[key] for key in new]), strict=True
        ):
            said[key] = [asdict(finding) for finding in found]
        path.write_text(json.dumps(said), encoding="utf-8")
    return said


def main() -> int:
    """Write, judge, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.dotprompts")
    parser.add_argument("--sites", type=int, default=20, help="of each package")
    parser.add_argument("--kinds", nargs="+", default=sorted(set(ORDER)), choices=set(ORDER))
    parser.add_argument("--packages", nargs="+", default=PACKAGES)
    parser.add_argument("--python", help="where the packages are")
    parser.add_argument("--model", default="complete")
    parser.add_argument("--variants", default="unguided,guided", help="separated by commas")
    parser.add_argument("--max-tokens", type=int, default=48)
    parser.add_argument("--deadline-ms", type=int, default=300, help="for each name, as shipped")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="write no longer")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="JSON Lines of results so far")
    parser.add_argument(
        "--expecting", action="store_true", help="only where the expected type is known"
    )
    parser.add_argument(
        "--each", action="store_true", help="run variants that must write what another wrote too"
    )
    parser.add_argument("--warm", action="store_true", help="with each prompt in the cache")
    parser.add_argument("--judge-only", action="store_true", help="write nothing new")
    parser.add_argument("--no-judge", action="store_true", help="without the type checker")
    options = parser.parse_args()
    variants = [one for name in options.variants.split(",") for one in meant(name)]
    options.python = options.python or str(python_with(options.packages, "dotprompts"))
    where = roots(options.python, options.packages)
    drawn = [sites(n, where[n], options.sites, options.seed) for n in options.packages]
    chosen = [site for site in in_turns(drawn) if site.kind in options.kinds]
    book = Book(options.resume or RESULTS / f"dotprompts-{options.model}.jsonl")
    if not options.judge_only:
        write_all(options, book, chosen, variants)
    said = {} if options.no_judge else judged(options, book, chosen)
    tables, result = report(chosen, book.lines, said, variants)
    for title, columns, rows in tables:
        show(title, columns, rows)
    taken = agreement(book.lines)
    show("Taken from another variant", ["variant", "taken", "run all the same", "differ"], taken)
    save(
        "dotprompts",
        {"model": options.model, "packages": list(options.packages), "taken": taken, **result},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
