"""The words of commands that train reference models."""

from __future__ import annotations

import argparse
import math

from jobs.command.arguments import Subcommands, add_command


def add_reference(commands: Subcommands) -> None:
    """Add ``train-reference`` and ``ablate``."""
    train = add_command(
        commands,
        "train-reference",
        "train a small language model on packed rows",
        "Train a decoder on what `corpusmill pack` wrote and write log.jsonl, curve.svg, samples.jsonl\n"
        "and a checkpoint: after a kill the same command goes on. Needs the extra `reference` (torch).\n\n"
        "  corpusmill train-reference RUN OUTPUT --size tiny\n"
        "  corpusmill train-reference RUN OUTPUT --size tiny --score RUN\n"
        "  torchrun --nproc-per-node 8 jobs/train_reference.py RUN OUTPUT --size 110m --compile",
    )
    train.add_argument(
        "packed", metavar="PACKED", help="folder that was packed into, or its packed/"
    )
    train.add_argument("output", metavar="OUTPUT", help="local folder of the training")
    _add_training_arguments(train)
    train.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    train.add_argument(
        "--prompt", action="append", default=[], metavar="TEXT",
        help="what samples begin with; may be repeated; default: beginnings of held-out documents",
    )  # fmt: skip
    train.add_argument(
        "--score", metavar="RUN",
        help="then score this run's documents, trained on or not, and write scores.html, scores.json and "
        "scores.parquet: the model's loss beside KenLM's, and where they disagree",
    )  # fmt: skip
    train.add_argument(
        "--score-documents", type=positive, default=1_000, metavar="N",
        help="most documents of each language to score; default: 1,000",
    )  # fmt: skip
    _add_machine_arguments(train)
    train.set_defaults(command="train-reference")
    _add_ablate(commands)


def _add_ablate(commands: Subcommands) -> None:
    ablate = add_command(
        commands,
        "ablate",
        "train the same model on two or more corpora and compare",
        "Train one model a corpus and seed, all else equal, and write ablation.html and ablation.json:\n"
        "bits a byte of held-out text by language, what models write, and whether seeds alone would differ\n"
        "as much. Trainings that are finished are not done again.\n\n"
        "  corpusmill ablate raw=PACKED cleaned=RUN OUTPUT --size tiny --seeds 3",
    )
    ablate.add_argument(
        "arms",
        nargs="+",
        metavar="NAME=PACKED",
        help="folder that was packed into; the first is the one others are compared with",
    )
    ablate.add_argument("output", metavar="OUTPUT", help="local folder of trainings and page")
    ablate.add_argument(
        "--seeds", type=positive, default=2, metavar="N", help="trainings an arm; default: 2"
    )
    ablate.add_argument(
        "--held-out",
        metavar="PACKED",
        help="rows to measure on; default: what the arms kept apart (pack --validation)",
    )
    _add_training_arguments(ablate)
    ablate.add_argument(
        "--prompt", action="append", default=[], metavar="TEXT",
        help="what models write on from; may be repeated; default: beginnings of held-out documents",
    )  # fmt: skip
    ablate.add_argument(
        "--phrase", action="append", default=[], metavar="TEXT",
        help="count it in what models write, and ask what it costs behind itself; may be repeated",
    )  # fmt: skip
    ablate.add_argument(
        "--continuations", type=positive, default=20, metavar="N", help="of a prompt; default: 20"
    )
    _add_machine_arguments(ablate)
    ablate.set_defaults(command="ablate", seed=0)


def _add_training_arguments(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "--size", choices=["tiny", "small", "110m"], default="tiny", help="default: tiny"
    )
    train.add_argument(
        "--steps", type=positive, metavar="N", help="default: one pass over the rows"
    )
    train.add_argument(
        "--batch-rows", type=positive, metavar="N", help="rows of a step; default: by size"
    )
    train.add_argument(
        "--rows-at-once",
        type=positive,
        metavar="N",
        help="rows of a micro-batch; gradients of a step are added up; default: 16,384 tokens' worth",
    )
    train.add_argument("--learning-rate", type=float, metavar="R", help="highest; default: by size")
    _add_method(train)
    for what in ("evaluate", "sample", "checkpoint"):
        train.add_argument(f"--{what}-every", type=positive, metavar="N", help="steps")


def _add_method(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "--schedule",
        choices=["cosine", "wsd"],
        default="cosine",
        help="wsd: warm-up, stable, decay in the last fifth; default: cosine",
    )
    train.add_argument(
        "--mask",
        choices=["boolean", "additive", "flex", "varlen", "causal"],
        default="boolean",
        help="what documents of a row see of each other: nothing, by `additive` little, by `causal` all; "
        "`flex` and `varlen` are for GPUs",
    )
    train.add_argument(
        "--mask-bias",
        type=float,
        default=math.inf,
        metavar="B",
        help="of --mask additive; default: inf",
    )


def _add_machine_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tokenizer", metavar="FILE", help="the rows' tokeniser, where it has moved since packing"
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--compile", action="store_true", help="compile the model: pays on a GPU")
    parser.add_argument("--quiet", action="store_true", help="print results and errors only")


def positive(text: str) -> int:
    """Read a number of 1 or more.

    Raises:
        ValueError: It is none; argparse says which option has it.
    """
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
