"""Perplexity signals: how surprised a model of its language is by a document."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.signal_fields import SignalField
from udfs.perplexity.model import LanguageModel, PerplexityModel
from udfs.perplexity.ngram_scoring import LineScorer
from udfs.perplexity.tokens import TokenLines, tokenise_lines
from udfs.perplexity.vocabulary import folds_of, hash_documents

MIN_TOKENS: Final = 20  # tokens; shorter documents vary too much for a verdict (quality.md 3.4)
MIN_LINE_TOKENS: Final = 10  # tokens; a heading of three words says nothing about a document

PERPLEXITY_FIELDS: Final = (
    SignalField(
        "perplexity",
        pa.float32(),
        "perplexity per token (line ends included)",
        ">= 1",
        "how surprised the language's model, which was not trained on this document, is by it; null "
        f"without a model or below {MIN_TOKENS} tokens; comparable within a language only",
        "CCNet (Wenzek et al., LREC 2020); KenLM (Heafield et al., ACL 2013)",
    ),
    SignalField(
        "perplexity_worst_line",
        pa.float32(),
        "perplexity per token (line end included)",
        ">= 1",
        f"the highest of the lines with {MIN_LINE_TOKENS} tokens or more; null if there is none",
        "corpusmill",
    ),
    SignalField(
        "oov_share",
        pa.float32(),
        "share of tokens",
        "0 to 1",
        "tokens the model has never seen; null where perplexity is",
        "corpusmill",
    ),
    SignalField(
        "tokens",
        pa.int32(),
        "tokens",
        ">= 0",
        "words, punctuation marks and single characters of unspaced scripts, as our own models "
        "count them; never null",
        "corpusmill",
    ),
)
PERPLEXITY_TYPE: Final = pa.struct([(field.name, field.type) for field in PERPLEXITY_FIELDS])

Reals = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def score(
    texts: pa.Array | pa.ChunkedArray,
    languages: pa.Array | pa.ChunkedArray | None,
    model: PerplexityModel,
) -> pa.StructArray:
    """Score a batch of documents line by line.

    Args:
        texts: string or large_string[documents]; null = empty.
        languages: string[documents], codes as the models were trained with; null, unknown or None:
            no score.
        model: A model folder that was read.

    Returns:
        PERPLEXITY_TYPE[documents]: ``perplexity`` = 10 ** (-sum of log10 p / (tokens + lines)), each
        line predicting its own end as kenlm does; null without a model or below 20 tokens.
        ``perplexity_worst_line`` = the highest of the lines with at least 10 tokens, null if there
        is none. ``oov_share`` in [0, 1] = tokens that the model does not know. ``tokens`` is always
        set.
    """
    lines = tokenise_lines(texts)
    tokens = np.diff(lines.token_boundaries())
    perplexity, worst, unknown = (np.full(len(tokens), np.nan) for _ in range(3))
    if languages is not None:
        folds = folds_of(hash_documents(lines), model.folds)
        for language_model, rows in _rows_by_model(folds, tokens, languages, model):
            pieces = model.open_pieces(language_model)
            chosen = lines.documents(rows) if pieces is None else pieces.tokenise(texts.take(rows))
            scorer = model.open_scorer(language_model)
            perplexity[rows], worst[rows], unknown[rows] = _score_documents(scorer, chosen)
    return pa.StructArray.from_arrays(
        [
            *(
                pa.array(column.astype(np.float32), mask=np.isnan(column))
                for column in (perplexity, worst, unknown)
            ),
            pa.array(np.minimum(tokens, np.iinfo(np.int32).max).astype(np.int32)),
        ],
        fields=list(PERPLEXITY_TYPE),
    )


def _rows_by_model(
    folds: Indices,
    tokens: Indices,
    languages: pa.Array | pa.ChunkedArray,
    model: PerplexityModel,
) -> list[tuple[LanguageModel, Indices]]:
    """The documents that get a score, grouped so that one model at a time fills the caches."""
    groups: dict[tuple[str | None, int], list[int]] = {}
    keys = zip(languages.to_pylist(), folds.tolist(), (tokens >= MIN_TOKENS).tolist(), strict=True)
    for row, (language, fold, long_enough) in enumerate(keys):
        if long_enough:
            groups.setdefault((language, fold), []).append(row)
    chosen = [(model.model_for(*key), np.array(rows, np.int64)) for key, rows in groups.items()]
    return [(one, rows) for one, rows in chosen if one is not None]


def _score_documents(scorer: LineScorer, lines: TokenLines) -> tuple[Reals, Reals, Reals]:
    """(perplexity, worst line's perplexity, share of unknown tokens); NaN where there is none."""
    documents = len(lines.document_lines) - 1
    document = np.repeat(np.arange(documents), np.diff(lines.document_lines))
    scores, missing = scorer.score(lines.data, lines.line_offsets)
    # bincount adds in the order of the lines: the same sum in whatever batch the document comes
    total = np.bincount(document, weights=scores, minlength=documents).astype(np.float64)
    events = np.bincount(document, weights=lines.line_tokens + 1, minlength=documents)
    tokens = np.bincount(document, weights=lines.line_tokens, minlength=documents)
    unknown = np.bincount(document, weights=missing, minlength=documents)
    worst = np.full(documents, np.nan)
    long = lines.line_tokens >= MIN_LINE_TOKENS
    of_lines = perplexity_of(scores[long].astype(np.float64), lines.line_tokens[long] + 1)
    np.fmax.at(worst, document[long], of_lines)
    with np.errstate(invalid="ignore"):  # a text of which sentencepiece leaves nothing: no score
        return perplexity_of(total, events), worst, unknown / tokens


def perplexity_of(log10_probability: Reals, events: npt.NDArray[Any]) -> Reals:
    """float64[n]: 10 ** (-log10 p / events), capped at the largest float32.

    Args:
        log10_probability: float64[n], sums of log10 p, <= 0.
        events: Predictions made, >= 1: tokens and line ends.
    """
    cap = float(np.log10(np.finfo(np.float32).max)) - 1e-6
    capped: Reals = 10.0 ** np.minimum(-log10_probability / events, cap)
    return capped
