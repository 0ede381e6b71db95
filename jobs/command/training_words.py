"""The words of commands that train models, or fetch them."""

from __future__ import annotations

import argparse
from pathlib import Path

from jobs.command.arguments import (
    Subcommands,
    add_column_arguments,
    add_command,
    add_session_arguments,
    finish_command,
)


def add_training(commands: Subcommands) -> None:
    """Add the commands ``train-…`` and ``fetch-grader``."""
    train = add_command(
        commands,
        "train-perplexity",
        "train KenLM models, one a language",
        "Train modified Kneser-Ney models on trusted text and write a folder for --perplexity-model.\n\n"
        "  corpusmill train-perplexity RUN                 on a run's own text, as `run` does\n"
        "  corpusmill train-perplexity books/ OUTPUT       on files of yours\n"
        "  corpusmill train-perplexity t.parquet OUTPUT --text-column body",
    )
    train.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="run folder, files, Parquet or tables"
    )
    train.add_argument("--text-column", metavar="C", help="INPUT is Parquet with text in column C")
    train.add_argument(
        "--lmplz", metavar="PATH", help="train by KenLM's lmplz on the driver instead of by Spark"
    )
    train.add_argument(
        "--max-tokens", metavar="N", help="sample size a language (default: 50,000,000)"
    )
    finish_command(train, "train-perplexity")
    _add_tokenizer_training(commands)
    _add_grader_training(commands)


def _add_tokenizer_training(commands: Subcommands) -> None:
    train = add_command(
        commands,
        "train-tokenizer",
        "train a tokeniser on a sample of a corpus",
        "Train on documents drawn by a hash of their text, measure on others, and write the tokeniser\n"
        "and vocabulary.json: bytes a token by language and source, lone bytes, the longest tokens.\n\n"
        "  corpusmill train-tokenizer RUN OUTPUT --vocabulary 50000\n"
        "  corpusmill train-tokenizer RUN OUTPUT --kind unigram --beside other/tokenizer.json",
    )
    train.add_argument("input", metavar="RUN|TABLE", help="run folder; Parquet; a table of a lake")
    train.add_argument("output", metavar="OUTPUT", help="folder of the tokeniser")
    add_column_arguments(train, "text")
    train.add_argument(
        "--kind",
        choices=["bpe", "unigram"],
        default="bpe",
        help="byte-level BPE (tokenizer.json) or unigram with byte fallback (SentencePiece); default: bpe",
    )
    train.add_argument(
        "--vocabulary", type=int, default=32_000, metavar="N", help="tokens; default: 32000"
    )
    train.add_argument(
        "--sample-megabytes",
        type=int,
        default=100,
        metavar="MB",
        help="of text to train on, held in the driver's memory; default: 100",
    )
    train.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="LANGUAGE=W",
        help="times a language's share of the sample, e.g. zh=2; may be repeated",
    )
    train.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="FILE",
        help="also measure this tokeniser; may be repeated",
    )
    finish_command(train, "train-tokenizer")


def _add_grader_training(commands: Subcommands) -> None:
    train = add_command(
        commands,
        "train-grader",
        "train a grader or a safety model on labelled text",
        "Train on Parquet with a text and a label, test on groups it has not seen, and write a folder\n"
        "for --grader or --safety-model with a card: F1, confusion matrix, calibration.\n\n"
        "  corpusmill train-grader graded.parquet OUTPUT                labels 0 to 5\n"
        "  corpusmill train-grader unsafe.parquet OUTPUT --kind safety  as train-safety does\n"
        "  corpusmill train-grader graded.parquet OUTPUT --encoder hub-export/",
    )
    _add_labelled(train)
    train.add_argument("--kind", choices=["grade", "safety"], default="grade", help="of label")
    train.add_argument(
        "--encoder",
        metavar="FOLDER",
        help="ONNX encoder (model.onnx, tokenizer.json) for what the linear model doubts",
    )
    train.add_argument(
        "--window-tokens",
        type=int,
        metavar="N",
        default=256,
        help="that it reads at once; default: 256",
    )
    train.set_defaults(command="train-grader")
    _add_safety_training(commands)
    _add_grader_fetching(commands)
    _add_extractor_training(commands)


def _add_labelled(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "labelled",
        metavar="LABELLED",
        help="Parquet file, folder or glob; or a table, iceberg:NAME or delta:PATH (docs/lake.md)",
    )
    train.add_argument("output", metavar="OUTPUT", help="local folder of the model")
    train.add_argument("--text-column", metavar="C", default="text", help="default: text")
    train.add_argument("--label-column", metavar="C", default="label", help="default: label")
    train.add_argument(
        "--group-column",
        metavar="C",
        help="rows of one group are never divided between training and test; default: group or host,"
        " where there is such a column",
    )
    train.add_argument(
        "--language-column", metavar="C", help="ISO 639-1 codes; default: detected from the text"
    )
    add_session_arguments(train)


def _add_safety_training(commands: Subcommands) -> None:
    train = add_command(
        commands,
        "train-safety",
        "train the model that confirms what keywords find unsafe",
        "Train on Parquet with texts and labels 0 (safe) and 1 (unsafe), test on groups it has not seen,\n"
        "and write a folder for --safety-model. A document leaves where keywords and model agree\n"
        "(rule unsafe_agreed), and is marked where the model alone alarms (unsafe_model).\n\n"
        "  corpusmill train-safety unsafe.parquet SAFETY\n"
        "  corpusmill train-safety unsafe.parquet SAFETY --calibrate-on RUN --false-alarms 0.001\n"
        "  corpusmill run crawl/ OUTPUT --safety-model SAFETY\n\n"
        "With --calibrate-on the thresholds are set on the corpus of a finished run of yours, so that at\n"
        "most the stated share of such documents alarms; look at the highest ones, which the card shows.",
    )
    _add_labelled(train)
    train.add_argument(
        "--calibrate-on", metavar="RUN", help="a finished run, whose corpus is taken to be clean"
    )
    train.add_argument(
        "--false-alarms",
        type=float,
        metavar="SHARE",
        default=0.005,
        help="of clean documents that may alarm; 0.005 needs 199 of a language (default), 0.001 needs 999",
    )
    train.set_defaults(command="train-safety")


def _add_grader_fetching(commands: Subcommands) -> None:
    fetch = add_command(
        commands,
        "fetch-grader",
        "make a grader of a published classifier",
        "Download a text classifier of the BERT family and convert its weights without torch, or one of\n"
        "fastText, and write a folder for --grader with its origin, revision, licence and digests.\n\n"
        "  corpusmill fetch-grader hf:OWNER/NAME GRADER               from the hub\n"
        "  corpusmill fetch-grader downloaded/ GRADER                 from a local folder, offline\n"
        "  corpusmill fetch-grader hf:OWNER/NAME/model.bin GRADER --classes cc,hq    fastText",
    )
    told = "hf:OWNER/NAME[@REVISION] or a local folder; of fastText its .bin or .ftz, there or here"
    fetch.add_argument("model", metavar="MODEL", help=told)
    fetch.add_argument("output", metavar="GRADER", help="local folder of the grader")
    fetch.add_argument(
        "--expected",
        type=Path,
        metavar="FILE",
        help='JSON lines {"text": "...", "score": 0 to 5}: grades that the model is known to give',
    )
    fetch.add_argument(
        "--tolerance", type=float, metavar="T", default=0.02,
        help="by which a grade may differ from the expected one; default: 0.02",
    )  # fmt: skip
    fetch.add_argument(
        "--classes",
        type=_names,
        metavar="A,B,...",
        help="of a model with classes, their names from worst to best; default: by the number in each",
    )
    fetch.add_argument(
        "--languages",
        type=_names,
        metavar="en,zh,...",
        help="that it can grade; documents of others have no grade; default: as its card says",
    )
    fetch.add_argument("--window-tokens", type=int, metavar="N", help="default: at most 512")
    fetch.add_argument(
        "--int8", action="store_true", help="keep 8-bit weights; the loss is measured on --expected"
    )
    fetch.set_defaults(command="fetch-grader")


def _names(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _add_extractor_training(commands: Subcommands) -> None:
    train = add_command(
        commands,
        "train-extractor",
        "train the HTML reader of the profile learned",
        "Learn from pages with gold text which blocks of a page are content, test on sites it has not\n"
        "seen, and write the model, those of its folds and a card; the shipped one,\n"
        "udfs/extraction/html/learned/model.npz, was made so.\n\n"
        "  corpusmill train-extractor PAGES OUTPUT                      html/ beside ground-truth/\n"
        "  corpusmill train-extractor PAGES OUTPUT --unlabelled FOLDER  and East Asian pages",
    )
    train.add_argument("pages", metavar="PAGES", help="folder with html/ and ground-truth/")
    train.add_argument("output", metavar="OUTPUT", help="local folder of the model")
    train.add_argument(
        "--unlabelled",
        metavar="FOLDER",
        help="saved pages, a folder a site; its East Asian ones are labelled where two readers agree",
    )
    train.add_argument(
        "--trees", type=int, metavar="N", help="of the first stage; default: as shipped"
    )
    train.add_argument("--ablation", action="store_true", help="measure each group of features")
    train.add_argument("--quiet", action="store_true", help="say nothing but the card")
    train.set_defaults(command="train-extractor")
