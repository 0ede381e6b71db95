"""Files of benchmarks → items; what cannot be used is refused with file, row and the next step."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.contamination.mappings import STANDARD, BenchmarkMapping, load_mapping
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.runtime.suggestions import did_you_mean
from udfs.contamination.items import BenchmarkItem, split_options

SUFFIXES = (".parquet", ".jsonl", ".json", ".csv", ".tsv")
Record = Mapping[str, Any]
csv.field_size_limit(1 << 27)  # one field of a passage may pass the default of 128 KiB


def read_benchmarks(given: Sequence[str]) -> list[BenchmarkItem]:
    """Return the items of ``[MAPPING=]PATH`` words.

    Args:
        given: PATH is a file, folder, glob or prefix; MAPPING a name of ``conf/benchmarks/`` or a
            YAML file; without one the files have the columns of the mapping ``items``.

    Raises:
        InputError: A file cannot be read, has no question column, or no item; an id comes twice.
        SettingsError: A mapping is unknown or faulty.
    """
    items: list[BenchmarkItem] = []
    places: dict[tuple[str, str], str] = {}
    for word in given:
        name, separator, path = word.partition("=")
        if not separator:
            name, path = STANDARD, word
        mapping = load_mapping(name)
        found = list(_items(name, mapping, path))
        if not found:
            raise InputError(
                f"benchmark {word}: no item in it. Give files with at least one question."
            )
        for item, place in found:
            key = (item.benchmark, item.item)
            if key in places:
                raise InputError(
                    f"benchmark {item.benchmark}: the id {item.item!r} is given twice, in {places[key]} and "
                    f"in {place}. Ids must be unique: name another column with `id:` in the mapping, or "
                    "leave it out to count rows."
                )
            places[key] = place
            items.append(item)
    return items


def items_digest(items: Sequence[BenchmarkItem]) -> str:
    """Return a digest of all items: the same words in other files are the same benchmarks."""
    return digest([list(vars(item).values()) for item in items])


def _items(name: str, mapping: BenchmarkMapping, path: str) -> Iterator[tuple[BenchmarkItem, str]]:
    files = [entry.path for entry in storage.find_files(path) if _suffix(entry.path)]
    if not files:
        raise InputError(
            f"benchmark {path} holds no file that ends in {', '.join(SUFFIXES)} (or one with .gz after it)"
        )
    label = PurePosixPath(name).stem
    for file in files:
        stem = PurePosixPath(file.removesuffix(".gz")).stem
        set_name = stem if name == STANDARD else label
        for number, record in enumerate(_records(file, mapping)):
            place = f"{file} row {number}"
            identifier = str(number) if mapping.id is None else _text(_value(record, mapping.id))
            if not identifier:
                raise InputError(
                    f"benchmark {place}: no id in the column {mapping.id}. Fill it, or leave `id:` out "
                    "of the mapping to count rows."
                )
            yield _item(record, mapping, set_name, f"{stem}/{identifier}"), place


def _item(record: Record, mapping: BenchmarkMapping, name: str, identifier: str) -> BenchmarkItem:
    def text(column: str | None) -> str:
        return "" if column is None else _text(_value(record, column))

    if isinstance(mapping.choices, str):
        listed = _value(record, mapping.choices)
        choices = (
            [_text(entry) for entry in listed] if isinstance(listed, list) else [_text(listed)]
        )
    else:
        choices = [text(column) for column in mapping.choices or ()]
    question = text(mapping.question)
    if mapping.options_in_question:
        question, found = split_options(question)
        choices += found
    return BenchmarkItem(
        benchmark=text(mapping.benchmark) or name,
        item=identifier,
        question=question,
        passage=text(mapping.passage),
        choices=tuple(choice for choice in choices if choice.strip()),
        answer=text(mapping.answer),
        code=text(mapping.code),
    )


def _records(file: str, mapping: BenchmarkMapping) -> Iterator[Record]:
    """The records of one file, after a look at the first for the columns that are asked for."""
    suffix = _suffix(file)
    try:
        if suffix == ".parquet":
            yield from _checked(_parquet(file, mapping), file, mapping)
            return
        with storage.open_input(file) as raw, contextlib.ExitStack() as opened:
            stream = raw
            if file.endswith(".gz"):
                stream = cast("BinaryIO", opened.enter_context(gzip.open(raw)))
            if suffix in (".csv", ".tsv"):
                rows = _csv(stream, "\t" if suffix == ".tsv" else ",", mapping)
            elif suffix == ".jsonl":
                rows = _json_lines(stream, file)
            else:
                rows = _json(stream, file, mapping)
            yield from _checked(rows, file, mapping)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise InputError(
            f"benchmark {file} cannot be read: {' '.join(str(error).split())[:300]}"
        ) from error


def _checked(records: Iterator[Record], file: str, mapping: BenchmarkMapping) -> Iterator[Record]:
    for number, record in enumerate(records):
        if number == 0:
            for column in mapping.columns:
                if _value(record, column) is None and column.split(".")[0] not in record:
                    optional = column != mapping.question and column != mapping.id
                    if optional and mapping == load_mapping(STANDARD):
                        continue
                    role = "question" if column == mapping.question else "mapped"
                    raise InputError(
                        f"benchmark {file} has no {role} column {column!r}"
                        f"{did_you_mean(column, list(record))} It has "
                        f"{', '.join(map(repr, record)) or 'none'}: choose another mapping "
                        "(--benchmarks MAPPING=PATH), or write one."
                    )
        yield record


def _csv(stream: BinaryIO, separator: str, mapping: BenchmarkMapping) -> Iterator[Record]:
    with io.TextIOWrapper(stream, "utf-8-sig", newline="") as lines:
        rows = csv.reader(lines, delimiter=separator)
        names: list[str] | None = next(rows, []) if mapping.header else None
        for row in rows:
            if not row:
                continue
            keys = names if names is not None else [str(place) for place in range(len(row))]
            if len(row) != len(keys):
                raise csv.Error(f"line {rows.line_num} has {len(row)} fields, wanted {len(keys)}")
            yield dict(zip(keys, row, strict=True))


def _json_lines(stream: BinaryIO, file: str) -> Iterator[Record]:
    for number, line in enumerate(stream, start=1):
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        if text:
            yield _object(_parsed(text, f"{file} line {number}"), f"{file} line {number}")


def _json(stream: BinaryIO, file: str, mapping: BenchmarkMapping) -> Iterator[Record]:
    data = _parsed(stream.read().decode("utf-8-sig"), file)
    if mapping.records is not None and isinstance(data, dict):
        if mapping.records not in data:
            raise InputError(
                f"benchmark {file} has no list {mapping.records!r} (the mapping's `records:`); it has "
                f"{', '.join(map(repr, data))}"
            )
        data = data[mapping.records]
    if isinstance(data, dict):  # pandas' columns of rows
        columns = {name: list(v.values()) if isinstance(v, dict) else v for name, v in data.items()}
        if not all(isinstance(column, list) for column in columns.values()):
            raise InputError(
                f"benchmark {file} is one JSON object, wanted a list of items: name the key that holds "
                "it with `records:` in the mapping"
            )
        rows = zip(*columns.values(), strict=True)
        data = [dict(zip(columns, row, strict=True)) for row in rows]
    for number, record in enumerate(data):
        yield _object(record, f"{file} row {number}")


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"benchmark {place} is no JSON: {error}") from error


def _object(value: Any, place: str) -> Record:
    if not isinstance(value, dict):
        raise InputError(f"benchmark {place} is no JSON object, but {type(value).__name__}")
    return value


def _parquet(file: str, mapping: BenchmarkMapping) -> Iterator[Record]:
    system, inner = storage.file_system(file)
    with pq.ParquetFile(inner, filesystem=system) as table:
        there = set(table.schema_arrow.names)
        wanted = [
            name for name in {column.split(".")[0] for column in mapping.columns} if name in there
        ]
        if mapping.question.split(".")[0] not in there:
            yield dict.fromkeys(table.schema_arrow.names)  # refused by its columns
            return
        for batch in table.iter_batches(columns=wanted):
            yield from batch.to_pylist()


def _value(record: Record, column: str) -> Any:
    """What a column holds; ``a.b`` goes into an object, or into each object of a list."""
    if column in record:
        return record[column]
    value: Any = record
    for name in column.split("."):
        if isinstance(value, list):
            value = [entry.get(name) if isinstance(entry, Mapping) else None for entry in value]
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    return value if isinstance(value, str) else str(value)


def _suffix(path: str) -> str | None:
    name = path.removesuffix(".gz")
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
