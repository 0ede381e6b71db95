"""Batches of text in, batches of cleaned text with all signals out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.cleaning.clean_texts import CLEANING_TYPE, CleaningSettings, clean
from udfs.columns.batch_columns import require_columns, schema_with, with_columns
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.signals import CONTAMINATION_TYPE, contamination_annotator
from udfs.language.signals import LANGUAGE_TYPE, detect
from udfs.lines.text_batch import TextBatch
from udfs.perplexity.folder import read_model
from udfs.perplexity.signals import PERPLEXITY_TYPE, score
from udfs.safety.screen_lists import ScreenLists
from udfs.safety.settings import DEFAULT_SETTINGS, SafetySettings
from udfs.safety.signals import SAFETY_TYPE, SafetyScreen
from udfs.signals.annotate import ANNOTATORS, annotate, struct_type
from udfs.signals.own_annotators import open_annotator
from udfs.signals.shared_lines import SHARED_LINE_TYPE, shared_line_shares, site_keys


@dataclass(frozen=True)
class AnnotateBatches:
    """A function for mapInArrow: replaces ``text`` by cleaned text and appends a struct an annotator.

    Cleaning comes first: a good chapter must be judged without the refrain that is cut from it. The
    values of a document depend on its text alone, never on its batch.

    Attributes:
        cleaning: What is cut from a text.
        perplexity_model: Tells a worker where on its machine the perplexity models lie (fetching
            them if need be); None leaves perplexity null.
        safety_model: Tells where a trained model lies, likewise; None leaves its score null.
        safety: How keywords are combined with the model.
        lists: Keyword lists and domains that the settings name; None: the shipped lists.
        shared_lines: Gives the sorted keys of lines that many documents of a site have, of
            ``udfs.signals.shared_lines``; None leaves their shares null.
        benchmarks: Gives the index of benchmark items; None leaves ``contamination`` null.
        own: Annotators of the user's by the name of their column: ``MODULE:FUNCTION``, imported where it
            is called. They are handed the batch with all other columns.
    """

    cleaning: CleaningSettings
    perplexity_model: Callable[[], str] | None = None
    safety_model: Callable[[], str] | None = None
    safety: SafetySettings = DEFAULT_SETTINGS
    lists: ScreenLists | None = None
    shared_lines: Callable[[], npt.NDArray[np.uint64]] | None = None
    benchmarks: Callable[[], BenchmarkIndex] | None = None
    own: Mapping[str, str] = field(default_factory=dict)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the output's schema: the input's, with a struct column an annotator appended."""
        require_columns(schema, {"text": (pa.string(), pa.large_string())})
        return schema_with(
            schema,
            {
                "text": pa.string(),
                "language": LANGUAGE_TYPE,
                "cleaning": CLEANING_TYPE,
                **{name: struct_type(name) for name in ANNOTATORS},
                "shared_lines": SHARED_LINE_TYPE,
                "perplexity": PERPLEXITY_TYPE,
                "safety": SAFETY_TYPE,
                "contamination": CONTAMINATION_TYPE,
                **{name: open_annotator(place).struct_type for name, place in self.own.items()},
            },
        )

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a batch for each batch."""
        model = read_model(self.perplexity_model(), verify=False) if self.perplexity_model else None
        safety_model = self.safety_model() if self.safety_model else None
        screen = SafetyScreen.open(safety_model, self.safety, self.lists)
        compared = [contamination_annotator(self.benchmarks())] if self.benchmarks else []
        own = {name: open_annotator(place) for name, place in self.own.items()}
        for batch in batches:
            texts, cleaning = clean(batch.column("text").fill_null(""), self.cleaning)
            language = detect(texts)
            codes = language.field("language")
            signals = annotate(TextBatch(texts, codes), tuple(ANNOTATORS), compared)
            contamination = signals.pop("contamination", None)
            perplexity = (
                score(texts, codes, model) if model else _nulls(PERPLEXITY_TYPE, len(texts))
            )
            columns = {"text": texts, "language": language, "cleaning": cleaning, **signals}
            columns["shared_lines"] = self._shared_lines(batch, texts)
            urls = batch.column("url") if "url" in batch.schema.names else None
            columns |= {"perplexity": perplexity, "safety": screen.annotate(texts, codes, urls)}
            if contamination is None:
                contamination = _nulls(CONTAMINATION_TYPE, len(texts))
            annotated = with_columns(batch, columns | {"contamination": contamination})
            yield with_columns(
                annotated, {name: one.annotate(annotated) for name, one in own.items()}
            )

    def _shared_lines(self, batch: pa.RecordBatch, texts: pa.Array) -> pa.StructArray:
        if self.shared_lines is None:
            return _nulls(SHARED_LINE_TYPE, len(texts))
        sites = site_keys(batch.column("url"), batch.column("source"))
        return shared_line_shares(texts, sites, self.shared_lines())


def _nulls(type_: pa.StructType, rows: int) -> pa.StructArray:
    """Structs that are there with fields that are null, as every annotator gives them."""
    fields = list(type_)
    return pa.StructArray.from_arrays([pa.nulls(rows, f.type) for f in fields], fields=fields)
