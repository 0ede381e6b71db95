"""Safety, twice: keywords with the evidence in numbers, and a trained model's probability.

Neither decides alone by default: a recipe drops a document when both agree and flags it when either
does (quality.md's double safeguard). Here are only the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from udfs.keyword_lists import load_keyword_list
from udfs.keyword_matcher import KeywordMatcher
from udfs.lexicon_files import default_lexicons
from udfs.linear_model import LinearModel, load_model
from udfs.signal_fields import SignalField

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
        "model_score", pa.float32(), "probability", "0 to 1",
        "Probability that the text is unsafe; null without a model or without words.",
        "the trained model",
    ),
)  # fmt: skip
SAFETY_TYPE: Final = pa.struct([pa.field(field.name, field.type) for field in SAFETY_FIELDS])


@dataclass(frozen=True)
class SafetyScreen:
    """Keyword lists and, if one was trained, a model.

    Attributes:
        matcher: The lists.
        model: Probabilities of 0..1, or None.
    """

    matcher: KeywordMatcher
    model: LinearModel | None = None

    @classmethod
    def open(
        cls, model_folder: str | None = None, lexicons: Sequence[Path] | None = None
    ) -> SafetyScreen:
        """Load lists and model.

        Args:
            model_folder: A folder that the training wrote; None leaves ``model_score`` null.
            lexicons: YAML files; None takes the shipped lists.

        Raises:
            ValueError: If one of them is missing or faulty.
        """
        lists = default_lexicons() if lexicons is None else list(map(load_keyword_list, lexicons))
        model = None if model_folder is None else open_safety_model(model_folder)
        return cls(KeywordMatcher(lists), model)

    def annotate(self, texts: pa.Array, languages: pa.Array | None = None) -> pa.StructArray:
        """Compute the safety signals.

        Args:
            texts: string or large_string; null counts as empty.
            languages: ISO 639-1 codes, one a text (``und`` or null when unknown); without them
                every list applies to every text.

        Returns:
            ``SAFETY_TYPE``, one struct a text, never null.
        """
        counts = self.matcher.count(texts, languages)
        if self.model is None:
            scores = pa.nulls(len(texts), pa.float32())
        else:
            predicted = self.model.predict(texts)
            scores = pa.array(predicted, mask=np.isnan(predicted))
        columns = [*(pa.array(column) for column in counts), scores]
        return pa.StructArray.from_arrays(columns, fields=list(SAFETY_TYPE))


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
