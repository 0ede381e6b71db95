"""Choosing a banding, and what it finds and costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from jobs.dedup.settings import DedupSettings
from jobs.planning import measured_figures as figures
from jobs.runtime.errors import SettingsError
from udfs.dedup.banding import (
    GRID,
    Banding,
    accepting_probability,
    accidental_meetings,
    bandings_with_recall,
    expected_recall,
    meeting_probability,
)
from udfs.dedup.similarity import standard_error

# Beyond it estimates say little, and texts are read again that a longer signature would have settled.
LARGEST_STANDARD_ERROR: Final = 0.04
# Similarity of strangers for which a banding has to hold up. Measured medians are far below 0.01;
# pages of one template are above, but they are few for each document.
BACKGROUND: Final = 0.03
BACKGROUNDS_SHOWN: Final = (0.01, 0.03, 0.05)
# Copies a document has on average, for the bytes of false candidates: web crawls have 0.1 to 1.
TRUE_PAIRS_PER_DOCUMENT: Final = 0.2
# A false candidate's two sketches and keys travel to be compared.
BYTES_OF_FALSE_CANDIDATE: Final = 330
LARGEST_CORPUS: Final = 1e15


@dataclass(frozen=True)
class DedupPlan:
    """A banding with what it finds and costs.

    Attributes:
        settings: The planned search.
        documents: Size of the corpus.
        document_bytes: Mean size of a text in UTF-8.
    """

    settings: DedupSettings
    documents: float
    document_bytes: float

    @property
    def banding(self) -> Banding:
        """Bands and rows."""
        return Banding(self.settings.bands, self.settings.rows)

    @property
    def verified(self) -> bool:
        """Whether candidates are checked before anything is removed."""
        return self.settings.verification != "none"

    @property
    def recall(self) -> float:
        """Share of the pairs from the threshold on, evenly spread up to 1, that are found."""
        threshold = self.settings.threshold
        similarities = threshold + (1 - threshold) * (np.arange(40) + 0.5) / 40
        return float(self.found(similarities).mean())

    @property
    def recall_before_verification(self) -> float:
        """The same for pairs that meet in a bucket, whatever verification says then."""
        return expected_recall(self.banding, self.settings.threshold)

    @property
    def false_candidates(self) -> float:
        """Pairs below the threshold that meet, for each pair above, all similarities being as frequent."""
        threshold = self.settings.threshold
        below = threshold * (np.arange(GRID) + 0.5) / GRID
        mean = float(meeting_probability(below, self.banding).mean())
        return mean * threshold / max(1 - threshold, 1 / GRID)

    @property
    def shuffled_bytes(self) -> float:
        """Bytes a document that travel between machines."""
        bands = figures.SHUFFLED_BYTES_PER_BAND * self.settings.bands
        whole = self.documents * figures.EDGES_PER_DOCUMENT > self.settings.max_driver_edges
        signatures = (
            8 * self.settings.bands + self.settings.permutations + 2 * figures.JOIN_ROW_BYTES
        )
        # The list of linked documents is too long for every task then: keys and sketches go to it.
        joined = signatures if whole else 0
        return figures.SHUFFLED_BYTES_FOR_EXACT + bands + figures.OTHER_BYTES_PER_DOCUMENT + joined

    @property
    def persisted_bytes(self) -> float:
        """Bytes a document in the signatures."""
        keys = 8 * self.settings.bands
        return figures.FIXED_SIGNATURE_BYTES + keys + self.settings.permutations

    @property
    def signing_hours(self) -> float:
        """Core-hours of reading and signing all texts."""
        work = self.documents * self.document_bytes
        return work / figures.SIGNED_BYTES_PER_CORE_SECOND / 3600

    @property
    def searching_hours(self) -> float:
        """Core-hours of everything after the signatures."""
        work = self.documents * self.settings.bands
        return work / figures.BAND_ROWS_PER_CORE_SECOND / 3600

    def meeting(self, similarities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probability to meet in a bucket, by similarity."""
        return meeting_probability(similarities, self.banding)

    def found(self, similarities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probability that a pair, by itself, is taken for duplicates, by similarity.

        With exact verification a pair below the threshold passes only where its sketches look surely
        similar, and one above is lost only where they look hopeless.
        """
        if not self.verified:
            return self.meeting(similarities)
        limits = self.settings.leader_plan.limits
        kept = accepting_probability(similarities, self.banding, limits.possibly_equal)
        passed = accepting_probability(similarities, self.banding, limits.surely_equal)
        return np.where(similarities >= self.settings.threshold, kept, passed)

    def strangers(self, background: float) -> float:
        """Documents of the given similarity that a document meets when all others are such."""
        return accidental_meetings(self.banding, self.documents, background)


def plan_search(
    *,
    preset: str = "default",
    threshold: float | None = None,
    recall: float | None = None,
    documents: float,
    document_bytes: float,
) -> DedupPlan:
    """Describe a preset, or choose the banding that reaches a recall with the fewest shuffled bytes.

    Args:
        preset: Where everything not chosen comes from.
        threshold: Jaccard similarity, above 0 and below 1; None: the preset's.
        recall: Wanted share of pairs that meet; None: the preset's banding stays.
        documents: Size of the corpus, 2 or more.
        document_bytes: Mean size of a text.

    Raises:
        SettingsError: A number is out of range, or no banding reaches the recall.
    """
    _check_range("documents", documents, 2, LARGEST_CORPUS, "write 1e9 for a billion")
    _check_range("document-bytes", document_bytes, 1, 1e9, "2600 is usual for web pages")
    given: dict[str, object] = {"preset": preset}
    if threshold is not None:
        if not 0 < threshold < 1:
            percent = f" (0.{threshold:.0f} for {threshold:.0f} %)" if 10 <= threshold < 100 else ""
            raise SettingsError(
                f"--threshold {threshold:g} is no Jaccard similarity to search by: give a number above 0 "
                f"and below 1{percent}; exact copies, similarity 1, are found without any banding"
            )
        given["threshold"] = threshold
    try:
        settings = DedupSettings.model_validate(given)
    except ValueError as error:  # pydantic's own, around the text of the settings
        raise SettingsError(
            str(error).partition("Value error, ")[2].partition(" [type")[0]
        ) from error
    if recall is not None:
        banding = _cheapest_banding(settings.threshold, recall, documents)
        settings = settings.model_copy(update={"bands": banding.bands, "rows": banding.rows})
    return DedupPlan(settings, documents, document_bytes)


def _cheapest_banding(threshold: float, recall: float, documents: float) -> Banding:
    if not 0 < recall < 1:
        percent = " (0.99 for 99 %)" if recall > 1 else ""
        raise SettingsError(
            f"--recall {recall:g}: hashing finds a pair with some probability, never surely; give a "
            f"number above 0 and below 1{percent}"
        )
    needed = math.ceil((standard_error(threshold, 1) / LARGEST_STANDARD_ERROR) ** 2)
    choices = [
        Banding(max(banding.bands, math.ceil(needed / banding.rows)), banding.rows)
        for banding in bandings_with_recall(threshold, recall, documents, BACKGROUND)
    ]
    if not choices:
        raise SettingsError(
            f"no banding of at most 1000 bands finds {recall:g} of the pairs from {threshold:g} on among "
            f"{documents:.3g} documents without meeting more strangers than copies: raise --threshold, "
            "or lower --recall"
        )
    return min(choices, key=lambda banding: _bytes_moved(banding, threshold))


def _bytes_moved(banding: Banding, threshold: float) -> float:
    below = threshold * (np.arange(GRID) + 0.5) / GRID
    false_share = float(meeting_probability(below, banding).mean()) * threshold / (1 - threshold)
    false_bytes = TRUE_PAIRS_PER_DOCUMENT * false_share * BYTES_OF_FALSE_CANDIDATE
    return figures.SHUFFLED_BYTES_PER_BAND * banding.bands + false_bytes


def _check_range(name: str, value: float, lowest: float, highest: float, advice: str) -> None:
    if not lowest <= value <= highest:  # not a number is neither
        raise SettingsError(
            f"--{name} {value:g}: give a number from {lowest:g} to {highest:g}; {advice}"
        )
