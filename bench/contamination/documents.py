"""Real documents without benchmark items: those held out, and the half that thresholds were set on."""

from __future__ import annotations

import ast
import sysconfig
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.shared_folder import DATA, OUTPUT
from bench.shared_texts import real_texts

CHUNK_CHARACTERS = 4000
KINDS = ("en", "docstrings", "zh", "code")
NEVER_TUNED = (
    "near_dup",
)  # licence texts and manuals: folders that no threshold was looked at with
Documents = list[tuple[str, str]]  # (path, text)


def documents() -> tuple[dict[str, Documents], dict[str, Documents]]:
    """Chunks of real documents by kind: those held out, and the tuning half."""
    halves: tuple[dict[str, Documents], dict[str, Documents]] = (
        defaultdict(list),
        defaultdict(list),
    )
    sources = [*_shared(), *_programs(), *_docstrings()]
    for name, kind, text in sources:
        halves[0 if _is_held_out(name) else 1][kind].extend(
            (name, text[at : at + CHUNK_CHARACTERS]) for at in range(0, len(text), CHUNK_CHARACTERS)
        )
    return halves


def _shared() -> Iterator[tuple[str, str, str]]:
    tables = [
        real_texts(DATA, OUTPUT / "real_texts.parquet"),
        real_texts(DATA, OUTPUT / "real_texts_never_tuned.parquet", NEVER_TUNED),
    ]
    columns = (
        pa.concat_tables(tables).column(name).to_pylist() for name in ("path", "language", "text")
    )
    yield from zip(*columns, strict=True)


def _programs() -> Iterator[tuple[str, str, str]]:
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.glob("**/*.py")):
        number = zlib.crc32(path.name.encode()) % 8
        if number in (0, 6):  # thousands: some will do
            name = f"code/{number}/{path.relative_to(library)}"
            yield name, "code", path.read_text("utf-8", "replace")


def _docstrings() -> Iterator[tuple[str, str, str]]:
    """English of installed packages' documentation, a file's docstrings as one text."""
    cache = OUTPUT / "docstrings.parquet"
    if not cache.is_file():
        library = Path(sysconfig.get_path("purelib"))
        found = [
            (f"docstrings/{path.relative_to(library)}", _documentation(path))
            for path in sorted(library.glob("**/*.py"))
            if zlib.crc32(path.name.encode()) % 8 in (1, 3, 5)  # none that programs were taken of
        ]
        paths, texts = zip(*found, strict=True)
        pq.write_table(pa.table({"path": paths, "text": texts}), cache)
    table = pq.read_table(cache)
    for path, text in zip(*(table.column(n).to_pylist() for n in ("path", "text")), strict=True):
        if len(text) >= CHUNK_CHARACTERS // 4:
            yield path, "docstrings", text


def _documentation(path: Path) -> str:
    try:
        nodes = ast.walk(ast.parse(path.read_bytes()))
        written = (ast.Module, ast.ClassDef, ast.FunctionDef)
        return "\n\n".join(ast.get_docstring(n) or "" for n in nodes if isinstance(n, written))
    except (
        SyntaxError,
        ValueError,
    ):  # some packages ship Python that is none, to test themselves with
        return ""


def _is_held_out(name: str) -> bool:
    folder = name.split("/", 1)[0]
    if folder == "code":
        return name.startswith("code/6/")
    if folder in ("docstrings", *NEVER_TUNED):
        return True
    even = zlib.crc32(name.encode()) % 2 == 0
    return even if folder == "wcxb_dev" else not even
