"""The lists of a screen, read by whoever can reach their files and sent to those who screen."""

from __future__ import annotations

from typing import NamedTuple

from udfs.safety.domain_blocklist import DomainBlocklist
from udfs.safety.keyword_lists import KeywordList
from udfs.safety.lexicon_files import default_lexicons


class ScreenLists(NamedTuple):
    """Keyword lists and domains; picklable, some 40 MB for five million domains.

    Attributes:
        keywords: One or more lists.
        domains: None: no address is judged.
    """

    keywords: tuple[KeywordList, ...]
    domains: DomainBlocklist | None


def shipped_lists() -> ScreenLists:
    """Return the keyword lists that come with corpusmill, and no domains.

    Raises:
        ValueError: A list is found nowhere or is faulty.
    """
    return ScreenLists(tuple(default_lexicons()), None)
