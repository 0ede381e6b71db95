"""An index of benchmark items as one file that processes map into memory: one copy a machine for all.

The file is a line of JSON (names, types and places of the arrays, and all that is no array) and the
arrays behind it, each at a multiple of 64 bytes.
"""

from __future__ import annotations

import dataclasses
import json
import mmap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from udfs.contamination.benchmark_index import VIEWS, BenchmarkIndex, OptionTokens, View
from udfs.contamination.phrase_index import PhraseIndex
from udfs.contamination.settings import ContaminationSettings
from udfs.contamination.windows import FieldTokens

ALIGNMENT: Final = 64
Arrays = dict[str, npt.NDArray[Any]]


def write_index(index: BenchmarkIndex, file: BinaryIO) -> None:
    """Write an index so that ``read_index`` gives the same."""
    arrays = _arrays(index)
    places: dict[str, tuple[str, int, int]] = {}
    end = 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, end, len(array))
        end += _padded(array.nbytes)
    facts = {
        "arrays": places,
        "lengths": {name: getattr(index, name).phrases.length for name in VIEWS},
        "benchmarks": index.benchmarks,
        "ids": index.ids,
        "settings": dataclasses.asdict(index.settings),
        "denied": sorted(index.denied),
        "affirmed": sorted(index.affirmed),
    }
    line = json.dumps(facts).encode()
    file.write(line.ljust(_padded(len(line) + 1) - 1) + b"\n")
    for array in arrays.values():
        file.write(array.tobytes().ljust(_padded(array.nbytes), b"\0"))


def read_index(path: Path) -> BenchmarkIndex:
    """Map the file that ``write_index`` wrote; the arrays are read as they are asked for.

    Raises:
        OSError: The file cannot be mapped.
    """
    with path.open("rb") as file:
        facts = json.loads(file.readline())
        start = file.tell()
        # Private and writable: kernels are compiled once, for arrays that could be written to.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def array(name: str) -> npt.NDArray[Any]:
        type_, offset, count = facts["arrays"][name]
        return np.frombuffer(mapped, type_, count, start + offset)

    def view(name: str) -> View:
        length = facts["lengths"][name]
        phrases = _tuple(PhraseIndex._fields[1:], f"{name}.phrases", array)
        fields = _tuple(FieldTokens._fields, f"{name}.fields", array)
        return View(
            PhraseIndex(length, **phrases),
            FieldTokens(**fields),
            array(f"{name}.items"),
            array(f"{name}.kinds"),
        )

    return BenchmarkIndex(
        tuple(facts["benchmarks"]),
        tuple(facts["ids"]),
        array("table"),
        **{name: view(name) for name in VIEWS},
        options=OptionTokens(**_tuple(OptionTokens._fields, "options", array)),
        vocabulary=array("vocabulary"),
        settings=ContaminationSettings(**facts["settings"]),
        denied=_marks(facts["denied"]),
        affirmed=_marks(facts["affirmed"]),
    )


def _arrays(index: BenchmarkIndex) -> Arrays:
    arrays: Arrays = {"table": index.table, "vocabulary": index.vocabulary}
    arrays |= _named("options", index.options._asdict())
    for name in VIEWS:
        view: View = getattr(index, name)
        phrases = view.phrases._asdict()
        del phrases["length"]
        arrays |= _named(f"{name}.phrases", phrases)
        arrays |= _named(f"{name}.fields", view.fields._asdict())
        arrays |= {f"{name}.items": view.items, f"{name}.kinds": view.kinds}
    return arrays


def _named(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Arrays:
    return {f"{name}.{field}": array for field, array in arrays.items()}


def _tuple(
    fields: tuple[str, ...], name: str, array: Callable[[str], npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    return {field: array(f"{name}.{field}") for field in fields}


def _marks(pairs: list[list[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((item, key) for item, key in pairs)


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
