"""Safety, twice: keywords with the evidence in numbers, and a trained model's probability.

Neither decides alone by default: a recipe drops a document when both agree and flags it when either
does. Here are only the numbers, and the one number that both make together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.signal_fields import SignalField
from udfs.learning.linear_model import LinearModel, load_model
from udfs.safety.alarm_rate import alarm_offsets
from udfs.safety.domain_blocklist import DomainBlocklist
from udfs.safety.keyword_matcher import FLAG_DENSITY, KeywordCounts, KeywordMatcher
from udfs.safety.screen_lists import ScreenLists, shipped_lists
from udfs.safety.settings import DEFAULT_SETTINGS, SafetySettings

CERTAIN_DENSITY: Final = 0.02
"""Share of the characters in listed words that leaves no doubt."""
LEAST_ABOVE: Final = 0.02
"""Puts the score of a flagged text above 0.5 however few its hits."""

SAFETY_FIELDS: Final = (
    SignalField(
        "keyword_hits", pa.int32(), "occurrences", ">= 0",
        "Occurrences of listed unsafe words and phrases, without overlaps.", "corpusmill",
    ),
    SignalField(
        "distinct_hits", pa.int32(), "entries", ">= 0",
        "Different list entries among the occurrences.", "corpusmill",
    ),
    SignalField(
        "hit_density", pa.float32(), "share", "0 to 1",
        "Characters inside occurrences, of all that are no white space.", "corpusmill",
    ),
    SignalField(
        "keyword_severity", pa.int8(), "level", "0 to 3",
        "Highest severity among the occurrences: 1 spam or coarse, 2 unsafe, 3 hate; 0 without.",
        "corpusmill",
    ),
    SignalField(
        "keyword_flag", pa.bool_(), "truth", "true or false",
        "At least 2 distinct entries within 10,000 characters, or 0.5 % density, or one whole word"
        " of severity 3.",
        "corpusmill",
    ),
    SignalField(
        "keyword_score", pa.float32(), "score", "0 to 1",
        "Evidence of the keywords: 0 without, up to 0.5 below the flag (by density), above 0.5 with"
        " it, 1 from a density of 2 %.",
        "corpusmill",
    ),
    SignalField(
        "model_score", pa.float32(), "probability", "0 to 1",
        "Probability that the text is unsafe; of a model calibrated on clean documents moved so that 0.5"
        " is its threshold. Null without a model or without words.",
        "the trained model",
    ),
    SignalField(
        "combined_score", pa.float32(), "score", "0 to 1",
        "Keywords and model together as `safety.combination` says; null where it asks for both and"
        " there is no model score.",
        "corpusmill",
    ),
    SignalField(
        "blocked_url", pa.bool_(), "truth", "true or false",
        "Whether the document's host or a domain above it is on the list `safety.blocked_domains`;"
        " null without a list or an address.",
        "the given list",
    ),
)  # fmt: skip
SAFETY_TYPE: Final = pa.struct([pa.field(field.name, field.type) for field in SAFETY_FIELDS])


@dataclass(frozen=True)
class SafetyScreen:
    """Keyword lists and, if they were given, a model and a list of domains.

    Attributes:
        matcher: The keyword lists.
        model: Probabilities of 0..1, or None.
        blocklist: Domains, or None.
        settings: How keywords and model are combined.
    """

    matcher: KeywordMatcher
    model: LinearModel | None = None
    blocklist: DomainBlocklist | None = None
    settings: SafetySettings = DEFAULT_SETTINGS

    @classmethod
    def open(
        cls,
        model_folder: str | None = None,
        settings: SafetySettings = DEFAULT_SETTINGS,
        lists: ScreenLists | None = None,
    ) -> SafetyScreen:
        """Load a model, and the shipped lists if none are given.

        Args:
            model_folder: A folder that the training wrote; None leaves ``model_score`` null.
            settings: How lists and model are combined.
            lists: Those that the settings name, read; None: they name none.

        Raises:
            ValueError: If the model or a shipped list is missing or faulty, or the settings name lists that
                are not given.
        """
        if lists is None and (settings.lexicons or settings.blocked_domains):
            raise ValueError(
                f"safety.lexicons {settings.lexicons} and safety.blocked_domains {settings.blocked_domains} "
                "name files that a worker may not see: read them where the run is started"
            )
        keywords, domains = lists or shipped_lists()
        model = None if model_folder is None else open_safety_model(model_folder)
        return cls(KeywordMatcher(keywords), model, domains, settings)

    def annotate(
        self, texts: pa.Array, languages: pa.Array | None = None, urls: pa.Array | None = None
    ) -> pa.StructArray:
        """Compute the safety signals.

        Args:
            texts: string or large_string; null counts as empty.
            languages: ISO 639-1 codes, one a text (``und`` or null when unknown); without them
                every list applies to every text.
            urls: string, one a text; None where documents have no addresses.

        Returns:
            ``SAFETY_TYPE``, one struct a text, never null.
        """
        counts = self.matcher.count(texts, languages)
        keywords = keyword_scores(counts)
        scores = self._model_scores(texts, languages)
        columns = [
            *(pa.array(column) for column in counts),
            pa.array(keywords),
            _with_nulls(scores),
            _with_nulls(combined_scores(keywords, scores, self.settings)),
            self._blocked(len(texts), urls),
        ]
        return pa.StructArray.from_arrays(columns, fields=list(SAFETY_TYPE))

    def _model_scores(self, texts: pa.Array, languages: pa.Array | None) -> npt.NDArray[np.float32]:
        """Probabilities; NaN without a model, without words, or in a language it has not learnt."""
        if self.model is None:
            return np.full(len(texts), np.nan, np.float32)
        margins = self.model.margins(texts)
        if languages is not None:
            codes = np.array(languages.to_pylist(), np.object_)
            if self.model.card.languages:
                margins[~np.isin(codes, self.model.card.languages)] = np.nan
            margins -= alarm_offsets(self.model.card.alarm_margins, codes)
        return self.model.from_margins(margins).astype(np.float32)

    def _blocked(self, rows: int, urls: pa.Array | None) -> pa.Array:
        if self.blocklist is None or urls is None:
            return pa.nulls(rows, pa.bool_())
        missing = np.array(urls.is_null())
        return pa.array(self.blocklist.contains(urls), mask=missing)


def keyword_scores(counts: KeywordCounts) -> npt.NDArray[np.float32]:
    """Evidence of the keywords as one number.

    Args:
        counts: Of the matcher.

    Returns:
        float32[n]: density / ``FLAG_DENSITY`` on 0..0.5 where no flag is set, and
        density / ``CERTAIN_DENSITY`` on 0.5..1, above 0.5, where one is.
    """
    density = counts.density.astype(np.float64)
    below = 0.5 * np.minimum(1.0, density / FLAG_DENSITY)
    above = 0.5 + 0.5 * np.clip(density / CERTAIN_DENSITY, LEAST_ABOVE, 1.0)
    return np.where(counts.flag, above, below).astype(np.float32)


def combined_scores(
    keywords: npt.NDArray[np.float32],
    model: npt.NDArray[np.float32],
    settings: SafetySettings,
) -> npt.NDArray[np.float32]:
    """One score from two, float32[n]; where the model is silent (NaN), see ``combination``.

    ``and`` then is NaN, since nothing agreed; ``or`` and ``weighted`` are the keywords alone.
    """
    if settings.combination == "and":
        return np.minimum(keywords, model)
    if settings.combination == "or":
        return np.fmax(keywords, model)
    weight = np.float32(settings.keyword_weight)
    mixed = weight * keywords + (np.float32(1.0) - weight) * model
    return np.where(np.isnan(model), keywords, mixed).astype(np.float32)


def _with_nulls(scores: npt.NDArray[np.float32]) -> pa.Array:
    return pa.array(scores, mask=np.isnan(scores))


def open_safety_model(folder: str) -> LinearModel:
    """Load a model and check that it gives probabilities.

    Raises:
        ValueError: If it is missing, truncated, of another version, or grades 0..5 instead.
    """
    model = load_model(Path(folder))
    if (model.card.label_low, model.card.label_high) != (0.0, 1.0):
        raise ValueError(
            f"model {folder} scores from {model.card.label_low} to {model.card.label_high}, a"
            " safety model from 0 to 1: is it a grader? Give it as such"
        )
    return model


def check_safety_model(folder: str) -> str:
    """Open a safety model and return its digest.

    Raises:
        ValueError: As :func:`open_safety_model`.
    """
    return open_safety_model(folder).digest
