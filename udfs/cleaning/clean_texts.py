"""Repairs that save a good text: refrains collapsed, repetitive windows cut, furniture lines dropped.

Judging comes after repair, because a chapter with a refrain, or an article inside a page of
keywords, is a good document with a bad part. Everything cut is counted, with a sample.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.cleaning.line_dropping import RULES
from udfs.cleaning.personal_data import mask_personal_data
from udfs.cleaning.repair_round import COLLAPSED, EXCISED, Cut, RepairedText, repair_round
from udfs.cleaning.settings import CleaningSettings
from udfs.columns.signal_fields import SignalField, divide
from udfs.columns.string_views import StringViews, replace_rows, string_views, views_to_array
from udfs.lines.splitting import count_code_points
from udfs.lines.text_batch import PIECE_BYTES, TextBatch
from udfs.text.tokenising import tokenise

__all__ = ["CLEANING_FIELDS", "CLEANING_TYPE", "CleaningSettings", "clean"]

SAMPLE_CHARACTERS: Final = 200
MOST_ROUNDS: Final = 24
"""Repairs may uncover each other. Real text needs two or three rounds; the limit is for texts that
are made to need many."""

_OWN: Final = "corpusmill"
_REFINEDWEB: Final = "RefinedWeb (Penedo et al. 2023), line rules as in DCLM"
_COUNT: Final = ">= 0"


def _count(name: str, unit: str, meaning: str, source: str = _OWN) -> SignalField:
    return SignalField(name, pa.int64(), unit, _COUNT, meaning, source)


_RULE_MEANINGS: Final = {
    "letterless": ("Lines of digits, punctuation and symbols only.", _REFINEDWEB),
    "uppercase": ("Lines mostly in capitals.", _REFINEDWEB),
    "counter": ('Lines like "3 likes".', _REFINEDWEB),
    "furniture": ("Short lines of navigation, sharing or accounts.", _REFINEDWEB),
    "long_word": ("Lines that are mostly one unbroken run of over 1,000 characters.", "C4"),
    "repeated": ("Third and later copies of a line that ends without punctuation.", _OWN),
}

_PERSONAL_DATA: Final = {
    "emails": "e-mail addresses outside the reserved domains (RFC 2606).",
    "ip_addresses": "IP addresses of the public internet.",
    "phone_numbers": "phone numbers: Chinese, North American, or international with a plus sign.",
    "identity_numbers": "Chinese identity numbers with the right check character (GB 11643).",
    "bank_cards": "bank cards of a known issuer with the right check digit (Luhn).",
}

CLEANING_FIELDS: Final = (
    _count("collapsed_sentences", "copies",
           "Copies cut of sentences, lines or groups of them that stood in a row three times or "
           "more."),
    _count("collapsed_characters", "characters", "Characters of these copies."),
    _count("excised_windows", "stretches",
           "Stretches cut because more than 80 % of a 500-character window's 5-grams were "
           "repetition."),
    _count("excised_characters", "characters", "Characters of these stretches."),
    *(
        _count(f"dropped_{name}_lines", "lines", f"Dropped: {_RULE_MEANINGS[name][0]}",
               _RULE_MEANINGS[name][1])
        for name in RULES
    ),
    _count("dropped_line_characters", "characters", "Characters of all dropped lines."),
    *(
        _count(f"masked_{kind}", "places", f"Replaced by a tag: {meaning}")
        for kind, meaning in _PERSONAL_DATA.items()
    ),
    SignalField("removed_character_ratio", pa.float64(), "share", "0 to 1",
                "Characters cut by all repairs among those of the text before. Null without any.",
                _OWN),
    SignalField("removed_sample", pa.string(), "text", "at most 200 characters",
                "The first characters cut; null if nothing was.", _OWN),
)  # fmt: skip

CLEANING_TYPE: Final = pa.struct([pa.field(f.name, f.type) for f in CLEANING_FIELDS])


_COUNT_NAMES: Final = {
    COLLAPSED: ("collapsed_sentences", "collapsed_characters"),
    EXCISED: ("excised_windows", "excised_characters"),
    **{rule: (f"dropped_{rule}_lines", "dropped_line_characters") for rule in RULES},
}


def clean(texts: pa.Array, settings: CleaningSettings) -> tuple[pa.Array, pa.StructArray]:
    """Repair texts.

    Masks personal data, collapses runs of one sentence or line to their first copy, cuts windows of
    repetition out, and drops lines by rule, in this order and again until nothing changes; so
    cleaning a cleaned text
    changes nothing. A kind of repair that would leave less than a tenth of a text is not made: there
    is nothing to save, and the rules shall judge the text as it is.

    Time is linear in the text, memory is bounded for single huge documents (they are repaired in
    pieces of 4 MiB).

    Args:
        texts: string or large_string.
        settings: Which repairs.

    Returns:
        (texts, facts): the texts in the same type, null where they were null, byte for byte as given
        where nothing was cut (texts that changed are in NFC); and a struct of CLEANING_FIELDS a row,
        never null.
    """
    ledger = _Ledger(len(texts))
    if settings.mask_personal_data:
        texts, masked = mask_personal_data(texts)
        ledger.counts.update({f"masked_{kind}": counts for kind, counts in masked.items()})
    views = string_views(texts)
    changed: dict[int, bytes] = {}
    first = 0
    for rows in TextBatch(texts).slices():
        waiting = _repair_once(rows, np.arange(first, first + len(rows)), settings, ledger)
        for _ in range(MOST_ROUNDS):
            if not waiting:
                break
            changed.update(waiting)
            again = TextBatch(pa.array(list(waiting.values()), pa.large_binary()))
            waiting = _repair_once(again, np.array(list(waiting)), settings, ledger)
        changed.update(waiting)
        first += len(rows)
    facts = ledger.struct_array(views)
    if not changed:
        return texts, facts
    ordered = {row: changed[row] for row in sorted(changed)}
    return views_to_array(replace_rows(views, ordered), texts.type), facts


class _Ledger:
    """What was cut from each row."""

    def __init__(self, rows: int) -> None:
        names = [field.name for field in CLEANING_FIELDS if field.type == pa.int64()]
        self.counts = {name: np.zeros(rows, np.int64) for name in names}
        self.samples: dict[int, str] = {}

    def add(self, row: int, cut: Cut) -> None:
        """Book one span under its stage's names."""
        pieces, characters = _COUNT_NAMES[cut.stage]
        self.counts[pieces][row] += cut.pieces
        self.counts[characters][row] += len(cut.removed.decode("utf-8", "replace"))
        sample = self.samples.get(row, "")
        if len(sample) < SAMPLE_CHARACTERS:
            start = cut.removed[: 4 * SAMPLE_CHARACTERS].decode("utf-8", "replace").strip()
            self.samples[row] = f"{sample}\n{start}".strip()[:SAMPLE_CHARACTERS]

    def struct_array(self, views: StringViews) -> pa.StructArray:
        """The struct column of CLEANING_FIELDS; ``views`` are the texts before all repairs."""
        removed = sum(
            (
                self.counts[f"{what}_characters"]
                for what in ("collapsed", "excised", "dropped_line")
            ),
            start=np.zeros(len(views.valid), np.int64),
        )
        before = [
            count_code_points(views.data, start, stop)
            for start, stop in itertools.pairwise(views.offsets)
        ]
        ratio = np.minimum(divide(removed, np.array(before)), 1.0)
        columns = [
            *(pa.array(values) for values in self.counts.values()),
            pa.array(ratio, pa.float64(), from_pandas=True),
            pa.array([self.samples.get(row) for row in range(len(views.valid))], pa.string()),
        ]
        return pa.StructArray.from_arrays(columns, fields=list(CLEANING_TYPE))


def _repair_once(
    batch: TextBatch, rows: npt.NDArray[np.int64], settings: CleaningSettings, ledger: _Ledger
) -> dict[int, bytes]:
    """One round of repairs.

    Args:
        batch: Texts to look at.
        rows: The ledger's row of each.
        settings: Which repairs.
        ledger: Where to book what is cut.

    Returns:
        New text by row, for the rows that changed.
    """
    changed: dict[int, bytes] = {}
    pieces: dict[int, list[RepairedText]] = {}  # of documents that come in several parts
    oversized = np.diff(batch.views.offsets) > PIECE_BYTES
    for part in batch.parts():
        repaired = repair_round(tokenise(part.texts), settings)
        for text, result in repaired.items():
            row = int(rows[part.rows[text]])
            for cut in result.cuts:
                ledger.add(row, cut)
            changed[row] = result.text.rstrip() if result.cut_at_end else result.text
        if len(part.rows) == 1 and oversized[part.rows[0]]:
            raw = string_views(part.texts).data.tobytes()
            piece = repaired.get(0, RepairedText(raw, [], cut_at_end=False))
            if piece.cut_at_end:  # the next piece must not grow onto this one's last word
                blanks = raw[len(raw.rstrip()) :]
                piece = piece._replace(text=piece.text.rstrip() + blanks)
            pieces.setdefault(int(rows[part.rows[0]]), []).append(piece)
    for row, parts in pieces.items():
        if row in changed:
            joined = b"".join(piece.text for piece in parts)
            changed[row] = joined.rstrip() if parts[-1].cut_at_end else joined
    return changed
