"""Addresses and numbers of people masked in a text: e-mail, IP, phone, identity number, bank card.

Patterns find, validators decide: a number is masked for its checksum, not for its length. What is
masked becomes a tag such as ``<EMAIL>``, so that a model learns that something stood there.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.cleaning.personal_data_spans import COLONS, EMAIL, CandidateSpans, candidate_spans
from udfs.columns.string_views import replace_rows, string_views, views_to_array

KINDS: Final = ("emails", "ip_addresses", "phone_numbers", "identity_numbers", "bank_cards")
TAGS: Final = {
    "emails": b"<EMAIL>",
    "ip_addresses": b"<IP>",
    "phone_numbers": b"<PHONE>",
    "identity_numbers": b"<ID_NUMBER>",
    "bank_cards": b"<BANK_CARD>",
}
RESERVED_DOMAINS: Final = (b"example", b"invalid", b"test", b"localhost", b"local")
"""RFC 2606 and RFC 6762: nobody lives there, and manuals are full of them."""
FILE_SUFFIXES: Final = frozenset(
    [
        b"png",
        b"jpg",
        b"jpeg",
        b"gif",
        b"svg",
        b"webp",
        b"js",
        b"css",
        b"html",
        b"htm",
        b"php",
        b"py",
    ]
)
"""logo@2x.png is a picture, not a person."""
SECTION_NUMBERS: Final = 24
"""5.10.3.1 is a section or a version: an IPv4 address of four numbers below this stays."""
IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS: Final = b"10X98765432"
"""GB 11643-1999, ISO 7064 MOD 11-2."""

_IDENTITY: Final = rb"(?<![0-9A-Za-z])(?P<identity_numbers>\d{17}[0-9Xx])(?![0-9A-Za-z])"
_CARD: Final = (
    rb"(?<![\w.,/=-])(?P<bank_cards>(?:\d{4}[ -]){3}\d{4}(?:[ -]\d{3})?|\d{4}[ -]\d{6}[ -]\d{5}"
    rb"|\d{15,19})(?![\w-]|[.,]\d)"
)
_PHONE: Final = (
    rb"(?<![\w./=&#-])(?P<phone_numbers>"
    rb"(?:(?:\+|00)86[ -]?|86-)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
    rb"|0\d{2,3}-\d{7,8}"
    rb"|\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}"
    rb"|(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[.-]\d{4}"
    rb")(?![\w-]|\.\d)"
)
_IPV4: Final = rb"(?<![\w.-])(?P<ip_addresses>\d{1,3}(?:\.\d{1,3}){3})(?![\w/-]|\.\d)"
_NUMBERS: Final = re.compile(b"|".join([_IDENTITY, _CARD, _PHONE, _IPV4]))
_VERSION: Final = re.compile(rb"(?:version|release|section|chapter|\bv)[ .:]*$", re.IGNORECASE)
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
_LABEL: Final = re.compile(rb"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_CONTEXT: Final = 16


def mask_personal_data(texts: pa.Array) -> tuple[pa.Array, dict[str, npt.NDArray[np.int64]]]:
    """Replace what names a person by tags, again until nothing is found.

    So masking a masked text changes nothing.

    Args:
        texts: string, large_string, binary or large_binary.

    Returns:
        (texts, counts): the same type, the same array where nothing was found; and int64[n] for each
        of ``KINDS``.
    """
    counts = {kind: np.zeros(len(texts), np.int64) for kind in KINDS}
    views = string_views(texts)
    changed: dict[int, bytes] = {}
    spans = candidate_spans(views.data, views.offsets)
    for row, places in _by_row(spans):
        start, stop = views.offsets[row], views.offsets[row + 1]
        text = views.data[start:stop].tobytes()
        masked = _mask(text, places - np.array([start, start, 0]), counts, row)
        if masked != text:
            changed[row] = _mask_again(masked, counts, row)
    if not changed:
        return texts, counts
    return views_to_array(replace_rows(views, changed), texts.type), counts


def _by_row(spans: CandidateSpans) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """(row, [start, stop, kind]) for each row with a candidate, ascending."""
    places = np.stack([spans.starts, spans.stops, spans.kinds], axis=1)
    rows, first = np.unique(spans.rows, return_index=True)
    return list(zip(rows.tolist(), np.split(places, first[1:]), strict=True)) if len(rows) else []


def _mask_again(text: bytes, counts: dict[str, npt.NDArray[np.int64]], row: int) -> bytes:
    while True:
        data = np.frombuffer(text, np.uint8)
        spans = candidate_spans(data, np.array([0, len(data)], np.int64))
        found = _by_row(spans)
        masked = _mask(text, found[0][1], counts, row) if found else text
        if masked == text:
            return text
        text = masked  # with fewer digits or @ than before: this ends


def _mask(
    text: bytes,
    places: npt.NDArray[np.int64],
    counts: dict[str, npt.NDArray[np.int64]],
    row: int,
) -> bytes:
    pieces, frontier = [], 0
    for start, stop, kind in places.tolist():
        for first, last, what in _findings(text, max(start, frontier), stop, kind):
            if first < frontier:
                continue
            pieces += [text[frontier:first], TAGS[what]]
            counts[what][row] += 1
            frontier = last
    return b"".join([*pieces, text[frontier:]])


def _findings(text: bytes, start: int, stop: int, kind: int) -> list[tuple[int, int, str]]:
    """(first, last, kind) of what is masked in a candidate, from left to right."""
    if kind == EMAIL:
        found = _email(text[start:stop])
        return [(start + found[0], start + found[1], "emails")] if found else []
    if kind == COLONS:
        network = text[stop : stop + 1] == b"/"
        alone = not network and not _is_word(text, start - 1) and not _is_word(text, stop)
        return [(start, stop, "ip_addresses")] if alone and _is_public(text[start:stop]) else []
    spans = []
    # The pattern looks around: the sign before a number, a letter or a decimal after it.
    for match in _NUMBERS.finditer(text, max(0, start - 2), min(len(text), stop + 3)):
        what = str(match.lastgroup)
        if _is_valid(
            what, match.group(what), text[max(0, match.start() - _CONTEXT) : match.start()]
        ):
            spans.append((*match.span(what), what))
    return spans


def _email(candidate: bytes) -> tuple[int, int] | None:
    """Where in a run of address characters around the first @ the address is; None: nowhere."""
    local, _, domain = candidate.partition(b"@")
    name = local.lstrip(b".-+%_")
    domain = domain.rstrip(b".-")
    labels = domain.split(b".")
    if not name or len(name) > 64 or name.endswith(b".") or name == b"git" or len(labels) < 2:
        return None
    top = labels[-1].lower()
    if not (2 <= len(top) <= 24 and top.isalpha()) or top in FILE_SUFFIXES:
        return None
    if top in RESERVED_DOMAINS or labels[-2].lower() == b"example":
        return None
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    start = len(local) - len(name)
    return start, len(local) + 1 + len(domain)


def _is_valid(what: str, found: bytes, before: bytes) -> bool:
    if what == "identity_numbers":
        return is_identity_number(found)
    if what == "bank_cards":
        return is_bank_card(found)
    if what == "ip_addresses":
        return _is_public(found) and not _VERSION.search(before)
    digits = len(re.sub(rb"\D", b"", found))
    return not found.startswith(b"+") or 8 <= digits <= 15


def is_identity_number(number: bytes) -> bool:
    """Whether 18 characters are a Chinese resident identity number: birth date and check character."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    try:
        date(year, month, day)
    except ValueError:
        return False
    total = sum(
        weight * (digit - 48) for weight, digit in zip(IDENTITY_WEIGHTS, number[:17], strict=True)
    )
    return 1900 <= year <= 2099 and IDENTITY_CHECKS[total % 11] == number[17:].upper()[0]


def is_bank_card(number: bytes) -> bool:
    """Whether a number is a payment card's: a known issuer's prefix and length, and Luhn's checksum."""
    digits = re.sub(rb"\D", b"", number)
    length, two, four = len(digits), int(digits[:2]), int(digits[:4])
    issued = (
        (length == 16 and (digits[:1] == b"4" or 51 <= two <= 55 or 2221 <= four <= 2720))
        or (length == 16 and (two in (35, 65) or four == 6011))
        or (length == 15 and two in (34, 37))
        or (16 <= length <= 19 and two == 62)
    )
    if not issued:
        return False
    doubled = [int(digit) for digit in digits[::-1].decode()]
    doubled[1::2] = [2 * digit - 9 * (digit > 4) for digit in doubled[1::2]]
    return sum(doubled) % 10 == 0


def _is_public(address: bytes) -> bool:
    """Whether this is an address of the public internet; private and documentation ranges name nobody."""
    try:
        parsed = ipaddress.ip_address(address.decode("ascii"))
    except ValueError:
        return False
    if parsed.version == 6:  # a::b is of a range that nobody was given: more likely C++
        return parsed.is_global and parsed in _GLOBAL_UNICAST
    section = all(number < SECTION_NUMBERS for number in parsed.packed)
    return parsed.is_global and not parsed.is_multicast and not section


def _is_word(text: bytes, place: int) -> bool:
    return 0 <= place < len(text) and (text[place : place + 1].isalnum() or text[place] in b"_.-")
