from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from jobs.models.perplexity.trained_model import train_in_memory, write_model_files
from tests.perplexity_models import train_folder
from udfs.perplexity.kenlm_binary import load, reads_gzip, write_binary


@pytest.fixture
def arpa(tmp_path: Path) -> Path:
    train_folder(tmp_path, {"en": ["the cat sat on the mat", "the dog sat on a log"]}, folds=1)
    return tmp_path / "en.0.arpa.gz"


def test_binary_scores_like_the_arpa_file(arpa: Path, tmp_path: Path) -> None:
    binary = tmp_path / "model.binary"
    if not write_binary(arpa, binary, [b"the cat"]):
        pytest.skip("this machine has neither build_binary nor the kenlm release that is known")
    assert binary.read_bytes().startswith(b"mmap lm http://kheafield.com/code")
    for line in ("the cat sat", "unknown words", ""):
        assert load(binary).score(line) == load(arpa).score(line)


def test_failed_conversion_leaves_no_file(
    arpa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "model.binary"
    monkeypatch.setattr(
        "udfs.perplexity.kenlm_binary._commands", lambda *_: [["false"], ["/no/such/tool"]]
    )
    assert not write_binary(arpa, binary, [b"the cat"])
    assert not binary.exists()


def test_binary_that_scores_otherwise_is_not_used(
    arpa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_folder(tmp_path / "other", {"en": ["quite another text altogether"]}, folds=1)
    other = tmp_path / "other" / "en.0.arpa.gz"
    monkeypatch.setattr(
        "udfs.perplexity.kenlm_binary._commands", lambda *paths: [["cp", str(other), str(paths[1])]]
    )
    assert not write_binary(arpa, tmp_path / "model.binary", [b"the cat sat"])


@pytest.mark.parametrize("content", [b"", b"not a model", b"mmap lm http://kheafield.com/code"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.binary"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot read the language model broken\.binary"):
        load(path)


def test_kenlm_without_zlib_gets_plain_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.models.perplexity.trained_model.reads_gzip", lambda: False)
    train_folder(tmp_path, {"en": ["the cat sat on the mat"]}, folds=1)
    assert (tmp_path / "en.0.arpa").read_bytes().startswith(b"\\data\\\n")
    assert load(tmp_path / "en.0.arpa").order == 4


def test_probe_for_zlib_tells_the_truth(tmp_path: Path) -> None:
    path = tmp_path / "model.arpa.gz"
    train_folder(tmp_path, {"en": ["the cat sat on the mat"]}, folds=1)
    assert reads_gzip() == (tmp_path / "en.0.arpa.gz").exists()
    if not reads_gzip():
        path.write_bytes(gzip.compress((tmp_path / "en.0.arpa").read_bytes()))
        with pytest.raises(ValueError, match="cannot read"):
            load(path)


@pytest.mark.parametrize("keep", [False, True])
def test_arpa_stays_beside_the_binary_only_where_it_is_asked_for(
    tmp_path: Path, keep: bool
) -> None:
    trained = train_in_memory([b"the cat sat\na log\n"], 2, (0, 0))
    entry = write_model_files(tmp_path, "en.0", trained, [], binary=True, keep_arpa=keep)
    assert entry["kind"] == "binary"
    packed = "en.0.arpa.gz" if reads_gzip() else "en.0.arpa"
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == ([packed] if keep else []) + ["en.0.binary"]
    if keep:
        assert load(tmp_path / packed).score("the cat") == load(tmp_path / "en.0.binary").score(
            "the cat"
        )


@pytest.fixture
def unreadable_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kenlm of another format."""

    def write(path: Path, *_: object) -> None:
        path.write_bytes(b"mmap lm http://kheafield.com/code format version 9")

    monkeypatch.setattr("jobs.models.perplexity.trained_model.write_tables", write)


@pytest.mark.usefixtures("unreadable_tables")
def test_kenlm_that_cannot_read_our_binary_writes_its_own(tmp_path: Path) -> None:
    trained = train_in_memory([b"the cat sat\na log\n"], 2, (0, 0))
    entry = write_model_files(tmp_path, "en.0", trained, [], binary=True)
    if entry["kind"] != "binary":
        pytest.skip("this machine has neither build_binary nor the kenlm release that is known")
    assert load(tmp_path / "en.0.binary").order == 2


@pytest.mark.usefixtures("unreadable_tables")
def test_a_model_that_no_binary_can_be_made_of_stays_as_arpa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("udfs.perplexity.kenlm_binary._commands", lambda *_: [["false"]])
    trained = train_in_memory([b"the cat sat\na log\n"], 2, (0, 0))
    entry = write_model_files(tmp_path, "en.0", trained, [], binary=True)
    assert entry["kind"] == "arpa"
    assert [path.name for path in tmp_path.iterdir()] == [entry["model"]["name"]]


def test_binary_that_kenlm_scores_otherwise_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = train_in_memory([b"the cat\nquite another text\n"], 2, (0, 0))
    trained = train_in_memory([b"the cat sat\na log\n"], 2, (0, 0))
    path = tmp_path / "en.0.binary"
    assert trained.write_binary(path, [b"the cat"])
    other.write_binary(tmp_path / "other", [b"the cat"])
    read = load(tmp_path / "other")
    monkeypatch.setattr("jobs.models.perplexity.trained_model.load", lambda _: read)
    assert not trained.write_binary(path, [b"the cat"])
    assert not path.exists()
