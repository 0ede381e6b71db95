"""Settings of duplicate removal: a preset, and what the user wants otherwise."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jobs.dedup.presets import PRESETS, Verification
from jobs.dedup.repeated_passages import PassageSettings
from jobs.runtime.suggestions import did_you_mean
from udfs.dedup.keep_order import KeepPolicy
from udfs.dedup.leader_clusters import Limits
from udfs.dedup.resolution import LeaderPlan
from udfs.dedup.signatures import ShinglePlan, SigningPlan
from udfs.dedup.similarity import least_equal_bytes, standard_error

# Chance that a dissimilar pair shares so many bands that its sketches are not looked at early.
TELLING_BANDS_ERROR = 1e-4


class DedupSettings(BaseModel):
    """What counts as a duplicate and which document stays. Fields left out come from the preset.

    Attributes:
        preset: Name in ``PRESETS``.
        threshold: Jaccard similarity of shingle sets from which on a document is removed, 0-1.
        bands, rows: Banding of the signatures; bands * rows permutations.
        shingle_unit, spaced_length, unspaced_length: What is compared.
        verification: ``exact``: sketches decide clear cases, and the doubtful pairs (within some
            standard errors of the threshold) are settled by exact similarity, for which the texts of
            those few documents are read again. ``estimate``: sketches decide all. ``none``:
            everything linked by a bucket is a duplicate, however dissimilar: for comparison with
            published corpora only. Unless ``none``, every removed document is similar to its own
            kept document.
        keep: Which of several duplicates stays: ``longest`` text, ``best`` (column ``quality``, higher is
            better), ``earliest`` (column ``fetched_at``, timestamp or date), ``source_priority``
            (column ``source``, order of ``source_priority``). Ties are broken by a hash of the text.
        mode: ``remove``: duplicates leave. ``annotate``: all documents stay, and the corpus says of each in
            which cluster it is, how large that and its group of exact copies are, and which document
            would have been kept for it.
        scope: Column whose equal values delimit the search (``language``, ``source``): documents with
            different values are never duplicates of each other. None: all documents are compared.
        source_priority: Sources, most trusted first; others come last.
        seed: Of the permutations; 1 as in datasketch.
        standard_errors_below, standard_errors_above: Width of the doubtful band. Three below lose one
            pair in 700 at the threshold itself; four above let one in 30,000 pass unseen.
        leader_limit: Kept documents of one component that each of its members is compared with.
        exact_limit: Exact comparisons of one document, those with its most preferred partners.
        max_driver_documents: Up to this many documents everything after the signatures runs on the
            driver, in memory (some 800 bytes a document); the result is the same.
        max_driver_edges: Up to this many edges the driver finds the components (150 bytes an edge), and
            every task gets the list of their documents; above, Spark does all by shuffles.
        max_settled_documents: Texts read again to settle doubtful pairs; above, the run stops and says
            so rather than to fall back in silence. 16 bytes each on driver and executors.
        passages: Lines or paragraphs to cut out of the documents kept; off by default.
        key_bits: Width of band keys; less than 64 only to test that collisions do no harm.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = "default"
    threshold: Annotated[float, Field(gt=0, le=1)] = PRESETS["default"].threshold
    bands: Annotated[int, Field(ge=1, le=1000)] = PRESETS["default"].bands
    rows: Annotated[int, Field(ge=1, le=100)] = PRESETS["default"].rows
    shingle_unit: Literal["words", "characters"] = PRESETS["default"].shingle_unit
    spaced_length: Annotated[int, Field(ge=1, le=1000)] = PRESETS["default"].spaced_length
    unspaced_length: Annotated[int, Field(ge=1, le=1000)] = PRESETS["default"].unspaced_length
    verification: Verification = PRESETS["default"].verification
    keep: KeepPolicy = "longest"
    source_priority: tuple[str, ...] = ()
    mode: Literal["remove", "annotate"] = "remove"
    scope: str | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    standard_errors_below: Annotated[float, Field(ge=0)] = 3.0
    standard_errors_above: Annotated[float, Field(ge=0)] = 4.0
    leader_limit: Annotated[int, Field(ge=1)] = 1024
    exact_limit: Annotated[int, Field(ge=1)] = 64
    max_driver_documents: Annotated[int, Field(ge=0)] = 2_000_000
    max_driver_edges: Annotated[int, Field(ge=0)] = 20_000_000
    max_settled_documents: Annotated[int, Field(ge=0)] = 50_000_000
    key_bits: Annotated[int, Field(ge=1, le=64)] = 64
    passages: PassageSettings = PassageSettings()

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        name = given.get("preset", "default")
        preset = PRESETS.get(name) if isinstance(name, str) else None
        if preset is None:
            hint = did_you_mean(str(name), PRESETS)
            raise ValueError(f"unknown preset {name!r}{hint} Presets: {', '.join(PRESETS)}.")
        defaults = {key: value for key, value in asdict(preset).items() if key != "source"}
        return {**defaults, **given}

    @model_validator(mode="after")
    def _check_source_priority(self) -> DedupSettings:
        if self.keep == "source_priority" and not self.source_priority:
            raise ValueError(
                "keep: source_priority needs the list source_priority, most trusted source first"
            )
        return self

    @property
    def search(self) -> dict[str, Any]:
        """What decides which documents are duplicates, for fingerprints."""
        return self.model_dump(exclude={"mode", "passages"})

    @property
    def permutations(self) -> int:
        """Length of a signature."""
        return self.bands * self.rows

    @property
    def shingle_plan(self) -> ShinglePlan:
        """What workers must know to make shingles."""
        return ShinglePlan(self.shingle_unit, self.spaced_length, self.unspaced_length)

    @property
    def signing_plan(self) -> SigningPlan:
        """What workers must know to sign documents."""
        return SigningPlan(
            self.shingle_plan, self.bands, self.rows, self.seed, self.key_bits, self.keep
        )

    @property
    def leader_plan(self) -> LeaderPlan:
        """From how many equal sketch bytes on a pair is surely or possibly similar."""
        places = self.permutations
        below = above = 0.0
        if self.verification == "exact":
            error = standard_error(self.threshold, places)
            below = self.standard_errors_below * error
            above = self.standard_errors_above * error
        return LeaderPlan(
            verified=self.verification != "none",
            threshold=self.threshold,
            limits=Limits(
                surely_equal=least_equal_bytes(self.threshold + above, places),
                possibly_equal=least_equal_bytes(max(self.threshold - below, 0.0), places),
                leader_limit=self.leader_limit,
                exact_limit=self.exact_limit,
            ),
        )

    @property
    def telling_bands(self) -> int:
        """From this many common bands on, a pair is worth comparing without a look at its sketches.

        The smallest n that a pair at the lower end of the doubtful band reaches with a chance of at
        most 1e-4; bands + 1 where no number of bands is enough.
        """
        below = 0.0
        if self.verification == "exact":
            below = self.standard_errors_below * standard_error(self.threshold, self.permutations)
        chance = max(self.threshold - below, 0.0) ** self.rows
        tail = 0.0
        for bands in range(self.bands, -1, -1):
            ways = math.comb(self.bands, bands)
            tail += ways * chance**bands * (1 - chance) ** (self.bands - bands)
            if tail > TELLING_BANDS_ERROR:
                return bands + 1
        return 0
