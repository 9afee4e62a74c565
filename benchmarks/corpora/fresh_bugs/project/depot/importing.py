"""Reading suppliers' price lists: delimiters, headers, encodings and numbers as they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Dict, Iterator, List, Mapping, Optional

from depot.catalog import Article, normalize_sku
from depot.money import Money

#: What suppliers call our columns.
HEADERS = {
    "sku": ("sku", "article", "article no", "item", "part number"),
    "name": ("name", "description", "title"),
    "price": ("price", "unit price", "net price", "eur"),
    "stock": ("stock", "qty", "quantity", "available"),
}


@dataclass
class ImportResult:
    """What came in and what did not: ``errors`` by line number, counted from 1."""

    articles: List[Article] = field(default_factory=list)
    stock: Dict[str, int] = field(default_factory=dict)
    errors: Dict[int, str] = field(default_factory=dict)


def decode(data: bytes) -> str:
    """Text of a file: UTF-8 with or without a mark, else Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def guess_delimiter(header: str) -> str:
    """The delimiter seen most in the header; a comma when there is none."""
    counts = {mark: header.count(mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def split_row(line: str, delimiter: str) -> List[str]:
    """The fields of a line; quotes protect delimiters, doubled quotes stand for one."""
    fields: List[str] = []
    current: List[str] = []
    quoted = False
    position = 0
    while position < len(line):
        char = line[position]
        if quoted:
            if char == '"' and line[position + 1 : position + 2] == '"':
                current.append('"')
                position += 1
            elif char == '"':
                quoted = False
            else:
                current.append(char)
        elif char == '"' and not "".join(current).strip():
            quoted = True
            current = []
        elif char == delimiter:
            fields.append("".join(current).strip())
            current = []
        else:
            current.append(char)
        position += 1
    fields.append("".join(current).strip())
    return fields


def map_header(cells: List[str]) -> Dict[str, int]:
    """Our column names and where they are; raises ``ValueError`` when one we need is missing."""
    positions: Dict[str, int] = {}
    for index, cell in enumerate(cells):
        label = " ".join(cell.lower().replace("_", " ").split())
        for ours, theirs in HEADERS.items():
            if label in theirs and ours not in positions:
                positions[ours] = index
    missing = [name for name in ("sku", "price") if name not in positions]
    if missing:
        raise ValueError(f"no column for {', '.join(missing)}")
    return positions


def parse_decimal(text: str) -> Decimal:
    """``1.234,50``, ``1,234.50``, ``12,5`` or ``12.5``: the last mark is the decimal one.

    A single comma or point followed by exactly three digits is taken as thousands only when
    more than one group shows it.
    """
    text = text.replace("€", "").replace(" ", "").replace("\u00a0", "")
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point:
        if text.count(",") > 1:
            text = text.replace(",", "")
        else:
            text = text.replace(".", "").replace(",", ".")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    else:
        text = text.replace(",", "")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a number: {text!r}") from None


def rows(text: str) -> Iterator["tuple[int, Mapping[str, str]]"]:
    """Line numbers and the fields that have something in them."""
    lines = text.splitlines()
    start = next((index for index, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return
    delimiter = guess_delimiter(lines[start])
    positions = map_header(split_row(lines[start], delimiter))
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = split_row(line, delimiter)
        yield (
            number,
            {
                name: cells[index]
                for name, index in positions.items()
                if index < len(cells) and cells[index]
            },
        )


def load(data: bytes, known: Optional[Mapping[str, Article]] = None) -> ImportResult:
    """Read a price list; a bad line is noted and the next goes on.

    Articles in ``known`` keep their name where the list gives none.
    """
    known = known or {}
    result = ImportResult()
    for number, row in rows(decode(data)):
        try:
            sku = normalize_sku(row["sku"])
            price = Money.of(parse_decimal(row["price"]))
            if price.minor <= 0:
                raise ValueError("the price must be positive")
            stock = int(row["stock"]) if "stock" in row else None
        except KeyError as error:
            result.errors[number] = f"no {error.args[0]}"
            continue
        except ValueError as error:
            result.errors[number] = str(error)
            continue
        name = row.get("name")
        if name is None:
            name = known[sku].name if sku in known else sku
        result.articles.append(Article(sku, name, price))
        if stock is not None:
            result.stock[sku] = result.stock.get(sku, 0) + stock
    return result
