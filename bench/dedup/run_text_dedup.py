"""Runs in text-dedup's environment: its single-node MinHash command, 5-grams of words, 0.7, 250 values.

``python run_text_dedup.py SOURCE OUTPUT`` writes the ids kept to OUTPUT/kept.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import datasets


def main() -> None:
    """Call the command as its README does, and read what it saved."""
    source, output = sys.argv[1:]
    command = [
        sys.executable, "-m", "text_dedup.minhash", "--path", "parquet",
        "--data_files", f"{source}/*.parquet", "--split", "train", "--cache_dir", f"{output}/cache",
        "--output", f"{output}/kept", "--column", "text", "--ngram", "5", "--threshold", "0.7",
        "--num_perm", "250", "--num_proc", "2", "--batch_size", "10000", "--use_auth_token", "false",
    ]  # fmt: skip
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    subprocess.run(command, check=True, env=offline)
    kept = datasets.load_from_disk(f"{output}/kept")["id"]
    Path(output, "kept.json").write_text(json.dumps(list(kept)))


if __name__ == "__main__":
    main()
