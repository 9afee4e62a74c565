"""What is sold: articles, perishable ones, bundles of them, and prices by quantity."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from depot.money import Money, total


class UnknownArticle(KeyError):
    """There is no article under that number."""


def normalize_sku(text: str) -> str:
    """Article numbers as they are stored: upper case, no blanks, dashes of one kind."""
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("\u2013", "-").replace("\u2014", "-")
    return "".join(text.split()).upper()


@dataclass
class Article:
    """Something with a number and a price."""

    sku: str
    name: str
    price: Money
    tags: List[str] = field(default_factory=list)
    breaks: List[Tuple[int, Money]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sku = normalize_sku(self.sku)
        self.breaks = sorted(self.breaks)

    def unit_price(self, quantity: int) -> Money:
        """The price of one when ``quantity`` are bought: the highest break reached counts."""
        price = self.price
        for least, reduced in self.breaks:
            if quantity >= least:
                price = reduced
        return price

    def line_price(self, quantity: int) -> Money:
        """The price of ``quantity`` together."""
        if quantity < 1:
            raise ValueError("quantity must be at least 1")
        return self.unit_price(quantity).times(quantity)

    def sellable_on(self, day: date) -> bool:
        """Whether it may be sold on ``day``."""
        return True

    def describe(self) -> str:
        """One line for people."""
        return f"{self.name} ({self.sku})"


@dataclass
class Perishable(Article):
    """An article with a date; sold off cheaper in its last days."""

    best_before: date = date.max
    clearance_days: int = 3
    clearance: Decimal = Decimal("0.30")

    def sellable_on(self, day: date) -> bool:
        return super().sellable_on(day) and day <= self.best_before

    def price_on(self, day: date, quantity: int = 1) -> Money:
        """The unit price on ``day``, reduced by ``clearance`` in the last ``clearance_days``."""
        price = self.unit_price(quantity)
        if self.best_before - day < timedelta(days=self.clearance_days):
            return price.times(1 - self.clearance)
        return price

    def describe(self) -> str:
        return f"{super().describe()}, best before {self.best_before:%d.%m.%Y}"


@dataclass
class Bundle(Article):
    """Several articles sold as one, at the sum of their prices less ``rebate``."""

    parts: List[Tuple[Article, int]] = field(default_factory=list)
    rebate: Decimal = Decimal("0")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.parts:
            raise ValueError("a bundle needs parts")

    def unit_price(self, quantity: int) -> Money:
        full = total(part.line_price(count) for part, count in self.parts)
        return full.times(1 - self.rebate)

    def sellable_on(self, day: date) -> bool:
        return all(part.sellable_on(day) for part, _ in self.parts)

    def flat_parts(self) -> Dict[str, int]:
        """Simple articles and how many of each, through bundles of bundles."""
        counts: Dict[str, int] = {}
        for part, count in self.parts:
            if isinstance(part, Bundle):
                for sku, inner in part.flat_parts().items():
                    counts[sku] = counts.get(sku, 0) + inner * count
            else:
                counts[part.sku] = counts.get(part.sku, 0) + count
        return counts


class Catalog:
    """All articles by number."""

    def __init__(self, articles: Iterable[Article] = ()) -> None:
        self._articles: Dict[str, Article] = {}
        for article in articles:
            self.add(article)

    def add(self, article: Article) -> None:
        """Add an article; a number is given once."""
        if article.sku in self._articles:
            raise ValueError(f"{article.sku} is taken")
        self._articles[article.sku] = article

    def __getitem__(self, sku: str) -> Article:
        try:
            return self._articles[normalize_sku(sku)]
        except KeyError:
            raise UnknownArticle(sku) from None

    def __contains__(self, sku: str) -> bool:
        return normalize_sku(sku) in self._articles

    def __iter__(self) -> Iterator[Article]:
        return iter(self._articles.values())

    def __len__(self) -> int:
        return len(self._articles)

    def search(self, text: str, tag: Optional[str] = None) -> List[Article]:
        """Articles with every word of ``text`` in name or number, by name; case is ignored."""
        words = text.casefold().split()
        found = []
        for article in self:
            if tag is not None and tag not in article.tags:
                continue
            haystack = f"{article.name} {article.sku}".casefold()
            if all(word in haystack for word in words):
                found.append(article)
        return sorted(found, key=lambda article: (article.name.casefold(), article.sku))

    def by_tag(self) -> Dict[str, List[str]]:
        """Numbers by tag, both sorted."""
        result: Dict[str, List[str]] = {}
        for article in self:
            for tag in article.tags:
                result.setdefault(tag, []).append(article.sku)
        return {tag: sorted(skus) for tag, skus in sorted(result.items())}
