from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pyarrow as pa
import pytest

from jobs.command_line import main
from jobs.models.conversion import grader_folder, published_model
from jobs.models.conversion.published_model import card_facts
from tests.fasttext_writer import write_fasttext
from tests.numpy_encoders import bert_reference
from tests.published_models import write_published
from tests.tiny_encoder import HEADS, POSITIONS
from tests.udfs.grading.fasttext_cases import GOLDEN, MODELS, TEXTS
from udfs.grading.grader import Grader, open_grader
from udfs.learning.model_folder import read_description

TEXT = "the proof of the theorem is an exercise"


def grade(grader: Grader, text: str, language: str = "en") -> float:
    return float(grader.grade(pa.array([text]), pa.array([language])).grades[0])


def expected_scores(folder: Path, by: float = 0.0) -> Path:
    """What a model gives two texts, a short and a long one, of which it reads the head; then moved."""
    weights, _ = write_published(folder)
    scores = []
    for text in (TEXT, " ".join(f"word{number}" for number in range(300))):
        grader = open_grader(str(folder.parent / "plain")).encoder
        assert grader is not None
        score = float(bert_reference(weights, HEADS, grader.tokeniser.windows(text).windows[0])[0])
        scores.append({"text": text, "score": score + by})
    path = folder.parent / "scores.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in scores))
    return path


def test_a_local_classifier_becomes_a_grader_with_its_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, _ = write_published(tmp_path / "published", files=2)
    output = tmp_path / "graders" / "grader"
    assert main(["fetch-grader", str(tmp_path / "published"), str(output)]) == 0
    page = capsys.readouterr().out
    assert page.strip() == (output / "card.md").read_text().strip()
    for told in ("from published", "apache-2.0", "Languages: en", "not known (a local folder)"):
        assert told in page
    assert sorted(path.name for path in output.iterdir()) == [
        "LICENSE", "card.md", "config.json", "model.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip
    assert list(output.parent.iterdir()) == [output]
    grader = open_grader(str(output))
    assert grader.languages == ("en",)
    assert grader.encoder is not None
    window = grader.encoder.tokeniser.windows(TEXT).windows[0]
    expected = min(max(float(bert_reference(weights, HEADS, window)[0]), 0.0), 5.0)
    assert grade(grader, TEXT) == pytest.approx(expected, abs=1e-4)
    described = read_description(output)
    assert described["max_tokens"] == POSITIONS
    made_from = described["training"]["files"]
    assert sorted(made_from) == [
        "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "tokenizer.json",
    ]  # fmt: skip
    for folder, digests in ((tmp_path / "published", made_from), (output, described["digests"])):
        for name, digest in digests.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    write_published(tmp_path / "published", "modernbert", 3)
    for name in ("one", "two", "one"):  # an older grader is replaced
        assert main(["fetch-grader", str(tmp_path / "published"), str(tmp_path / name)]) == 0
    assert (tmp_path / "one/model.onnx").read_bytes() == (tmp_path / "two/model.onnx").read_bytes()
    assert open_grader(str(tmp_path / "one")).digest == open_grader(str(tmp_path / "two")).digest


def test_classes_languages_and_window_may_be_said(tmp_path: Path) -> None:
    write_published(tmp_path / "published", "roberta", 2, id2label={"0": "good", "1": "bad"})
    command = ["fetch-grader", str(tmp_path / "published"), str(tmp_path / "grader")]
    said = ["--classes", "bad,good", "--languages", "en,de", "--window-tokens", "20"]
    assert main([*command, *said]) == 0
    grader = open_grader(str(tmp_path / "grader"))
    assert grader.languages == ("en", "de")
    assert grader.encoder is not None
    assert grader.encoder.card.max_tokens == 20
    assert "bad = 0, good = 5" in (tmp_path / "grader/card.md").read_text()


def test_large_weights_stand_beside_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_published(tmp_path / "published")
    assert main(["fetch-grader", str(tmp_path / "published"), str(tmp_path / "one")]) == 0
    monkeypatch.setattr(grader_folder, "MOST_BYTES_IN_A_GRAPH", 1000)
    assert main(["fetch-grader", str(tmp_path / "published"), str(tmp_path / "two")]) == 0
    assert (tmp_path / "two/model.onnx.data").stat().st_size > 1000
    one, two = (open_grader(str(tmp_path / name)) for name in ("one", "two"))
    assert grade(one, TEXT) == grade(two, TEXT)
    assert read_description(tmp_path / "two")["digests"].keys() == {
        "model.onnx", "model.onnx.data", "tokenizer.json",
    }  # fmt: skip
    beside = tmp_path / "two/model.onnx.data"
    beside.write_bytes(beside.read_bytes()[:-4] + bytes(4))
    with pytest.raises(ValueError, match=r"model\.onnx\.data .* is truncated or of another model"):
        open_grader(str(tmp_path / "two"))


class TestExpected:
    @pytest.fixture(autouse=True)
    def plain(self, tmp_path: Path) -> None:
        write_published(tmp_path / "published")
        assert main(["fetch-grader", str(tmp_path / "published"), str(tmp_path / "plain")]) == 0

    def fetch(self, folder: Path, scores: Path, *said: str) -> int:
        return main(
            [
                "fetch-grader",
                str(folder / "published"),
                str(folder / "grader"),
                "--expected",
                str(scores),
                *said,
            ]
        )

    def test_known_grades_are_compared_by_the_head_of_a_text(self, tmp_path: Path) -> None:
        assert self.fetch(tmp_path, expected_scores(tmp_path / "published")) == 0
        compared = read_description(tmp_path / "grader")["training"]["compared"]
        assert compared["texts"] == 2
        assert compared["largest_difference"] < 1e-4
        assert "Compared with 2 known grades" in (tmp_path / "grader/card.md").read_text()

    def test_other_grades_end_it_and_leave_the_older_grader(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.fetch(tmp_path, expected_scores(tmp_path / "published")) == 0
        before = (tmp_path / "grader/model.json").read_bytes()
        assert self.fetch(tmp_path, expected_scores(tmp_path / "published", by=-0.5)) == 1
        assert "and may differ by 0.02 (--tolerance)" in capsys.readouterr().err
        assert (tmp_path / "grader/model.json").read_bytes() == before
        scores = expected_scores(tmp_path / "published", by=-0.5)
        assert self.fetch(tmp_path, scores, "--tolerance", "0.6") == 0

    @pytest.mark.parametrize("beside", [False, True])
    def test_int8_is_measured_on_the_same_texts(
        self,
        tmp_path: Path,
        beside: bool,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        if beside:
            monkeypatch.setattr(grader_folder, "MOST_BYTES_IN_A_GRAPH", 1000)
        scores = expected_scores(tmp_path / "published")
        assert self.fetch(tmp_path, scores, "--int8") == 0
        told = capsys.readouterr()
        assert told.err == ""
        described = read_description(tmp_path / "grader")
        loss = described["training"]["int8"]
        assert f"by {loss['largest_difference']:g} at most" in told.out
        plain, small = (open_grader(str(tmp_path / name)).encoder for name in ("plain", "grader"))
        assert plain is not None
        assert small is not None
        assert plain.digest != small.digest
        assert ("model.onnx.data" in described["digests"]) == beside
        texts = [json.loads(line)["text"] for line in scores.read_text().splitlines()]
        before, after = (grader_folder.head_grades(model, texts) for model in (plain, small))
        assert loss["largest_difference"] == pytest.approx(abs(after - before).max(), abs=1e-6)
        assert loss["mean_difference"] == pytest.approx(abs(after - before).mean(), abs=1e-6)
        assert 0 < loss["largest_difference"] < 0.5

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "line 1 is no text with a score"),
            ('{"text": "a", "score": 1}\n[]\n', "line 2 is no text with a score"),
            ('{"text": "a"}\n', "line 1 is no text with a score"),
            ('{"text": "", "score": 1}\n', "text 1 has no token"),
            ('{"text": "a", "score": NaN}\n', "wanted nan"),
        ],
    )
    def test_what_is_no_score_is_refused(
        self, tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "scores.jsonl").write_text(content)
        assert self.fetch(tmp_path, tmp_path / "scores.jsonl") == 1
        assert message in capsys.readouterr().err
        assert not (tmp_path / "grader").exists()


@pytest.mark.parametrize(
    ("damage", "said", "message"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), [], "lacks tokenizer.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), [], "holds no model.safetensors"),
        (lambda folder: (folder / "config.json").unlink(), [], "config.json cannot be read"),
        (lambda folder: write_published(folder, model_type="t5"), [], "model_type t5 is not supported"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), [], "cannot be used"),
        (Path.exists, ["--languages", "zh"], "of the characters of 'zh' text are unknown"),
        (Path.exists, ["--window-tokens", "65"], "reads at most 64 at once"),
        (Path.exists, ["--int8"], "--int8 needs --expected FILE"),
        (Path.exists, ["--expected", "absent.jsonl"], "--expected absent.jsonl cannot be read"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_grader_is_refused_in_one_line(
    damage: Callable[[Path], Any],
    said: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_published(tmp_path / "published")
    damage(tmp_path / "published")
    assert main(["fetch-grader", str(tmp_path / "published"), str(tmp_path / "out"), *said]) == 1
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "published"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("absent", "no such folder"),
        ("hf:no-owner", "is no name on the hub"),
        ("hf:a/b@", "is no name on the hub"),
    ],
)
def test_what_names_no_model_is_refused(
    given: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch-grader", given, str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err


def test_the_hub_is_asked_for_what_is_needed_and_its_revision_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = tmp_path / "snapshots" / ("ab" * 20)
    write_published(snapshot)
    asked: list[tuple[str, dict[str, Any]]] = []

    def snapshot_download(repository: str, **options: Any) -> str:
        asked.append((repository, options))
        return str(snapshot)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert main(["fetch-grader", "hf:Some-Lab/edu-1.0@v2", str(tmp_path / "grader")]) == 0
    patterns = list(published_model.WANTED)
    assert asked == [("Some-Lab/edu-1.0", {"revision": "v2", "allow_patterns": patterns})]
    facts = read_description(tmp_path / "grader")["training"]
    assert (facts["origin"], facts["revision"]) == ("hf:Some-Lab/edu-1.0", "ab" * 20)


def test_a_hub_that_does_not_answer_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def snapshot_download(*_: object, **__: object) -> str:
        raise OSError("Cannot reach\nthe hub")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert main(["fetch-grader", "hf:a/b", str(tmp_path / "grader")]) == 1
    told = capsys.readouterr().err
    assert "hf:a/b could not be downloaded (OSError: Cannot reach)" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(("package", "given"), [("onnx", "."), ("huggingface_hub", "hf:a/b")])
def test_a_missing_package_is_named_with_its_extra(
    package: str,
    given: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in [name for name in sys.modules if name.startswith("jobs.models.conversion")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["fetch-grader", given, str(tmp_path / "grader")]) == 1
    told = capsys.readouterr().err
    assert f"the package {package}" in told
    assert "pip install 'corpusmill[fetch-grader]'" in told


def test_an_output_that_is_no_model_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_published(tmp_path / "published")
    assert main(["fetch-grader", str(tmp_path / "published"), str(tmp_path / "published")]) == 1
    assert "is not empty and holds no model" in capsys.readouterr().err
    assert (tmp_path / "published/config.json").exists()


@pytest.mark.parametrize(
    ("card", "facts"),
    [
        ("---\nlicense: mit\nlanguage: zh\n---\n", ("mit", ("zh",))),
        ("---\nlicense: other\nlicense_name: gemma\nlanguage: [en, no]\n---\n", ("gemma", ("en", "no"))),
        ("---\nlanguage: [pt-BR, yue, pt]\n---\n", (None, ("pt",))),
        ("---\nlanguage: [multilingual, en]\n---\n", (None, ())),
        ("---\n- a\n---\n", (None, ())),
        ("---\na: [\n---\n", (None, ())),
        ("# Only words", (None, ())),
        (None, (None, ())),
    ],
)  # fmt: skip
def test_licence_and_languages_are_read_off_the_card(
    tmp_path: Path, card: str | None, facts: tuple[str | None, tuple[str, ...]]
) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    assert card_facts(tmp_path / "README.md") == facts


class TestFastText:
    MODEL = MODELS["bigrams"]
    ORDER = ("--classes", "cc,hq")

    @pytest.fixture
    def published(self, tmp_path: Path) -> Path:
        folder = tmp_path / "published"
        write_fasttext(folder / "quality.bin", self.MODEL)
        (folder / "README.md").write_text("---\nlicense: mit\nlanguage: en\n---\n")
        (folder / "LICENSE").write_text("words of a licence")
        return folder

    def test_its_file_becomes_a_grader_with_its_card_and_needs_no_package(
        self,
        published: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name in [name for name in sys.modules if name.startswith("jobs.models.conversion")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "onnx", None)
        output = tmp_path / "grader"
        command = ["fetch-grader", str(published / "quality.bin"), str(output), *self.ORDER]
        assert main(command) == 0
        page = capsys.readouterr().out
        assert page.strip() == (output / "card.md").read_text().strip()
        for told in (
            "from quality.bin", "mit", "Languages: en", "cc = 0, hq = 5",
            "fastText (softmax), 8 words in 5 columns, n-grams of 2 words; a text is read whole",
        ):  # fmt: skip
            assert told in page
        assert sorted(path.name for path in output.iterdir()) == [
            "LICENSE", "card.md", "model.bin", "model.json",
        ]  # fmt: skip
        grader = open_grader(str(output))
        assert grader.languages == ("en",)
        good = GOLDEN["bigrams"][TEXTS.index("the water law of the water")][0]
        assert grade(grader, "the water law of the water") == pytest.approx(5 * good, abs=1e-4)
        assert np.isnan(grade(grader, "water", "de"))
        made_from = read_description(output)["training"]["files"]
        assert made_from == {"quality.bin": hashlib.sha256(self.MODEL.content()).hexdigest()}

    @pytest.mark.parametrize(("by", "ends"), [(0.0, 0), (0.1, 1)])
    def test_known_grades_are_compared(
        self, by: float, ends: int, published: Path, tmp_path: Path
    ) -> None:
        rows = [
            {"text": text, "score": 5 * row[0] + by}
            for text, row in zip(TEXTS, GOLDEN["bigrams"], strict=True)
            if not text.startswith("__label__")
        ]
        scores = tmp_path / "scores.jsonl"
        scores.write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = ["fetch-grader", str(published / "quality.bin"), str(tmp_path / "grader")]
        assert main([*command, *self.ORDER, "--expected", str(scores)]) == ends
        if not ends:
            compared = read_description(tmp_path / "grader")["training"]["compared"]
            assert compared["texts"] == len(rows)
            assert compared["largest_difference"] < 1e-4

    def test_classes_with_numbers_need_no_order(self, tmp_path: Path) -> None:
        write_fasttext(tmp_path / "five.ftz", MODELS["codes, norms"])
        output = tmp_path / "grader"
        assert main(["fetch-grader", str(tmp_path / "five.ftz"), str(output)]) == 0
        classes = read_description(output)["classes"]
        assert classes == {f"__label__{place}": 1.25 * place for place in range(5)}

    @pytest.mark.parametrize(
        ("name", "said", "message"),
        [
            ("quality.bin", [], "classes hq, cc is worth more is not told by their names"),
            ("quality.bin", ["--classes", "cc,best"], "cc,best are not the classes of quality.bin"),
            ("quality.bin", [*ORDER, "--int8"], "--int8 needs --expected"),
            ("quality.bin", [*ORDER, "--window-tokens", "9"], "which reads whole texts"),
            ("absent.bin", ORDER, "no such file. Give a .bin or .ftz"),
            ("damaged.ftz", ORDER, "is no fastText model of format 11 or 12"),
        ],
    )
    def test_what_makes_no_grader_is_one_line(
        self,
        name: str,
        said: list[str],
        message: str,
        published: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        (published / "damaged.ftz").write_bytes(bytes(100))
        assert main(["fetch-grader", str(published / name), str(tmp_path / "grader"), *said]) == 1
        told = capsys.readouterr().err
        assert message in told
        assert told.count("\n") == 1
        assert list(tmp_path.iterdir()) == [published]

    @pytest.mark.parametrize("revision", [None, "v2", "refs/pr/1"])
    def test_the_hub_is_asked_for_the_file_that_is_named(
        self,
        revision: str | None,
        published: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        snapshot = published.rename(tmp_path / ("cd" * 20))
        asked: list[tuple[str, dict[str, Any]]] = []

        def snapshot_download(repository: str, **options: Any) -> str:
            asked.append((repository, options))
            return str(snapshot)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
        given = "hf:Some-Lab/quality" + (f"@{revision}" if revision else "") + "/quality.bin"
        assert main(["fetch-grader", given, str(tmp_path / "grader"), *self.ORDER]) == 0
        ((repository, options),) = asked
        assert (repository, options["revision"]) == ("Some-Lab/quality", revision)
        assert options["allow_patterns"][:2] == ["quality.bin", "README.md"]
        facts = read_description(tmp_path / "grader")["training"]
        assert (facts["origin"], facts["revision"]) == (
            "hf:Some-Lab/quality/quality.bin", "cd" * 20,
        )  # fmt: skip
