"""Documents of a finished run drawn at random, to be read by a person."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from jobs.inspection.run_tables import RunTables
from jobs.runtime.errors import InputError

SAMPLED: Final = pa.schema([
    ("id", pa.int64()), ("text", pa.string()), ("source", pa.string()), ("url", pa.string()),
    ("language", pa.string()), ("stage", pa.string()), ("reason", pa.string()),
])  # fmt: skip
_LEDGERS: Final = {"kept": "corpus", "left": "dropped"}
_COLUMNS: Final = {
    "kept": ["id", "text", "source", "url", "language"],
    "left": ["id", "source", "url", "language", "stage", "reason"],
}


def sample_documents(run: str, rows: int, *, status: str, seed: int) -> pa.Table:
    """Return documents drawn at random; see ``corpusmill.sample``.

    Args:
        run: Folder of a published run.
        rows: How many, 0 or more.
        status: ``kept`` or ``left``.
        seed: Of the draw.

    Raises:
        InputError: The run was not published, or an argument has another value.
    """
    if status not in _LEDGERS or rows < 0:
        raise InputError(
            f"status {status!r}, {rows} rows: give {' or '.join(_LEDGERS)}, and 0 rows or more"
        )
    tables, ledger = RunTables(run), _LEDGERS[status]
    ids = np.sort(tables.columns(ledger, ["id"]).column("id").to_numpy())
    count = min(rows, len(ids))
    drawn = np.sort(np.random.default_rng(seed).choice(ids, count, replace=False)).tolist()
    told = tables.rows(ledger, drawn, _COLUMNS[status])
    if status == "left":  # the ledger names documents, their texts lie where they were judged
        texts = tables.rows("annotated", drawn, ["id", "text"])
        told = {number: {**told[number], "text": texts[number]["text"]} for number in drawn}
    return pa.Table.from_pylist([told[number] for number in drawn], schema=SAMPLED)
