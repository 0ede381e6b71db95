"""All signals a rule can name, gathered from the annotators that compute them."""

from __future__ import annotations

from udfs.cleaning.clean_texts import CLEANING_FIELDS
from udfs.columns.signal_fields import SignalField
from udfs.contamination.signals import CONTAMINATION_FIELDS
from udfs.grading.signals import QUALITY_FIELDS
from udfs.language.signals import LANGUAGE_FIELDS
from udfs.perplexity.signals import PERPLEXITY_FIELDS
from udfs.safety.signals import SAFETY_FIELDS
from udfs.signals.annotate import ANNOTATORS
from udfs.signals.shared_lines import SHARED_LINE_FIELDS


def signal_fields() -> dict[str, tuple[SignalField, ...]]:
    """Return the declared fields of every struct column, in the order of the annotated dataset."""
    return {
        "language": LANGUAGE_FIELDS,
        "cleaning": CLEANING_FIELDS,
        **{name: annotator.fields for name, annotator in ANNOTATORS.items()},
        "shared_lines": SHARED_LINE_FIELDS,
        "perplexity": PERPLEXITY_FIELDS,
        "safety": SAFETY_FIELDS,
        "contamination": CONTAMINATION_FIELDS,
        "quality": QUALITY_FIELDS,
    }


def known_signals() -> dict[str, SignalField]:
    """Return every signal as ``struct.field``."""
    return {
        f"{struct}.{field.name}": field
        for struct, fields in signal_fields().items()
        for field in fields
    }
