from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.perplexity_models import train_pair
from udfs.perplexity.folder import read_model
from udfs.perplexity.sentencepiece_tokens import SentencepieceTokens, normalise
from udfs.perplexity.signals import score

CASED = ["The Cat sat on the Mat.", "A Dog in Paris ate a Croissant.", "Été à la Plage, déjà vu."]
PLAIN = ["the cat sat on the mat.", "a dog in paris ate a croissant.", "summer at the beach."]


# CCNet's text_normalizer: lower case, NFD without marks, digits to 0, its punctuation, no controls.
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  Café 1984  ", "cafe 0000"),
        ("，。、„”“«»」「《》´∶：？！（）；", ',.,"""""""""\'::?!();'),
        ("–—．～’…━〈〉【】％►", "- - . ~'...-<>[]%-"),
        ("２０２４年１月", "0000年0月"),  # １ is a digit before it could become a quotation mark
        ("٣٤ ४५", "00 00"),
        ("a\tb\x00c\x85d\x9fe", "abcde"),
        ("ÀÉÎ\u0301", "aei"),
        ("", ""),
        (" \t ", ""),
    ],
)
def test_lines_are_normalised_as_ccnet_does(line: str, expected: str) -> None:
    assert normalise(line, lower=True, strip=True) == expected


def test_case_and_accents_stay_where_the_model_has_them() -> None:
    assert normalise("Café 12", lower=False, strip=False) == "Café 00"


@pytest.mark.parametrize(("texts", "plain"), [(CASED, False), (PLAIN, True)])
def test_pieces_tell_whether_the_model_knows_capitals_and_accents(
    tmp_path: Path, texts: list[str], plain: bool
) -> None:
    tokens = SentencepieceTokens(train_pair(tmp_path, "en", texts)[1])
    assert (tokens.lower, tokens.strip) == (plain, plain)


def test_lines_hold_the_processors_pieces(tmp_path: Path) -> None:
    import sentencepiece

    path = train_pair(tmp_path, "en", PLAIN)[1]
    lines = SentencepieceTokens(path).tokenise(pa.array(["The cat\n\nA dog", None, "\x00", "mat"]))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    expected = [
        " ".join(processor.encode(line, out_type=str)) for line in ("the cat", "a dog", "mat")
    ]
    assert lines.data.tobytes().decode().splitlines() == expected
    assert lines.line_tokens.tolist() == [len(line.split()) for line in expected]
    assert lines.document_lines.tolist() == [0, 2, 2, 2, 3]
    assert lines.line_offsets.tolist() == [0, *np.cumsum([len(t.encode()) + 1 for t in expected])]


def test_pair_scores_what_it_was_trained_on_best(tmp_path: Path) -> None:
    train_pair(tmp_path, "en", PLAIN)
    model = read_model(tmp_path)
    texts = [" ".join(PLAIN) * 3, "zebra quux vex jump " * 9]
    scored = score(pa.array(texts), pa.array(["en", "en"]), model)
    known, foreign = scored.field("perplexity").to_pylist()
    assert known * 2 < foreign
    assert scored.field("oov_share").to_pylist()[0] == 0.0


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_what_is_no_sentencepiece_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "en.sp.model"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"en\.sp\.model"):
        SentencepieceTokens(path)


def test_without_the_package_the_message_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentencepiece", None)
    path = tmp_path / "en.sp.model"
    path.write_bytes(io.BytesIO(b"x").getvalue())
    with pytest.raises(ValueError, match=r"corpusmill\[sentencepiece\]"):
        SentencepieceTokens(path)
