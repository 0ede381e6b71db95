"""Which documents of a run a person should label next: those that the grader doubts, of all kinds, each once.

Uncertainty sampling (Lewis and Gale 1994, "A sequential algorithm for training text classifiers"): a label
near the cut says more than one far from it. Languages, and in each its sources, take turns, lest one site
fill the sample; of documents that resemble each other one is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.inspection.label_tables import LABELS_NAME, csv_of, group_of
from jobs.inspection.run_tables import RunTables
from jobs.recipes.stored_recipe import judged_rules
from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.contract.manifest import require_run
from jobs.runtime.errors import InputError, SettingsError
from jobs.runtime.store import storage

NAME: Final = "label-sample.parquet"
SIGNATURES: Final = "signatures"
LOOKED_AT: Final = 10
"""Times as many documents as are wanted are compared with each other: most resemble none."""
SCHEMA: Final = pa.schema(
    [
        ("id", pa.int64()),
        ("grade", pa.float64()),
        ("label", pa.float64()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("host", pa.string()),
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("url", pa.string()),
    ]
)


def label_sample(run: str, number: int, within: float) -> pa.Table:
    """Choose documents to label.

    Args:
        run: Folder or prefix of a finished run with grades.
        number: How many, at most.
        within: Grades by which a document may lie from the cut, on either side.

    Returns:
        ``SCHEMA``, the one to label first on top; ``label`` is null, ``host`` the group that training
        must not divide.

    Raises:
        SettingsError: A number is not above 0.
        InputError: The run has no grades, or none within reach of the cut.
    """
    if number < 1 or not within > 0:
        raise SettingsError(
            f"--number {number} --within {within:g}: give a number and a reach above 0"
        )
    tables = RunTables(run)
    if not tables.has("quality"):
        require_run(tables.output)
        raise InputError(
            f"{run} has no grades to doubt: run it with --grader FOLDER, or begin with a random sample of"
            " `corpusmill serve`"
        )
    cut = grade_cut(tables)
    graded = tables.columns("quality", ["id", "quality.grade", "language.language"])
    distance = np.abs(graded.column("quality.grade").to_numpy().astype(float) - cut)
    labelled = np.isin(graded.column("id").to_numpy(), labelled_ids(tables.output))
    near = np.flatnonzero((distance <= within) & ~labelled)  # NaN, which is no grade, is far
    if not len(near):
        raise InputError(
            f"{run} has no unlabelled document graded within {within:g} of the cut at {cut:g}: give a"
            " larger --within"
        )
    ids = graded.column("id").to_numpy()[near]
    grades = dict(zip(ids.tolist(), graded.column("quality.grade").take(pa.array(near)).to_pylist(),
                      strict=True))  # fmt: skip
    languages = np.array(graded.column("language.language").take(pa.array(near)).to_pylist(), str)
    origins = _origins(tables, ids)
    hosts = np.array([_group(origins[number]) for number in ids.tolist()], str)
    ordered = ids[turns(languages, hosts, distance[near], ids)]
    chosen = _unlike(tables, ordered[: LOOKED_AT * number].tolist(), number)
    texts = tables.rows("annotated", chosen, ["text", "language"])
    rows = [
        {
            **origins[one],
            "id": one,
            "grade": grades[one],
            "label": None,
            "text": texts[one]["text"],
            "language": (texts[one]["language"] or {}).get("language"),
            "host": _group(origins[one]),
        }
        for one in chosen
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def grade_cut(tables: RunTables) -> float:
    """Return the grade below which the run's documents leave; a rule over rounded grades cuts half lower.

    Raises:
        InputError: The run has no rule with such a bound.
    """
    for rule in judged_rules(tables.manifest("quality")):
        if rule.default is not None and rule.default.min is not None:
            return float(rule.default.min) - (0.5 if rule.signal.endswith("_rounded") else 0.0)
    raise InputError(
        f"{tables.output} was run without a lowest grade, so no document is near a cut: decide it by a"
        " recipe with a rule such as low_grade"
    )


def labelled_ids(output: str) -> npt.NDArray[np.int64]:
    """Return the documents of a run that somebody has labelled, int64[n]."""
    return _ids(storage.join(output, LABELS_NAME))


def sampled_ids(output: str) -> npt.NDArray[np.int64]:
    """Return the documents of a run's label sample in its order, int64[n]; none without one.

    Raises:
        InputError: The file is damaged.
    """
    return _ids(storage.join(output, NAME))


def _ids(path: str) -> npt.NDArray[np.int64]:
    if not storage.exists(path):
        return np.empty(0, np.int64)
    with opened(path) as file:
        ids: npt.NDArray[np.int64] = file.read(columns=["id"]).column("id").to_numpy()
    return ids


def turns(
    languages: npt.NDArray[np.str_],
    sources: npt.NDArray[np.str_],
    distance: npt.NDArray[np.float64],
    ids: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Return the order in which languages, and in each its sources, take turns, int64[n].

    Args:
        languages: str[n].
        sources: str[n].
        distance: float64[n], from the cut: of a source the nearest comes first.
        ids: int64[n], which decide between equals.
    """
    in_source = _ranks((languages, sources), (distance, ids))
    in_language = _ranks((languages,), (in_source, distance, ids))
    return np.lexsort((languages, in_language))


def _ranks(
    groups: Sequence[npt.NDArray[Any]], keys: Sequence[npt.NDArray[Any]]
) -> npt.NDArray[np.int64]:
    """The place of each row in its group, from 0, when the group is sorted by the keys, first ones first."""
    order = np.lexsort((*reversed(keys), *reversed(groups)))
    first = np.zeros(len(order), np.bool_)
    for group in groups:
        first[1:] |= group[order][1:] != group[order][:-1]
    first[:1] = True
    starts = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - starts
    return ranks


def _unlike(tables: RunTables, ordered: list[int], number: int) -> list[int]:
    """The first so many documents of which no two share a bucket of the run's search for duplicates."""
    if not tables.has(SIGNATURES):
        return ordered[:number]
    keys = tables.rows(SIGNATURES, ordered, ["band_keys"])
    seen: set[int] = set()
    chosen = []
    for one in ordered:
        own = set(keys.get(one, {}).get("band_keys") or ())
        if not own & seen:
            chosen.append(one)
            seen |= own
        if len(chosen) == number:
            break
    return chosen


def _origins(tables: RunTables, ids: npt.NDArray[np.int64]) -> dict[int, dict[str, Any]]:
    columns = tables.columns("annotated", ["id", "source", "source_id", "url"])
    places = np.flatnonzero(np.isin(columns.column("id").to_numpy(), ids))
    rows = columns.take(pa.array(places)).to_pylist()
    return {row["id"]: row for row in rows}


def _group(origin: dict[str, Any]) -> str:
    return group_of(origin["url"], origin["source"])


def label_sample_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill label-sample` with where the sample is and what to do with it.

    Raises:
        SettingsError: The file named is neither Parquet nor CSV.
    """
    named = arguments.table
    if named is not None and not named.endswith((".parquet", ".csv")):
        raise SettingsError(f"--table {named}: give a name that ends in .parquet or .csv")
    sample = label_sample(arguments.run, arguments.number, arguments.within)
    path = storage.absolute(named or storage.join(storage.absolute(arguments.run), NAME))
    with storage.open_output(path) as file:
        if path.endswith(".csv"):
            file.write(csv_of(sample))
        else:
            pq.write_table(sample, file, compression="zstd")
    languages = sample.column("language").value_counts().to_pylist()
    told = ", ".join(f"{found['counts']} {found['values']}" for found in languages)
    lines = [f"{path}: {len(sample)} documents ({told})"]
    if named is None:
        lines.append(
            f'`corpusmill serve {arguments.run}`, order "to label next", shows them one after the other;'
            f" `corpusmill train-grader {storage.join(arguments.run, LABELS_NAME)} GRADER` learns the marks"
        )
    else:
        lines.append("fill the column label, 0 to 5; `corpusmill train-grader` reads it as Parquet")
    return "\n".join(lines)
