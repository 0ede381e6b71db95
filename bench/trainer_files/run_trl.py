"""Run by TRL's interpreter: lengths in, rows and tokens of each strategy out."""

import json
import sys
import time

from datasets import Dataset
from trl.data_utils import pack_dataset


def main() -> None:
    asked = json.load(sys.stdin)
    documents = Dataset.from_dict({"input_ids": [[7] * length for length in asked["lengths"]]})
    found = []
    for strategy in ("bfd", "bfd_split", "wrapped"):
        for batch in (1_000, len(documents)):
            before = time.process_time()
            packed = pack_dataset(
                documents, asked["length"], strategy, {"batch_size": batch, "keep_in_memory": True}
            )
            seconds = time.process_time() - before
            tokens = sum(len(ids) for ids in packed["input_ids"])
            found.append((f"{strategy}, batches of {batch:,}", len(packed), tokens, seconds))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
