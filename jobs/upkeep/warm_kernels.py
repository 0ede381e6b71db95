"""Compile every kernel and archive Spark's classes, once a machine: `python -m jobs.upkeep.warm_kernels`.

Set-up and images run this, so that no worker spends half a minute compiling what another one has
compiled already, and no start of local mode reads Spark's jars again. It is the pipeline itself on a
few lines of text, so no kernel is forgotten. Printed are the seconds each stage took; a second run
shows what the kernels' cache is worth.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.spark.class_archive import write_archive
from jobs.runtime.spark.java_runtime import use_java
from jobs.runtime.spark.session import start_session
from udfs.trainer_files.packing.packed_groups import FrameIds, packed_groups
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.engines import EngineName, TokenBatch

# Two stories that pass the default rules, so that no later kernel stays cold, and the kinds of text
# that kernels branch on: mixed scripts, capitals, marks, tags, lists, tables, repetition.
ENGLISH = (
    "The ferry left at six, as it had every morning since the bridge was washed away. Nobody on board "
    "spoke before the far bank came in sight, and then the baker would unwrap her loaves. The "
    "schoolmaster pretended that he was not hungry, which nobody believed. On the other side the carts "
    "were waiting, and the drivers had already begun to argue about the price of hay. When the bell rang "
    "for the second time, all of them went their ways, and the river was quiet again until noon."
)
CHINESE = (
    "渡船六点开，自从桥被冲走以后，每天早晨都是这样。船上的人在看见对岸以前都不说话，然后卖包子的大嫂就会把"
    "蒸笼打开。教书先生假装自己并不饿，可是没有一个人相信他。对岸的车子早就等在那里，赶车的人已经开始为草料的"
    "价钱争吵起来了。第二遍钟声响起的时候，大家各走各的路，一直到中午，河面上又安静下来。这样的日子过了三年，"
    "谁也没有觉得有什么不好。后来新桥修好了，渡船就停在柳树下面，再也没有人去解开它的缆绳。"
)
ODDITIES = (
    "日本語の文章とカタカナ、そして English words 123 と記号 ☆。\n\n- one\n- two\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[12:01] <ada> hi\n[12:02] <jun> hello\nΚΑΙ Straße naïve cafe\u0301 — “quoted” ... № 5 { } 【注】",
    "灯还亮着。" * 30 + "cheap garden deals " * 60,
)
COPIES = 20
PAGE = f"<html><body><h1>The ferry</h1><p>{ENGLISH}</p><ul><li>one</li></ul><p>{CHINESE}</p></body></html>"
COMPILED = ("extracted", "models", "annotated", "duplicates")


def warm_kernels() -> dict[str, float]:
    """Run the pipeline on generated lines in a scratch folder; return seconds by stage."""
    with tempfile.TemporaryDirectory() as scratch:
        lines = [
            json.dumps({"text": f"{text} {number * 7919} {number % 3 * 'again '}"})
            for number in range(COPIES)
            for text in (ENGLISH, CHINESE, *ODDITIES)
        ]
        crawl = Path(scratch, "crawl")
        crawl.mkdir()
        (crawl / "lines.jsonl").write_text("\n".join(lines), encoding="utf-8")
        (crawl / "page.html").write_text(PAGE, encoding="utf-8")
        spark = start_session("corpusmill warm-up", master="local[1]")
        context = RunContext(spark, str(Path(scratch, "run")), Reporter(quiet=True))
        # The profile that reads pages by kernels of its own; the others need none.
        settings = ["perplexity.min_training_tokens=10", "extract.profile=learned"]
        run_pipeline(context, [str(crawl)], load_recipe("default", settings), RunModels())
        manifests = [read_manifest(context.folder(name)) for name in COMPILED]
        spark.stop()
        _pack()
        return {manifest.stage: manifest.seconds for manifest in manifests if manifest}


class _Bytes:
    """A tokeniser without a vocabulary: packing needs one, and kernels do not care which."""

    name: EngineName = "tokenizers"

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Return the bytes of each text."""
        contents = [text.encode("utf-8") for text in texts]
        offsets = np.cumsum([0, *map(len, contents)], dtype=np.int64)
        return TokenBatch(np.frombuffer(b"".join(contents), np.uint8).astype(np.int32), offsets)


def _pack() -> None:
    """Pack a few texts: `run` does not, and the kernels of `pack` would be compiled by every worker."""
    texts = [ENGLISH, CHINESE, *ODDITIES]
    columns = {
        "partition": pa.array([0] * len(texts), pa.int32()),
        "unit": pa.array([0] * len(texts), pa.int64()),
        "copy": pa.array([0] * len(texts), pa.int32()),
        "id": pa.array(range(len(texts)), pa.int64()),
        "text": pa.array(texts),
    }
    batches = [pa.RecordBatch.from_pydict(columns)]
    list(packed_groups(batches, _Bytes(), PackSettings(), FrameIds(1, 2, 0), pa.int64()))


def main() -> None:
    """Warm everything up; inside of the spark-submit that does the work, only that work."""
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        sys.stdout.write("compiling kernels and archiving Spark's classes: a minute or two, once\n")
        sys.stdout.flush()
        try:
            archived = write_archive(use_java(), Path(__file__), [Path(__file__).parents[2]])
        except OSError as error:  # no archive is no reason to do without kernels
            sys.stderr.write(f"Spark's classes are not archived: {error}\n")
        else:
            sys.stdout.write(
                "Spark's classes archived; local mode starts faster now\n"
                if archived
                else "this Java archives no classes; local mode starts as it always did\n"
            )
            return
    sys.stdout.write(f"kernels ready; seconds by stage: {warm_kernels()}\n")


if __name__ == "__main__":
    main()
