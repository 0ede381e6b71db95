"""Keyword lists and blocked domains, read once by the driver: no executor has to see their files."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store import storage
from udfs.safety.domain_blocklist import parse_blocklist
from udfs.safety.keyword_lists import parse_keyword_list
from udfs.safety.lexicon_files import LEXICON_NAMES, read_lexicon
from udfs.safety.screen_lists import ScreenLists
from udfs.safety.settings import SafetySettings


class ReadLists(NamedTuple):
    """Lists, and the digest of each file by what the manifest calls it."""

    lists: ScreenLists
    digests: dict[str, str]


def read_safety_lists(settings: SafetySettings) -> ReadLists:
    """Read the files that settings name, local to the driver or in a store, or the shipped lists.

    Raises:
        MissingRequirementError: A file is missing or is no such list.
    """
    blocked = settings.blocked_domains
    try:
        given = {path: _content("keyword list", path) for path in settings.lexicons}
        found = given or {name: read_lexicon(name) for name in LEXICON_NAMES}
        digests = {f"lexicon {name}": _digest(content) for name, content in found.items()}
        keywords = tuple(parse_keyword_list(content, name) for name, content in found.items())
        if blocked is None:
            return ReadLists(ScreenLists(keywords, None), digests)
        content = _content("list of domains", blocked)
        lists = ScreenLists(keywords, parse_blocklist(content, blocked))
        return ReadLists(lists, {**digests, "blocked_domains": _digest(content)})
    except ValueError as error:
        raise MissingRequirementError(str(error)) from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _content(kind: str, path: str) -> bytes:
    content = storage.read_bytes(path)
    if content is None:
        raise MissingRequirementError(
            f"{kind} {path} cannot be read (no such file): give a file of this machine or of a store"
        )
    return content
