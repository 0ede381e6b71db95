from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from udfs.perplexity.arpa_file import compress, compress_file, format_section, write_arpa
from udfs.perplexity.kenlm_binary import load

VOCABULARY = pa.array(["<unk>", "<s>", "</s>", "a", "中"], pa.large_string())


def test_lines_hold_probability_words_and_backoff() -> None:
    words = np.array([[3, 4], [1, 3]], np.int32)
    numbers = np.array([-1.5, -0.25], np.float32), np.array([-0.0, -1e-7], np.float32)
    lines = format_section(words, *numbers, VOCABULARY).decode()
    assert lines == "-1.5\ta 中\t0\n-0.25\t<s> a\t-1e-7\n"
    lines = format_section(words, numbers[0], None, VOCABULARY).decode()
    assert lines == "-1.5\ta 中\n-0.25\t<s> a\n"
    assert format_section(words[:0], numbers[0][:0], None, VOCABULARY) == b""


def test_numbers_read_back_as_the_same_float32() -> None:
    values = -np.random.default_rng(1).exponential(2, 2000).astype(np.float32)
    words = np.full((len(values), 1), 3, np.int32)
    lines = format_section(words, values, None, VOCABULARY).decode().splitlines()
    assert [np.float32(line.split("\t")[0]) for line in lines] == values.tolist()


@pytest.mark.parametrize("piece", [bytes, compress], ids=["plain", "gzip"])
def test_file_has_the_exact_layout_and_opens_in_kenlm(
    tmp_path: Path, piece: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "model.arpa"
    one = [
        piece(b"-2\t<unk>\t0\n0\t<s>\t-0.5\n"),
        b"-0.3\t</s>\t0\n-0.5\ta\t-0.2\n",
    ]
    two = [piece(b"-0.1\t<s> a\n")]
    write_arpa(path, [4, 1], [one, two])
    assert path.read_bytes().decode().splitlines() == [
        "\\data\\", "ngram 1=4", "ngram 2=1", "", "\\1-grams:", "-2\t<unk>\t0", "0\t<s>\t-0.5",
        "-0.3\t</s>\t0", "-0.5\ta\t-0.2", "", "\\2-grams:", "-0.1\t<s> a", "", "\\end\\",
    ]  # fmt: skip
    assert load(path).score("a") == pytest.approx(-0.1 - 0.2 - 0.3, abs=1e-6)


def test_compression_is_the_same_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = compress(b"text")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert compress(b"text") == first


def test_compressed_file_has_no_name_and_no_time(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"\\data\\\n")
        compress_file(tmp_path / name, tmp_path / f"{name}.gz")
        written.append((tmp_path / f"{name}.gz").read_bytes())
    assert written[0] == written[1]
    assert gzip.decompress(written[0]) == b"\\data\\\n"
