"""Runs in data-juicer's environment: its MinHash deduplicator on one node, 5-grams of words, 0.7, 256 values.

``python run_data_juicer.py SOURCE OUTPUT`` writes the ids kept to OUTPUT/kept.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Call ``dj-process`` as its documentation does, and read what it exported."""
    source, output = sys.argv[1:]
    operator = {
        "tokenization": "space", "window_size": 5, "lowercase": True, "num_permutations": 256,
        "jaccard_threshold": 0.7,
    }  # fmt: skip
    recipe = {
        "project_name": "bench", "dataset_path": source, "export_path": f"{output}/kept.jsonl",
        "work_dir": output, "np": 2, "open_tracer": False,
        "process": [{"document_minhash_deduplicator": operator}],
    }  # fmt: skip
    path = Path(output, "recipe.yaml")
    path.write_text(json.dumps(recipe))
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    command = [str(Path(sys.executable).with_name("dj-process")), "--config", str(path)]
    subprocess.run(command, check=True, env=offline)
    with Path(output, "kept.jsonl").open() as lines:
        kept = [json.loads(line)["id"] for line in lines]
    Path(output, "kept.json").write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
