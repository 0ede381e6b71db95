"""Labelled Parquet of the user's: read and checked before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.runtime.suggestions import did_you_mean
from udfs.language.signals import detect
from udfs.learning.labelled_texts import LabelledTexts

MINIMUM_ROWS: Final = 200
"""From fewer, no part for calibration or test would say anything (see ``udfs.learning.grouped_split``)."""
GROUP_COLUMNS: Final = ("group", "host")
LABEL_RANGES: Final = {"grade": (0.0, 5.0), "safety": (0.0, 1.0)}


@dataclass(frozen=True)
class LabelledColumns:
    """Names of the columns; None: the first of the usual names that is there, if any is."""

    text: str = "text"
    label: str = "label"
    group: str | None = None
    language: str | None = None


def read_labelled(given: str, columns: LabelledColumns, kind: str) -> LabelledTexts:
    """Read labelled documents.

    Args:
        given: Parquet file, folder or glob.
        columns: Their names. Without a language column, languages are detected.
        kind: ``grade`` (labels 0 to 5) or ``safety`` (0 and 1).

    Raises:
        InputError: There is no such table, a column is missing or of the wrong type, labels are
            null, out of range or all alike, or there are too few rows.
    """
    table = _read_table(given, columns)
    labels = _labels(table, given, columns.label, kind)
    texts = table.column(columns.text).combine_chunks()
    if len(texts) < MINIMUM_ROWS:
        raise InputError(
            f"{given} has {len(texts)} labelled rows, wanted at least {MINIMUM_ROWS}: a model needs"
            " documents to learn from, others to calibrate with and others to be tested on"
        )
    group = columns.group or next(
        (name for name in GROUP_COLUMNS if name in table.column_names), None
    )
    groups = table.column(group).combine_chunks() if group else None
    if columns.language:
        languages = table.column(columns.language).combine_chunks()
    else:
        languages = detect(texts.fill_null("")).field("language")
    labelled = LabelledTexts.prepare(texts, labels, LABEL_RANGES[kind], groups, languages)
    if not labelled.split.test.any():
        raise InputError(
            f"{given}: its {len(np.unique(labelled.groups))} groups cannot be divided into parts for"
            f" training, calibration and test. Give more groups in column {group or 'group'}, or"
            " name another with --group-column"
        )
    return labelled


def _read_table(given: str, columns: LabelledColumns) -> pa.Table:
    paths = [entry.path for entry in storage.find_files(given) if entry.path.endswith(".parquet")]
    if not paths:
        raise InputError(f"{given} holds no .parquet file. Give labelled documents as Parquet.")
    wanted = {
        "--text-column": columns.text,
        "--label-column": columns.label,
        "--group-column": columns.group,
        "--language-column": columns.language,
    }
    tables = []
    for path in paths:
        system, inner = storage.file_system(path)
        try:
            table = pq.read_table(inner, filesystem=system)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(
                f"{path} cannot be read as Parquet ({error}): write it again"
            ) from error
        for option, name in wanted.items():
            if name is not None and name not in table.column_names:
                hint = did_you_mean(name, table.column_names)
                raise InputError(
                    f"{option} {name}: no such column{hint} {path} has"
                    f" {', '.join(table.column_names)}."
                )
        kept = {*wanted.values(), *GROUP_COLUMNS}
        tables.append(table.select([name for name in table.column_names if name in kept]))
    try:
        joined = pa.concat_tables(tables)
    except pa.ArrowInvalid as error:
        raise InputError(f"the files of {given} have different columns ({error})") from error
    text_type = joined.schema.field(columns.text).type
    if not (pa.types.is_string(text_type) or pa.types.is_large_string(text_type)):
        raise InputError(f"--text-column {columns.text} of {given} is {text_type}, wanted string")
    return joined


def _labels(table: pa.Table, given: str, column: str, kind: str) -> pa.Array:
    values = table.column(column).combine_chunks()
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        raise InputError(
            f"--label-column {column} of {given} is {values.type}, wanted numbers: grades 0 to 5, or"
            " 0 and 1 with --kind safety"
        )
    labels = values.cast(pa.float64())
    low, high = LABEL_RANGES[kind]
    within = pc.and_(pc.greater_equal(labels, low), pc.less_equal(labels, high)).fill_null(False)
    if not pc.all(within).as_py():
        outside = labels.filter(pc.invert(within))
        raise InputError(
            f"--label-column {column} of {given}: {len(outside)} of {len(labels)} labels are not"
            f" between {low:g} and {high:g}, the first is {outside[0].as_py()}. Drop or rescale them"
            + (", or give --kind grade." if kind == "safety" else ".")
        )
    if len(labels) and pc.count_distinct(labels).as_py() < 2:
        raise InputError(
            f"--label-column {column} of {given}: all {len(labels)} labels are {labels[0].as_py():g}."
            " Give documents of at least two labels."
        )
    return labels
