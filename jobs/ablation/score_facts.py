"""Whether KenLM and a reference model put documents in one order, and which they disagree about most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.models.reference.held_out import MOST_SEEN
from udfs.language.codes import UNKNOWN_LANGUAGE

FEWEST: Final = 20
"""Documents of a language below which an order says nothing."""
BUCKETS: Final = ("head", "middle", "tail")
SHOWN: Final = 10
_NORMAL_95: Final = 1.96
Reals = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


def score_facts(scores: pa.Table, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compare the orders, language by language.

    Args:
        scores: Of ``DocumentScorer.score``.
        rules: Of the verdicts' manifest.

    Returns:
        ``languages``: for each its documents; those ``unseen``, which rows trained on hardly quote;
        ``judged_unseen``, whether what follows is of these alone, which it is where there are 20; the
        rank ``correlations`` with KenLM's loss; ``groups``, the reference's loss by KenLM's bucket and of
        what each rule on perplexity takes. ``disagreements``: documents that one of the two finds much
        harder than the other, by the difference of their ranks.
    """
    table = _Scores(scores)
    reasons = [rule["reason"] for rule in rules if rule["signal"].startswith("perplexity.")]
    languages = []
    ranks, kenlm_ranks = (np.full(len(scores), np.nan) for _ in range(2))
    for language in table.languages():
        own = table.language == language
        unseen = own & table.unseen
        judged = unseen if unseen.sum() >= FEWEST else own
        if judged.sum() >= FEWEST:
            ranks[judged] = _rank_shares(table.bits[judged])
            kenlm_ranks[judged] = _rank_shares(table.kenlm[judged])
        languages.append({
            "language": language,
            "documents": int(own.sum()),
            "unseen": int(unseen.sum()),
            "judged_unseen": bool(unseen.sum() >= FEWEST),
            "correlations": _correlations(table, judged),
            "groups": _groups(table, judged, ranks, reasons),
        })  # fmt: skip
    difference = ranks - kenlm_ranks
    order = np.argsort(difference, kind="stable")
    known = order[~np.isnan(difference[order])]
    chosen = {
        "harder": [place for place in known[::-1][:SHOWN] if difference[place] > 0],
        "easier": [place for place in known[:SHOWN] if difference[place] < 0],
    }
    return {
        "documents": len(scores),
        "languages": languages,
        "disagreements": {
            name: [_document(scores, int(place), ranks, kenlm_ranks) for place in places]
            for name, places in chosen.items()
        },
    }


class _Scores:
    """Columns of scores as arrays."""

    def __init__(self, scores: pa.Table) -> None:
        self.language = scores.column("language").fill_null(UNKNOWN_LANGUAGE).to_numpy()
        self.bits: Reals = scores.column("bits_a_byte").to_numpy()
        self.nats: Reals = scores.column("nats_a_token").to_numpy()
        self.kenlm: Reals = scores.column("kenlm_nats_a_token").to_numpy()
        self.unseen: Chosen = scores.column("seen_share").to_numpy() < MOST_SEEN
        self.bucket = scores.column("perplexity_bucket").to_numpy()
        marks = zip(
            scores.column("reasons").to_pylist(), scores.column("flags").to_pylist(), strict=True
        )
        self.marks = [{*(reasons or ()), *(flags or ())} for reasons, flags in marks]

    def languages(self) -> list[str]:
        """Languages, those with most documents first."""
        found, counts = np.unique(self.language.astype(str), return_counts=True)
        return [str(found[place]) for place in np.argsort(-counts, kind="stable")]


def _correlations(table: _Scores, judged: Chosen) -> dict[str, dict[str, float] | None]:
    measures = {"bits_a_byte": table.bits, "nats_a_token": table.nats}
    return {
        name: rank_correlation(values[judged], table.kenlm[judged])
        for name, values in measures.items()
    }


def rank_correlation(values: Reals, others: Reals) -> dict[str, float] | None:
    """Return Spearman's ``rho`` with ``low`` and ``high``, or None of fewer than 20 pairs, or equal values.

    The 95 % interval is that of Bonett and Wright (Psychometrika 65, 2000): Fisher's, with a variance of
    (1 + rho² / 2) / (n - 3).
    """
    from scipy.stats import spearmanr

    if len(values) < FEWEST or not np.ptp(values) or not np.ptp(others):
        return None
    rho = float(spearmanr(values, others).statistic)
    if abs(rho) > 1 - 1e-12:
        return {"rho": rho, "low": rho, "high": rho}
    reach = _NORMAL_95 * math.sqrt((1 + rho**2 / 2) / (len(values) - 3))
    middle = math.atanh(rho)
    return {"rho": rho, "low": math.tanh(middle - reach), "high": math.tanh(middle + reach)}


def _rank_shares(values: Reals) -> Reals:
    """Rank of each value, 0 the lowest and 1 the highest; equal ones have one rank."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(values) - 1) / (len(values) - 1), np.float64)


def _groups(
    table: _Scores, judged: Chosen, ranks: Reals, reasons: Sequence[str]
) -> list[dict[str, Any]]:
    """Median loss and rank by bucket and rule; those without a document are left out."""
    groups = {name: judged & (table.bucket == name) for name in BUCKETS}
    for reason in reasons:
        marked = np.array([reason in marks for marks in table.marks], np.bool_)
        groups[reason] = judged & marked
    return [
        {
            "name": name,
            "documents": int(chosen.sum()),
            "bits_a_byte": float(np.median(table.bits[chosen])),
            "nats_a_token": float(np.median(table.nats[chosen])),
            "kenlm_nats_a_token": float(np.median(table.kenlm[chosen])),
            "rank": None if np.isnan(ranks[chosen]).any() else float(np.median(ranks[chosen])),
        }
        for name, chosen in groups.items()
        if chosen.any()
    ]


def _document(scores: pa.Table, place: int, ranks: Reals, kenlm_ranks: Reals) -> dict[str, Any]:
    (row,) = scores.slice(place, 1).to_pylist()
    return {**row, "rank": float(ranks[place]), "kenlm_rank": float(kenlm_ranks[place])}
