from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from jobs.models.perplexity import PerplexitySettings, train_models
from jobs.models.perplexity.sample_texts import LanguageSample
from jobs.runtime.errors import InputError, SettingsError
from udfs.perplexity.folder import read_model
from udfs.perplexity.signals import score

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Row = tuple[str | None, str | None]
SMALL: dict[str, Any] = {"min_training_tokens": 100, "held_out_tokens": 500, "order": 3}
DISTRIBUTED: dict[str, Any] = {
    **SMALL,
    "driver_tokens": 0,
    "bucket_tokens": 400,
    "prune": (0, 0, 1),
}


def corpus(documents: int, language: str, seed: int) -> list[Row]:
    draw = random.Random(f"{language}{seed}")
    words = [f"{language}{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(60)]
    weights = [1 / (rank + 1) for rank in range(60)]

    def line() -> str:
        return " ".join(draw.choices(words, weights, k=draw.randint(3, 12)))

    return [("\n".join(line() for _ in range(3)), language) for _ in range(documents)]


def frame(spark: SparkSession, rows: list[Row], partitions: int = 2) -> DataFrame:
    texts = spark.createDataFrame(rows, "text string, language string")
    return texts.repartition(partitions)


def train(
    spark: SparkSession, rows: list[Row], folder: Path, partitions: int = 2, **settings: Any
) -> dict[str, Any]:
    texts = frame(spark, rows, partitions)
    chosen = PerplexitySettings(keep_arpa=True, **settings)
    return train_models(texts, chosen, str(folder.parent / "work"), str(folder))


def arpa_lines(path: Path) -> list[str]:
    return sorted(gzip.decompress(path.read_bytes()).decode().splitlines())


@pytest.mark.spark
def test_folder_holds_a_model_for_each_language_and_fold(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [*corpus(60, "en", 1), *corpus(40, "zh", 1), *corpus(1, "fr", 1)]
    odd: list[Row] = [
        (None, "en"),
        ("text", None),
        ("", "en"),
        ("a b", "../etc"),
        ("a " * 900, "no code!"),
    ]
    folder = tmp_path / "model"
    card = train(spark, [*rows, *odd], folder, **SMALL)
    assert sorted(card["languages"]) == ["en", "zh"]
    assert sorted(card["skipped"]) == ["../etc", "fr", "no code!"]
    assert json.loads((folder / "model.json").read_text()) == card
    for entry in card["languages"].values():
        assert [m["held_out_fold"] for m in entry["models"]] == [0, 1]
        assert sum(m["training_tokens"] for m in entry["models"]) == entry["sample_tokens"]
        assert all(1 < m["held_out"]["perplexity"] < 60 for m in entry["models"])
    scored = score(pa.array([rows[0][0]] * 2), pa.array(["en", "zh"]), read_model(folder))
    own, foreign = scored.field("perplexity").to_pylist()
    assert own * 3 < foreign
    assert scored.field("oov_share").to_pylist()[1] == 1.0
    assert not (tmp_path / "work").exists()


@pytest.mark.spark
@pytest.mark.parametrize("prune", [(0, 0, 0, 0), (0, 1, 1, 2)])
def test_driver_and_spark_train_the_same_model(
    spark: SparkSession, tmp_path: Path, prune: tuple[int, ...]
) -> None:
    rows = corpus(120, "en", 2)
    settings = {**SMALL, "order": 4, "prune": prune, "folds": 1}
    first = train(spark, rows, tmp_path / "memory", **settings)
    spread = {"driver_tokens": 0, "bucket_tokens": 800}
    second = train(spark, rows, tmp_path / "spread", **settings, **spread)
    name = "en.0.arpa.gz"
    assert arpa_lines(tmp_path / "memory" / name) == arpa_lines(tmp_path / "spread" / name)
    (one,), (other,) = (card["languages"]["en"]["models"] for card in (first, second))
    assert one["held_out"] is not None
    assert one["held_out"] == other["held_out"]
    assert one["ngrams"] == other["ngrams"]


@pytest.mark.spark
@pytest.mark.parametrize("settings", [SMALL, DISTRIBUTED], ids=["driver", "spark"])
def test_partitions_and_order_change_nothing(
    spark: SparkSession, tmp_path: Path, settings: dict[str, Any]
) -> None:
    rows = corpus(60, "en", 3)
    cards = []
    for partitions in (1, 7):
        folder = tmp_path / str(partitions)
        cards.append(train(spark, rows, folder, partitions, **settings))
        random.Random(partitions).shuffle(rows)
    assert cards[0] == cards[1]  # with the digests of all files
    name = "en.0.arpa.gz"
    assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "7" / name).read_bytes()


@pytest.mark.spark
def test_sample_is_limited_by_content_not_order(spark: SparkSession, tmp_path: Path) -> None:
    rows = corpus(100, "en", 4)
    limit = {**SMALL, "max_tokens_per_language": 1000, "folds": 1}
    first = train(spark, rows, tmp_path / "a", 1, **limit)
    second = train(spark, rows[::-1], tmp_path / "b", 5, **limit)
    assert first == second
    assert 700 < first["languages"]["en"]["sample_tokens"] <= 1000


@pytest.mark.spark
@pytest.mark.parametrize(("documents", "held_out"), [(150, True), (30, False)])
def test_one_fold_keeps_a_little_of_a_large_text_for_measuring(
    spark: SparkSession, tmp_path: Path, documents: int, held_out: bool
) -> None:
    card = train(spark, corpus(documents, "en", 5), tmp_path / "model", **SMALL, folds=1)
    (model,) = card["languages"]["en"]["models"]
    assert model["held_out_fold"] is None
    assert (model["held_out"] is not None) == held_out
    assert (model["training_documents"] < documents) == held_out


@pytest.mark.spark
def test_model_folder_is_replaced_but_nothing_else(spark: SparkSession, tmp_path: Path) -> None:
    rows = corpus(40, "en", 6)
    train(spark, rows, tmp_path / "model", **SMALL)
    train(spark, rows, tmp_path / "model", **SMALL, folds=1)
    assert not list((tmp_path / "model").glob("en.1.*"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(SettingsError, match="will not be overwritten"):
        train(spark, rows, tmp_path / "mine", **SMALL)
    texts = frame(spark, rows).drop("language")
    with pytest.raises(InputError, match="has no column language: it has text"):
        train_models(texts, PerplexitySettings(), str(tmp_path), str(tmp_path / "m"))


@pytest.mark.parametrize(
    ("tokens", "settings", "prune"),
    [
        (1_999_999, {}, (0, 0, 0, 0, 0)),
        (2_000_000, {}, (0, 0, 1, 1, 1)),
        (2_000_000, {"order": 3}, (0, 0, 1)),
        (5, {"prune": (0, 0, 2, 2, 2)}, (0, 0, 2, 2, 2)),
    ],
)
def test_large_samples_are_pruned(tokens: int, settings: dict[str, Any], prune: tuple[int]) -> None:
    assert PerplexitySettings(**settings).pruning_for(tokens) == prune


@pytest.mark.parametrize(
    "settings", [{"order": 7}, {"prune": (0, 0)}, {"prune": (0, 2, 1, 1, 1)}, {"fold": 2}]
)
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PerplexitySettings(**settings)


def test_defaults_are_as_documented() -> None:
    settings = PerplexitySettings()
    assert (settings.order, settings.folds, settings.prune) == (5, 2, None)


def test_training_size_leaves_the_held_out_fold_out() -> None:
    sample = LanguageSample("en", 4095, (100, 50), (10, 5), (-1, -1))
    assert sample.training_size(0) == (50, 5)
    assert sample.training_size(None) == (150, 15)
    assert sample.held_out_folds(PerplexitySettings()) == (0, 1)
    assert sample.held_out_folds(PerplexitySettings(folds=1)) == (None,)
