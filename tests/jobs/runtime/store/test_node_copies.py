from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.models.perplexity import PerplexitySettings
from jobs.models.perplexity.train_models import train_models
from jobs.models.run_models import RunModels, grader_digest, perplexity_digest, safety_digest
from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store import storage
from jobs.runtime.store.node_copies import NodeCopy
from tests.perplexity_models import train_folder
from tests.stand_in_store import stand_in_store
from udfs.annotate_batches import AnnotateBatches
from udfs.cleaning.clean_texts import CleaningSettings
from udfs.grade_batches import GradeBatches
from udfs.learning.linear_model import save_model
from udfs.learning.linear_training import TrainingSettings, train
from udfs.perplexity.folder import read_model

TEXTS = [f"the {word} sat on the {word} mat and looked at us" for word in ("cat", "dog", "cow")]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bucket = stand_in_store(tmp_path / "elsewhere", monkeypatch)
    move_to_node(tmp_path / "node-a", monkeypatch)
    return bucket


def move_to_node(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.mkdir(exist_ok=True)
    for name in ("LOCAL_DIRS", "SPARK_LOCAL_DIRS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))


def test_local_folder_is_used_where_it_lies(tmp_path: Path) -> None:
    assert NodeCopy.of(str(tmp_path)).path() == str(tmp_path)
    assert NodeCopy.of(f"file://{tmp_path}/").path() == str(tmp_path)


def test_remote_models_score_on_each_node_as_local_ones(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = train_folder(tmp_path / "model", {"en": TEXTS}, folds=1)
    shutil.copytree(folder, store / "models" / "m")
    copy = NodeCopy.of("s3://bucket/models/m")
    batch = pa.record_batch(
        [pa.array(["the cat sat on the mat and the dog sat too " * 4])], ["text"]
    )
    scored = []
    for node in ("node-a", "node-b"):
        move_to_node(tmp_path / node, monkeypatch)
        annotate = pickle.loads(pickle.dumps(AnnotateBatches(CleaningSettings(), copy.path)))
        scored.append(next(annotate(iter([batch]))).column("perplexity").to_pylist())
        assert Path(copy.path()).is_relative_to(tmp_path / node)
    at_home = AnnotateBatches(CleaningSettings(), NodeCopy.of(str(folder)).path)
    expected = next(at_home(iter([batch]))).column("perplexity").to_pylist()
    assert expected[0]["perplexity"] is not None
    assert scored == [expected, expected]
    assert perplexity_digest("s3://bucket/models/m") == read_model(folder).digest


def test_a_remote_grader_and_a_safety_model_judge_on_each_node_as_local_ones(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, settings in {
        "grader": TrainingSettings("squared", 0.0, 5.0, bits=12),
        "safety": TrainingSettings("logistic", 0.0, 1.0, bits=12),
    }.items():
        model = train(pa.array(TEXTS * 10), [0.0, 1.0, 1.0] * 10, settings)
        save_model(model, tmp_path / name)
        shutil.copytree(tmp_path / name, store / name)
    batch = pa.record_batch([pa.array(TEXTS)], ["text"])

    def judged(models: str) -> tuple[object, object]:
        grader, safety = (NodeCopy.of(f"{models}/{name}").path for name in ("grader", "safety"))
        shipped = pickle.dumps(
            (GradeBatches(grader), AnnotateBatches(CleaningSettings(), safety_model=safety))
        )
        graded, annotated = (next(function(iter([batch]))) for function in pickle.loads(shipped))
        scores = annotated.column("safety").field("model_score").to_pylist()
        assert None not in scores
        return graded.column("quality").to_pylist(), scores

    expected = judged(str(tmp_path))
    for node in ("node-a", "node-b"):
        move_to_node(tmp_path / node, monkeypatch)
        assert judged("s3://bucket") == expected
        assert Path(NodeCopy.of("s3://bucket/grader").path()).is_relative_to(tmp_path / node)
    assert grader_digest("s3://bucket/grader") == grader_digest(str(tmp_path / "grader"))
    assert safety_digest("s3://bucket/safety") == safety_digest(str(tmp_path / "safety"))


def test_workers_of_a_node_fetch_once(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "m").mkdir()
    (store / "m" / "big").write_bytes(b"x" * 1_000_000)
    copy, opened = NodeCopy.of("s3://bucket/m"), []
    real = storage.open_input
    monkeypatch.setattr(storage, "open_input", lambda path: opened.append(path) or real(path))
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda _: copy.path(), range(8)))
    assert len(paths) == 1
    assert opened == ["s3://bucket/m/big"]


def test_changed_source_gets_a_new_copy(store: Path) -> None:
    (store / "m").mkdir()
    (store / "m" / "f").write_text("one")
    first = NodeCopy.of("s3://bucket/m").path()
    (store / "m" / "f").write_text("three")
    second = NodeCopy.of("s3://bucket/m").path()
    assert (Path(first, "f").read_text(), Path(second, "f").read_text()) == ("one", "three")


def test_half_of_a_pair_brings_the_other(store: Path) -> None:
    (store / "m").mkdir()
    for name in ("en.arpa.bin", "en.sp.model", "de.arpa.bin"):
        (store / "m" / name).write_text(name)
    path = Path(NodeCopy.of("s3://bucket/m/en.arpa.bin").path())
    assert path.name == "en.arpa.bin"
    assert sorted(file.name for file in path.parent.iterdir()) == ["en.arpa.bin", "en.sp.model"]


def test_file_that_changes_during_the_run_is_refused(store: Path) -> None:
    (store / "m").mkdir()
    (store / "m" / "f").write_text("one")
    copy = NodeCopy.of("s3://bucket/m")
    (store / "m" / "f").write_text("three")
    with pytest.raises(MissingRequirementError, match="had 3 bytes when the run began and has 5"):
        copy.path()
    (store / "m" / "f").unlink()
    with pytest.raises(MissingRequirementError, match="could not be copied"):
        copy.path()


@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "version"])
def test_bad_remote_model_is_refused_before_the_run(
    store: Path, tmp_path: Path, damage: str
) -> None:
    folder = train_folder(store / "m", {"en": TEXTS}, folds=1)
    if damage == "absent":
        shutil.rmtree(folder)
    elif damage == "empty":
        for file in folder.iterdir():
            file.unlink()
    elif damage == "cut":
        file = next(folder.glob("en.0.arpa*"))
        file.write_bytes(file.read_bytes()[:-9])
    else:
        card = folder / "model.json"
        card.write_text(card.read_text().replace('"version": 2', '"version": 9', 1))
    with pytest.raises(MissingRequirementError, match=r"s3://bucket/m|model\.json|en\.0\.arpa"):
        RunModels.checked("s3://bucket/m", None, None)


def test_model_that_lacks_a_wanted_language_is_refused(tmp_path: Path) -> None:
    folder = str(train_folder(tmp_path / "m", {"en": TEXTS}, folds=1))
    assert RunModels.checked(folder, None, None, languages=["en"]).perplexity == folder
    with pytest.raises(
        MissingRequirementError, match=r"know en, not de, fr, which perplexity\.lang"
    ):
        RunModels.checked(folder, None, None, languages=["fr", "en", "de"])


@pytest.mark.spark
def test_models_are_trained_into_a_store(spark, store: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [(f"{text} number {i}", "en") for i, text in enumerate(TEXTS * 8)]
    texts = spark.createDataFrame(rows, "text string, language string").coalesce(1)
    settings = PerplexitySettings(min_training_tokens=10, order=3)
    for _ in range(2):  # the second replaces the first
        card = train_models(texts, settings, str(tmp_path / "work"), "s3://bucket/out/m")
    model = read_model(NodeCopy.of("s3://bucket/out/m").path())
    assert list(model.languages) == list(card["languages"]) == ["en"]


def test_a_key_that_leads_out_of_the_cache_is_refused(store: Path, tmp_path: Path) -> None:
    entry = storage.FileEntry("s3://bucket/m/../../escaped", 1, 0)
    with pytest.raises(MissingRequirementError, match=r"leads out of s3://bucket/m"):
        NodeCopy("s3://bucket/m", (entry,)).path()
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("kind", ["link", "writable"])
def test_a_cache_that_others_may_change_is_refused(store: Path, tmp_path: Path, kind: str) -> None:
    (store / "m").mkdir()
    (store / "m" / "f").write_text("one")
    root = Path(tempfile.gettempdir()) / f"corpusmill-{os.getuid()}"
    if kind == "link":
        (tmp_path / "theirs").mkdir()
        root.symlink_to(tmp_path / "theirs")
    else:
        root.mkdir()
        root.chmod(0o777)
    with pytest.raises(MissingRequirementError, match="others may write to it"):
        NodeCopy.of("s3://bucket/m").path()
