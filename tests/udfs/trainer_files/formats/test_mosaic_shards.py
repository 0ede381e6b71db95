"""MDS shards, read by what streaming's documentation says of their layout."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.packed_files import FACTS, ROWS, outputs, packed_file
from udfs.trainer_files.formats.mosaic_shards import MosaicShards


def read(shard: bytes, names: list[str], encodings: list[str]) -> list[dict[str, Any]]:
    """Samples of a shard; knows nothing of the writer."""
    (count,) = np.frombuffer(shard, "<u4", 1)
    offsets = np.frombuffer(shard, "<u4", int(count) + 1, 4)
    return [
        sample(shard[start:stop], names, encodings) for start, stop in itertools.pairwise(offsets)
    ]


def sample(content: bytes, names: list[str], encodings: list[str]) -> dict[str, Any]:
    sized = [encoding != "int" for encoding in encodings]
    sizes = iter(np.frombuffer(content, "<u4", sum(sized)).tolist())
    place, found = 4 * sum(sized), {}
    for name, encoding in zip(names, encodings, strict=True):
        size = 8 if encoding == "int" else next(sizes)
        found[name] = decoded(encoding, content[place : place + size])
        place += size
    assert place == len(content)
    return found


def decoded(encoding: str, content: bytes) -> Any:
    if encoding == "json":
        return json.loads(content)
    if encoding == "int":
        return int(np.frombuffer(content, "<i8")[0])
    dimensions, width = content[0] >> 2, content[0] & 3
    assert (encoding, dimensions) == ("ndarray:int32", 1)
    shape = np.frombuffer(content, f"<u{1 << width}", 1, 1)
    values = np.frombuffer(content, "<i4", offset=1 + (1 << width))
    assert shape.tolist() == [len(values)]
    return values.tolist()


def shards(folder: Path) -> list[dict[str, Any]]:
    told = json.loads((folder / "index.json").read_text())
    assert told["version"] == 2
    found = []
    for shard in told["shards"]:
        content = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(content) == shard["raw_data"]["bytes"]
        samples = read(content, shard["column_names"], shard["column_encodings"])
        assert len(samples) == shard["samples"]
        assert shard["column_names"] == sorted(shard["column_names"])
        found += samples
    return found


def test_a_row_is_a_sample(tmp_path: Path) -> None:
    form = MosaicShards()
    parquet = packed_file(tmp_path / "p", row_group_size=2)
    told = form.write(parquet, "part", FACTS, outputs(tmp_path))
    assert [samples for _, _, samples in told["shards"]] == [2, 1]
    (tmp_path / "index.json").write_text(form.index({"part": told})["index.json"])
    wanted = [{key: row[key] for key in row if key != "is_continuation"} for row in ROWS]
    assert shards(tmp_path) == wanted


def test_a_long_row_has_a_wider_shape(tmp_path: Path) -> None:
    for size in (255, 256, 65_535, 65_536):
        row = {**ROWS[1], "input_ids": list(range(size)), "segment_lengths": [size]}
        form = MosaicShards()
        told = form.write(packed_file(tmp_path / "p", [row]), "part", FACTS, outputs(tmp_path))
        (tmp_path / "index.json").write_text(form.index({"part": told})["index.json"])
        assert len(shards(tmp_path)[0]["input_ids"]) == size
