"""Learning what class words say: the log-odds of content under elements that carry them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import numpy as np

from udfs.extraction.html.blocks.finding import BLOCK_NODE
from udfs.extraction.html.blocks.names import hash_table
from udfs.extraction.html.blocks.open_elements import NODE_PARENT, NODE_WORDS
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.features import ClassOdds
from udfs.extraction.html.training.labels import BlockLabels

MAXIMUM_WORDS: Final = 2_000
MINIMUM_GROUPS: Final = 6
"""Sites that must use a word before it is known: a word of one site says what that site is."""
PRIOR: Final = 6.0
"""Sites' worth of doubt that draws rare words to zero."""
SMOOTHING: Final = 0.3

WordShares = dict[int, tuple[float, float]]
"""By class word, the share of a page's content and of its boilerplate that stands under it."""


def word_shares(page: PageBlocks, labels: BlockLabels) -> WordShares:
    """Measure the class words of one page.

    Args:
        page: Its blocks.
        labels: Share of content and number of words of each.
    """
    content = labels.shares * labels.words
    by_kind = np.stack([content, labels.words - content], axis=1).astype(np.float64)
    totals = np.zeros((len(page.nodes), 2))
    np.add.at(totals, page.blocks[:, BLOCK_NODE], by_kind)
    for node in range(len(page.nodes) - 1, 0, -1):
        totals[page.nodes[node, NODE_PARENT]] += totals[node]
    whole = np.maximum(by_kind.sum(axis=0), 1)
    bounds = [*page.nodes[:, NODE_WORDS].tolist(), len(page.words)]
    shares: WordShares = {}
    for node in np.flatnonzero(totals.sum(axis=1) > 0).tolist():
        good, bad = (totals[node] / whole).tolist()
        for word in set(page.words[bounds[node] : bounds[node + 1]].tolist()):
            before = shares.get(word, (0.0, 0.0))
            shares[word] = (min(1.0, before[0] + good), min(1.0, before[1] + bad))
    return shares


def learn_class_odds(pages: Iterable[tuple[str, WordShares]]) -> ClassOdds:
    """Sum over pages, each site counted as much as its pages' mean.

    Args:
        pages: Site and class words of each page.

    Returns:
        The words of at least ``MINIMUM_GROUPS`` sites, the commonest ``MAXIMUM_WORDS`` of them.
    """
    by_site: dict[str, list[WordShares]] = defaultdict(list)
    for site, shares in pages:
        by_site[site].append(shares)
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for shares_of_site in by_site.values():
        for word in dict.fromkeys(word for shares in shares_of_site for word in shares):
            found = [shares[word] for shares in shares_of_site if word in shares]
            row = sums[word]
            row[0] += sum(good for good, _ in found) / len(found)
            row[1] += sum(bad for _, bad in found) / len(found)
            row[2] += 1
    known = sorted(
        (word for word, row in sums.items() if row[2] >= MINIMUM_GROUPS),
        key=lambda word: (-sums[word][2], word),
    )[:MAXIMUM_WORDS]
    odds = [
        np.log((sums[word][0] + SMOOTHING) / (sums[word][1] + SMOOTHING))
        * sums[word][2]
        / (sums[word][2] + PRIOR)
        for word in known
    ]
    # Half precision is what the model's file holds: training must see what inference will.
    rounded = np.array([*odds, 0.0], np.float16).astype(np.float32)
    return ClassOdds(*hash_table({word: row for row, word in enumerate(known)}), rounded)


def no_class_odds() -> ClassOdds:
    """Odds that know no word, as of a site whose classes say nothing."""
    return ClassOdds(*hash_table({}), np.zeros(1, np.float32))
