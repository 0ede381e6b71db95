"""Lists of unsafe words as files: loading, checking and the form in which they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import yaml

from udfs.safety.obfuscation import normalise_for_matching

FORMAT_VERSION: Final = 1
MATCHINGS: Final = ("word", "substring")
SEVERITIES: Final = (1, 2, 3)
_LIST_KEYS: Final = {"format", "language", "matching", "groups", "allow"}
_GROUP_KEYS: Final = {"category", "severity", "entries"}


class Keyword(NamedTuple):
    """One entry of a list.

    Attributes:
        text: In the form of :func:`normalise_for_matching`.
        category: Name of the group it stands in.
        severity: 1 (spam or coarse), 2 (unsafe) or 3 (one whole word flags a document).
        language: ISO 639-1 code of its list.
        whole_word: Whether a hit needs a word boundary on both sides.
    """

    text: str
    category: str
    severity: int
    language: str
    whole_word: bool


class KeywordList(NamedTuple):
    """A loaded list.

    Attributes:
        keywords: The entries, in the order of the file, without repetitions.
        allow: Normalised phrases inside which no entry is a hit.
        ignored: Entries of one character in a substring list. A single Chinese character hits most
            clean documents (71 % with a well-known public list), so none is matched.
    """

    keywords: tuple[Keyword, ...]
    allow: tuple[str, ...]
    ignored: tuple[str, ...]


# libyaml's takes a tenth of the time.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_keyword_list(content: bytes, origin: str) -> KeywordList:
    """Read a list from YAML (see ``conf/lexicons/unsafe-en.yaml``).

    Args:
        content: ``format: 1``, ``language``, ``matching`` (``word`` for scripts with spaces,
            ``substring`` for those without), ``groups`` of ``category``, ``severity`` (1-3) and
            ``entries``, optional ``allow``; UTF-8.
        origin: Where it comes from, for messages.

    Returns:
        The list, normalised.

    Raises:
        ValueError: If it is not such a list; the text names the fault.
    """
    try:
        parsed = yaml.load(content.decode("utf-8"), _LOADER)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"keyword list {origin} is no YAML in UTF-8: {error}") from error
    fault = _find_fault(parsed)
    if fault:
        raise ValueError(f"keyword list {origin}: {fault}")
    return _build_list(parsed)


def _find_fault(content: object) -> str:
    """What is wrong with the parsed file, "" if nothing."""
    if not isinstance(content, Mapping):
        return f"wanted a mapping with {sorted(_LIST_KEYS)}, found {type(content).__name__}"
    unknown = sorted(map(str, set(content) - _LIST_KEYS))
    if unknown:
        return f"unknown keys {unknown}; known are {sorted(_LIST_KEYS)}"
    if content.get("format") != FORMAT_VERSION:
        return f"format is {content.get('format')!r}, this version reads {FORMAT_VERSION}"
    if not isinstance(content.get("language"), str):
        return f"language is {content.get('language')!r}, wanted an ISO 639-1 code such as 'en'"
    if content.get("matching") not in MATCHINGS:
        return f"matching is {content.get('matching')!r}, wanted one of {MATCHINGS}"
    if not _is_text_list(content.get("allow", [])):
        return "allow has to be a list of texts (quote numbers and words such as no)"
    groups = content.get("groups")
    if not isinstance(groups, Sequence) or isinstance(groups, str) or not groups:
        return "groups has to be a list with at least one group"
    faults = (_find_group_fault(number, group) for number, group in enumerate(groups, start=1))
    return next((fault for fault in faults if fault), "")


def _find_group_fault(number: int, group: object) -> str:
    if not isinstance(group, Mapping) or set(group) != _GROUP_KEYS:
        return f"group {number} has to have exactly the keys {sorted(_GROUP_KEYS)}"
    if not isinstance(group["category"], str):
        return f"group {number}: category is {group['category']!r}, wanted a name"
    if group["severity"] not in SEVERITIES:
        return f"group {number}: severity is {group['severity']!r}, wanted one of {SEVERITIES}"
    if not _is_text_list(group["entries"]) or not group["entries"]:
        return f"group {number}: entries has to be a list of texts (quote numbers, no, yes)"
    return ""


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _build_list(content: Mapping[str, Any]) -> KeywordList:
    whole_word = content["matching"] == "word"
    keywords: dict[str, Keyword] = {}
    ignored: list[str] = []
    for group in content["groups"]:
        for entry in group["entries"]:
            text = normalise_for_matching(entry).strip()
            if len(text) < (1 if whole_word else 2):
                ignored.append(entry)
                continue
            keyword = Keyword(
                text, group["category"], group["severity"], content["language"], whole_word
            )
            keywords.setdefault(text, keyword)
    allow = [normalise_for_matching(phrase).strip() for phrase in content.get("allow", [])]
    return KeywordList(
        tuple(keywords.values()), tuple(phrase for phrase in allow if phrase), tuple(ignored)
    )
