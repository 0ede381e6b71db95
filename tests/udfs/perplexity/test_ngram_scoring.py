from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.models.perplexity.trained_model import train_in_memory, write_model_files
from udfs.perplexity.kenlm_binary import load, write_binary
from udfs.perplexity.kenlm_tables import open_tables
from udfs.perplexity.ngram_scoring import LibraryScorer, LineScores, TableScorer, open_line_scorer

# An n-gram whose suffix is missing: kenlm fills the gap with a blank entry that has no extension.
ARPA_WITH_A_GAP = """\\data\\
ngram 1=5
ngram 2=5
ngram 3=5
ngram 4=1

\\1-grams:
-1.5\t<unk>
0\t<s>\t-0.3
-1.1\t</s>
-0.9\ta\t-0.2
-0.7\tb\t-0.25

\\2-grams:
-0.5\t<s> a\t-0.11
-0.4\ta b\t-0.12
-0.35\tb a\t0
-0.6\ta a\t-0.02
-0.8\tb </s>\t0

\\3-grams:
-0.21\tb a b\t-0.05
-0.22\ta b a
-0.3\t<s> a b
-0.33\tb a a
-0.37\ta b </s>

\\4-grams:
-0.1\tb a b b

\\end\\
"""


def pack(lines: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    texts = [line.encode() + b"\n" for line in lines]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return np.frombuffer(b"".join(texts), np.uint8), offsets


def binary(folder: Path, lines: Sequence[str], order: int, prune: Sequence[int]) -> Path:
    trained = train_in_memory(["\n".join([*lines, ""]).encode()], order, prune)
    entry = write_model_files(folder, "m", trained, [], binary=True, keep_arpa=True)
    if entry["kind"] != "binary":
        pytest.skip("this machine has neither build_binary nor the kenlm release that is known")
    return folder / "m.binary"


def sentences(count: int, seed: int, words: int = 30) -> list[str]:
    draw = random.Random(seed)
    names = [f"w{'é' * (i % 3)}{'x' * (i % 11)}{i}" for i in range(words)]
    weights = [1 / (rank + 1) for rank in range(words)]
    return [" ".join(draw.choices(names, weights, k=draw.randint(1, 14))) for _ in range(count)]


def assert_same(one: LineScores, other: LineScores) -> None:
    assert one.log10_probability.tolist() == other.log10_probability.tolist()
    assert one.unknown.tolist() == other.unknown.tolist()


@pytest.mark.parametrize(
    ("order", "prune"),
    [(2, [0, 0]), (3, [0, 1, 1]), (4, [0, 0, 2, 3]), (5, [0, 0, 1, 1, 1]), (6, [0] * 6)],
)
def test_tables_give_kenlms_numbers_to_the_bit(
    tmp_path: Path, order: int, prune: list[int]
) -> None:
    path = binary(tmp_path, sentences(400, 1), order, prune)
    scorer = open_line_scorer(path)
    assert isinstance(scorer, TableScorer)
    assert scorer.order == order
    lines = [*sentences(300, 2, 40), *sentences(100, 1), "no such words", "<s> </s> <unk> w1"]
    assert_same(scorer.score(*pack(lines)), LibraryScorer(load(path)).score(*pack(lines)))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return binary(tmp_path_factory.mktemp("model"), sentences(200, 3, 8), 4, [0, 0, 1, 1])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=8), st.integers(0, 8))
def test_lines_of_any_length_and_batch_score_alike(
    model: Path, drawn: list[list[int]], cut: int
) -> None:
    names = sorted({word for line in sentences(200, 3, 8) for word in line.split()})
    lines = [" ".join([*names, "new", "长词"][i] for i in line) for line in drawn]
    lines = [line for line in lines if line]
    scorer = open_line_scorer(model)
    whole = scorer.score(*pack(lines))
    assert_same(whole, LibraryScorer(load(model)).score(*pack(lines)))
    parts = [scorer.score(*pack(part)) for part in (lines[:cut], lines[cut:])]
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    assert_same(whole, LineScores(*joined))


def test_blanks_of_a_foreign_model_are_read_as_kenlm_reads_them(tmp_path: Path) -> None:
    arpa, path = tmp_path / "m.arpa", tmp_path / "m.binary"
    arpa.write_text(ARPA_WITH_A_GAP)
    if not write_binary(arpa, path, [b"a b"]):
        pytest.skip("this machine has neither build_binary nor the kenlm release that is known")
    draw = random.Random(5)
    lines = [" ".join(draw.choices("abc", k=draw.randint(1, 9))) for _ in range(200)]
    scorer = open_line_scorer(path)
    assert isinstance(scorer, TableScorer)
    assert_same(scorer.score(*pack(lines)), LibraryScorer(load(arpa)).score(*pack(lines)))


def test_arpa_files_are_scored_by_the_library(model: Path) -> None:
    (arpa,) = model.parent.glob("m.arpa*")
    scorer = open_line_scorer(arpa)
    assert isinstance(scorer, LibraryScorer)
    lines = [*sentences(50, 4, 8), "unknown to it"]
    assert_same(scorer.score(*pack(lines)), open_line_scorer(model).score(*pack(lines)))


def test_file_cut_short_is_refused(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.binary"
    path.write_bytes(model.read_bytes()[:-4000])
    with pytest.raises(ValueError, match=r"has \d+ bytes, its header promises \d+: it was cut"):
        open_tables(path)
    with pytest.raises(ValueError, match="cannot read the language model"):
        open_line_scorer(path)


@pytest.mark.parametrize("content", [b"", b"\\data\\\n", b"mmap lm http://kheafield.com/code"])
def test_other_files_have_no_tables(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert open_tables(path) is None
