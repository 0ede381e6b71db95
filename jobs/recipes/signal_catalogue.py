"""All signals a rule can name, gathered from the annotators that compute them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from jobs.recipes.rules import DOCUMENT_GROUP
from jobs.runtime.errors import SettingsError
from jobs.runtime.user_code import import_place
from udfs.cleaning.clean_texts import CLEANING_FIELDS
from udfs.columns.signal_fields import SignalField
from udfs.contamination.signals import CONTAMINATION_FIELDS
from udfs.grading.signals import QUALITY_FIELDS
from udfs.language.signals import LANGUAGE_FIELDS
from udfs.perplexity.signals import PERPLEXITY_FIELDS
from udfs.safety.signals import SAFETY_FIELDS
from udfs.signals.annotate import ANNOTATORS
from udfs.signals.own_annotators import OwnAnnotator, open_annotator
from udfs.signals.shared_lines import SHARED_LINE_FIELDS

NO_OWN: Final[Mapping[str, str]] = MappingProxyType({})

DOCUMENT_FIELDS = tuple(
    SignalField(name, pa.string(), "text", values, meaning, "corpusmill")
    for name, values, meaning in (
        ("source", "path or URL", "file that the document comes from, as INPUT names it"),
        (
            "format",
            "html, pdf, epub, text, unknown",
            "what the document was read as, by its content",
        ),
        ("url", "URL", "its address; null where none is known"),
        ("licence_url", "URL", "its licence; null where none is declared"),
        (
            "metadata",
            "a JSON object",
            "further columns of its table (`ingest.carry`); ask it by get_json_object",
        ),
    )
)


def signal_fields(own: Mapping[str, str] = NO_OWN) -> dict[str, tuple[SignalField, ...]]:
    """Return the declared fields of every struct column, in the order of the annotated dataset.

    Args:
        own: Annotators of the user's, ``Recipe.annotators``; they are imported.

    Raises:
        SettingsError: One is not there, or declares nothing.
    """
    return {
        "language": LANGUAGE_FIELDS,
        "cleaning": CLEANING_FIELDS,
        **{name: annotator.fields for name, annotator in ANNOTATORS.items()},
        "shared_lines": SHARED_LINE_FIELDS,
        "perplexity": PERPLEXITY_FIELDS,
        "safety": SAFETY_FIELDS,
        "contamination": CONTAMINATION_FIELDS,
        **{name: own_annotator(place).stored_fields for name, place in own.items()},
        "quality": QUALITY_FIELDS,
    }


def own_annotator(place: str) -> OwnAnnotator:
    """Import an annotator of the user's, ``MODULE:FUNCTION``.

    Raises:
        SettingsError: It is not there, or declares nothing.
    """
    import_place(place)
    try:
        return open_annotator(place)
    except TypeError as error:
        raise SettingsError(f"{place} is no annotator: {error}") from error


def named_fields(own: Mapping[str, str] = NO_OWN) -> dict[str, tuple[SignalField, ...]]:
    """Return the fields of every group that a rule can name: struct columns, and documents' own columns."""
    return {**signal_fields(own), DOCUMENT_GROUP.rstrip("."): DOCUMENT_FIELDS}


def known_signals(own: Mapping[str, str] = NO_OWN) -> dict[str, SignalField]:
    """Return every signal as ``struct.field``, and what is known of each document before."""
    return {
        f"{group}.{field.name}": field
        for group, fields in named_fields(own).items()
        for field in fields
    }
