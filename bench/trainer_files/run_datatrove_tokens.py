"""Run by datatrove's interpreter: its tokeniser over a Parquet file, one task."""

import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.tokens import DocumentTokenizer


def main(source: Path, tokeniser: str, target: str) -> None:
    steps = [
        ParquetReader(str(source.parent), glob_pattern=source.name),
        DocumentTokenizer(
            target, tokenizer_name_or_path=tokeniser, eos_token="<|endoftext|>",
            shuffle_documents=False,
        ),
    ]  # fmt: skip
    LocalPipelineExecutor(pipeline=steps, tasks=1, logging_dir=f"{target}/logs").run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
