"""A document's rows, as the rows themselves say."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.inspection.packed_rows import PackedSegment, packed_segments
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.row_accounts import RowAccounts
from tests.packed_files import ROWS
from udfs.trainer_files.packing.token_rows import row_schema


def publish(output: Path, files: dict[str, list[dict[str, object]]]) -> None:
    for name, rows in files.items():
        path = output / "packed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows, schema=row_schema(pa.string()))
        pq.write_table(table, path, row_group_size=2)
    manifest = Manifest(
        dataset="packed",
        stage="pack",
        fingerprint="",
        fingerprints={},
        accounts=RowAccounts(rows_in=0, rows_out=0),
        seconds=0,
        created_at="",
        files=[PublishedFile(path=name, bytes=0, rows=len(rows)) for name, rows in files.items()],
        versions={},
    )
    (output / "packed" / "_manifest.json").write_text(manifest.model_dump_json())


def test_pieces_come_in_the_documents_order(tmp_path: Path) -> None:
    first, second = "train/part-00000-00.parquet", "validation/part-00001-00.parquet"
    publish(tmp_path, {first: [ROWS[2], *ROWS], second: [ROWS[0]]})
    found = packed_segments(str(tmp_path), ["ç", "b", "nowhere"])
    assert found is not None
    assert found["ç"] == [
        PackedSegment(first, 2, 0, 8, 0),
        PackedSegment(first, 0, 0, 2, 8),
        PackedSegment(first, 3, 0, 2, 8),
    ]
    assert found["b"] == [PackedSegment(first, 1, 5, 3, 0), PackedSegment(second, 0, 5, 3, 0)]
    assert found["nowhere"] == []


def test_nothing_packed_is_nothing_to_say(tmp_path: Path) -> None:
    assert packed_segments(str(tmp_path), ["a"]) is None
