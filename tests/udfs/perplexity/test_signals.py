from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.perplexity_models import train_folder
from udfs.perplexity.folder import read_model
from udfs.perplexity.kenlm_binary import load
from udfs.perplexity.model import PerplexityModel
from udfs.perplexity.signals import MIN_TOKENS, PERPLEXITY_FIELDS, PERPLEXITY_TYPE, score
from udfs.perplexity.tokens import tokenise_lines

WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
]
DOCUMENT_CHARACTERS = 1500


def documents(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [
        "\n".join(" ".join(draw.choices(WORDS, k=12)) + "." for _ in range(4)) for _ in range(count)
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PerplexityModel:
    return read_model(train_folder(tmp_path_factory.mktemp("model"), {"en": documents(80, 1)}))


def perplexities(texts: Sequence[str], language: str, model: PerplexityModel) -> list[float]:
    scored = score(pa.array(texts, pa.string()), pa.array([language] * len(texts)), model)
    return scored.field("perplexity").to_pylist()  # type: ignore[no-any-return]


def test_perplexity_is_kenlms_over_all_lines(model: PerplexityModel) -> None:
    text = documents(1, 7)[0] + "\n\nA heading"
    row = score(pa.array([text]), pa.array(["en"]), model)[0].as_py()
    lines = tokenise_lines(pa.array([text])).data.tobytes().decode().splitlines()
    lengths = [len(line.split()) for line in lines]
    possible = []
    for one in model.languages["en"]:
        kenlm = load(model.folder / one.model.name)
        scores = [kenlm.score(line) for line in lines]
        by_line = [10 ** (-s / (n + 1)) for s, n in zip(scores, lengths, strict=True) if n >= 10]
        possible.append((10 ** (-sum(scores) / (sum(lengths) + len(lines))), max(by_line)))
    found = (row["perplexity"], row["perplexity_worst_line"])
    assert any(found == pytest.approx(pair, rel=1e-5) for pair in possible)
    assert row["tokens"] == sum(lengths)
    assert row["oov_share"] == pytest.approx(1 / row["tokens"])  # "heading"


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        (None, "en", 0),
        ("", "en", 0),
        ("the cat", "en", 2),
        ("the " * (MIN_TOKENS - 1), "en", MIN_TOKENS - 1),
        ("the " * MIN_TOKENS, "xx", MIN_TOKENS),
        ("the " * MIN_TOKENS, None, MIN_TOKENS),
    ],
)
def test_no_model_or_too_little_text_gives_null(
    model: PerplexityModel, text: str | None, language: str | None, tokens: int
) -> None:
    row = score(pa.array([text], pa.string()), pa.array([language], pa.string()), model)[0].as_py()
    nothing = dict.fromkeys(["perplexity", "perplexity_worst_line", "oov_share"])
    assert row == {**nothing, "tokens": tokens}


def test_without_languages_nothing_is_scored(model: PerplexityModel) -> None:
    scored = score(pa.array(["the " * 50]), None, model)
    assert scored.field("perplexity").null_count == 1
    assert scored.field("tokens").to_pylist() == [50]


def test_type_is_the_declared_one(model: PerplexityModel) -> None:
    empty = score(pa.array([], pa.string()), pa.array([], pa.string()), model)
    assert empty.type == PERPLEXITY_TYPE
    assert [field.name for field in PERPLEXITY_FIELDS] == [f.name for f in PERPLEXITY_TYPE]


def test_score_does_not_depend_on_the_batch(model: PerplexityModel) -> None:
    texts = [*documents(9, 3), "short", "", *documents(5, 4)]
    whole = perplexities(texts, "en", model)
    assert whole == [perplexities([text], "en", model)[0] for text in texts]
    assert whole[::-1] == perplexities(texts[::-1], "en", model)


def test_hopeless_text_stays_finite(model: PerplexityModel) -> None:
    (value,) = perplexities(["\u4e00\n" * 5000], "en", model)
    assert np.isfinite(value)


def test_repeating_a_sentence_does_not_make_it_familiar(tmp_path: Path) -> None:
    others = documents(60, 5)
    own = "\n".join(["zyx wvu tsr qpo nml kji hgf edc"] * 40)
    without = read_model(train_folder(tmp_path / "without", {"en": others}))
    with_it = read_model(train_folder(tmp_path / "with", {"en": [*others, own]}))
    learnt = read_model(train_folder(tmp_path / "one", {"en": [*others, own]}, folds=1))
    before, after, by_heart = (
        perplexities([own], "en", model)[0] for model in (without, with_it, learnt)
    )
    assert after == before
    assert by_heart < after / 10  # what two folds protect from


def chunks(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8", "replace")
    return [text[i : i + DOCUMENT_CHARACTERS] for i in range(0, len(text), DOCUMENT_CHARACTERS)]


@pytest.mark.real_data
@pytest.mark.parametrize(("language", "folder"), [("zh", "laws_zh"), ("en", "books_en")])
def test_damaged_real_text_stands_out(
    shared_data: Path, tmp_path: Path, language: str, folder: str
) -> None:
    files = sorted((shared_data / "text" / folder).iterdir())
    texts = [chunk for path in files for chunk in chunks(path)][:900]
    clean = [text for text in texts if len(text) == DOCUMENT_CHARACTERS][-400:]
    trained = read_model(train_folder(tmp_path, {language: texts}, binary=True))
    misread = clean if language == "zh" else ["编码错误的网页没有人看得懂" * 9] * 9
    damaged = {
        "shuffled": ["".join(random.Random(i).sample(t, len(t))) for i, t in enumerate(clean)],
        "mojibake": [text.encode("utf-8").decode("cp1252", "replace") for text in misread],
        "other language": ["ich weiß nicht, was soll es bedeuten, dass ich traurig bin. " * 5] * 9,
    }
    usual = np.array(perplexities(clean, language, trained))
    cut = np.percentile(usual, 99)
    for kind, bad in damaged.items():
        found = np.array(perplexities(bad, language, trained))
        assert (found > cut).mean() > 0.99, kind
        assert np.median(found) > 4 * np.median(usual), kind
