"""An encoder in ONNX as a grader: dearer than the linear model and better where that one doubts.

A folder holds ``model.onnx`` and ``tokenizer.json`` as an export of a hub's classifier has them: BERT
with a regression head whose output is ``logits`` of one column, or an encoder whose output is a vector
a token, with our own head in ``head.npz``. ``model.json`` is added by `corpusmill train-grader`; without
it the output is taken for a grade as it is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.grading.encoder_tokens import (
    MOST_UNKNOWN,
    WindowTokeniser,
    language_sample,
    refuse_unreadable,
)
from udfs.learning.model_folder import (
    DESCRIPTION_NAME,
    check_digest,
    check_kind,
    file_digest,
    read_description,
    read_part,
)

KIND: Final = "encoder"
GRAPH_NAME: Final = "model.onnx"
TOKENISER_NAME: Final = "tokenizer.json"
HEAD_NAME: Final = "head.npz"
KNOWN_INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
DEFAULT_WINDOW: Final = 256
"""Half of what BERT can read: half the cost, and attention adds little below it."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EncoderCard:
    """How the output of the graph becomes a grade.

    Attributes:
        max_tokens: Length of a window with its special tokens.
        slope: Calibration: grade = slope * output + intercept.
        intercept: See ``slope``.
        languages: ISO 639-1 codes it was calibrated on; empty: not known.
        training: Facts of the training for people.
    """

    max_tokens: int = DEFAULT_WINDOW
    slope: float = 1.0
    intercept: float = 0.0
    languages: tuple[str, ...] = ()
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class EncoderModel:
    """An opened encoder.

    Attributes:
        session: ``onnxruntime.InferenceSession``.
        tokeniser: Windows of token ids.
        card: Calibration.
        head: float64[width + 1], weights and bias on a mean vector; None where the graph has a head.
        digest: Hexadecimal SHA-256 of all files that the grades depend on.
    """

    session: Any
    tokeniser: WindowTokeniser
    card: EncoderCard
    head: Floats | None
    digest: str

    def predict(self, texts: pa.Array) -> npt.NDArray[np.float32]:
        """Grade every text.

        Args:
            texts: string or large_string; null counts as empty.

        Returns:
            float32[n], 0..5; NaN where a text has no token, or more unknown characters than
            ``MOST_UNKNOWN``.
        """
        grades = self.grades(self.vectors(texts))
        return grades.astype(np.float32)

    def vectors(self, texts: pa.Array) -> Floats:
        """The graph's output for every text, the mean over its windows.

        Windows are run one at a time and never padded: padding shortens nothing on a processor, and
        changes the last digits of a grade with the company that a text is in.

        Returns:
            float64[n, width], width 1 for a graph with a head; NaN where there is no grade.
        """
        rows: list[Floats | None] = []
        for text in texts.to_pylist():
            windows, unknown = self.tokeniser.windows(text or "")
            if not windows or unknown > MOST_UNKNOWN:
                rows.append(None)
                continue
            rows.append(np.mean([self.run(window) for window in windows], axis=0))
        width = next((len(row) for row in rows if row is not None), 1)
        missing = np.full(width, np.nan)
        return np.array([missing if row is None else row for row in rows]).reshape(-1, width)

    def grades(self, vectors: Floats) -> Floats:
        """Apply head and calibration to :meth:`vectors`, float64[n] in 0..5 or NaN."""
        raw = self.raw(vectors)
        return np.clip(self.card.slope * raw + self.card.intercept, 0.0, 5.0)

    def raw(self, vectors: Floats) -> Floats:
        """Outputs before calibration, float64[n]."""
        if self.head is None:
            return vectors[:, 0]
        raw: Floats = vectors @ self.head[:-1] + self.head[-1]
        return raw

    def refuse_unreadable(self, languages: Sequence[str], origin: str) -> None:
        """Refuse a vocabulary that cannot spell one of some languages.

        Raises:
            ValueError: If one is not covered (see ``udfs.grading.encoder_tokens``).
        """
        for language in languages:
            refuse_unreadable(self.tokeniser, language, language_sample(language), origin)

    def run(self, window: Sequence[int]) -> Floats:
        """The graph's output for one window, float64[width]; of a vector a token, their mean."""
        ids = np.array([window], np.int64)
        values = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        values["token_type_ids"] = np.zeros_like(ids)
        feed = {name.name: values[name.name] for name in self.session.get_inputs()}
        output = np.asarray(self.session.run(None, feed)[0], np.float64)[0]
        vector: Floats = output.mean(axis=0) if output.ndim == 2 else output
        return vector


def open_encoder(folder: Path) -> EncoderModel:
    """Open an encoder folder and check that it can grade.

    Raises:
        ValueError: If a file is missing, truncated or of another version, the graph has inputs or
            outputs that cannot be used, a package is missing, or the vocabulary cannot spell a
            language that the card names; the text says which and what to do.
    """
    described: dict[str, Any] = {"kind": KIND}
    if (folder / DESCRIPTION_NAME).exists() or not (folder / GRAPH_NAME).exists():
        described = read_description(folder)
        check_kind(folder, described["kind"], KIND)
    digests = described.get("digests", {})
    names = [GRAPH_NAME, TOKENISER_NAME, *([HEAD_NAME] if HEAD_NAME in digests else [])]
    contents = {name: read_part(folder / name, digests.get(name)) for name in names}
    card = _card(folder, described)
    model = EncoderModel(
        open_graph(folder / GRAPH_NAME),
        WindowTokeniser(folder / TOKENISER_NAME, card.max_tokens),
        card,
        _head(folder, contents[HEAD_NAME]) if HEAD_NAME in contents else None,
        _digest(contents, _side_weights(folder, contents[GRAPH_NAME], digests), card),
    )
    width = output_width(model, str(folder))
    wanted = 1 if model.head is None else len(model.head) - 1
    if width != wanted:
        raise ValueError(
            f"model {folder}: the graph gives {width} numbers a text, wanted {wanted}: export a"
            " regression head of one output, or train one with `corpusmill train-grader --encoder`"
        )
    model.refuse_unreadable(card.languages, str(folder))
    return model


def open_graph(path: Path) -> Any:
    """Open an ONNX file on one thread (Spark runs one task a core).

    Raises:
        ValueError: If it cannot be read, has unknown inputs, or onnxruntime is missing.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ValueError(
            f"{path} needs the package onnxruntime ({error}): pip install 'corpusmill[grader]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # its faults come back as ours
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # each fault has a class of its own below Exception
        raise ValueError(
            f"model {path} is no ONNX graph that onnxruntime {onnxruntime.__version__} can load"
            f" ({error}): copy the folder again, or export it with a lower opset"
        ) from error
    unknown = [entry.name for entry in session.get_inputs() if entry.name not in KNOWN_INPUTS]
    if unknown:
        raise ValueError(
            f"model {path} has inputs {unknown}, known are {list(KNOWN_INPUTS)}: export the"
            " text-classification graph"
        )
    return session


def output_width(model: EncoderModel, origin: str) -> int:
    """Numbers a text, found by running the longest window of the vocabulary's last token.

    Raises:
        ValueError: If the graph cannot run it.
    """
    try:
        return len(model.run([model.tokeniser.vocabulary_size - 1] * model.card.max_tokens))
    except Exception as error:  # as above; a graph may load and not run
        raise ValueError(
            f"model {origin} cannot be run on a window of {model.card.max_tokens} tokens ({error}):"
            " vocabulary and graph are of different models, or the window is longer than the graph"
            " can read; export it again"
        ) from error


def _card(folder: Path, described: Mapping[str, Any]) -> EncoderCard:
    if DESCRIPTION_NAME not in {path.name for path in folder.iterdir()}:
        return EncoderCard(max_tokens=_exported_window(folder))
    try:
        return EncoderCard(
            int(described["max_tokens"]),
            float(described["slope"]),
            float(described["intercept"]),
            tuple(described["languages"]),
            described["training"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"model card in {folder} is not complete ({error}): train the model again"
        ) from error


def _exported_window(folder: Path) -> int:
    """A hub export's ``max_position_embeddings``, at most 512 (what FineWeb-Edu's was trained on)."""
    try:
        positions = json.loads((folder / "config.json").read_text("utf-8"))
        return min(int(positions["max_position_embeddings"]), 512)
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_WINDOW


def _head(folder: Path, content: bytes) -> Floats:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            head = np.asarray(arrays["head"], np.float64)
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{folder / HEAD_NAME} holds no array 'head' ({error}): train the model again"
        ) from error
    return head


def _side_weights(folder: Path, graph: bytes, digests: Mapping[str, Any]) -> dict[str, str]:
    """Digests of the files beside a graph in which it keeps weights: it spells their names as they are.

    Raises:
        ValueError: If one is not what the card says.
    """
    below = (path for path in sorted(folder.rglob("*")) if path.is_file())
    known = {GRAPH_NAME, TOKENISER_NAME, HEAD_NAME, DESCRIPTION_NAME}
    names = {path.relative_to(folder).as_posix(): path for path in below if path.name not in known}
    found = {name: file_digest(path) for name, path in names.items() if name.encode() in graph}
    for name, digest in found.items():
        check_digest(names[name], digest, digests.get(name))
    return found


def _digest(contents: Mapping[str, bytes], beside: Mapping[str, str], card: EncoderCard) -> str:
    whole = hashlib.sha256(json.dumps(dataclasses.asdict(card), sort_keys=True).encode())
    for name in sorted(contents):
        whole.update(hashlib.sha256(contents[name]).digest())
    for name in sorted(beside):
        whole.update(bytes.fromhex(beside[name]))
    return whole.hexdigest()
