"""infini-gram and tokengrams over the same texts, each in its environment; both sort all suffixes.

infini-gram indexes bytes (its tokenizers are fetched from elsewhere), so its figures include making tokens;
tokengrams gets the ids of our tokens and pays nothing for them. Neither knows documents that were dropped.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.measuring import measured_command, print_result
from bench.peer_environments import python_of
from bench.tracing.corpora import FOLDER, BenchTable
from udfs.text.folding import fold_table
from udfs.tracing.fingerprints import folded_texts

INFINI_GRAM = ("infini-gram==2.6.0", "numpy", "transformers")
TOKENGRAMS = ("tokengrams==0.3.3", "numpy")
MOST_BYTES = 20_000_000


def measure_peers(table: BenchTable) -> None:
    """Print what each takes to index the first texts of a table."""
    texts, size = [], 0
    for text in table.texts().to_pylist():
        texts.append(text)
        size += len(text.encode())
        if size >= MOST_BYTES:
            break
    folder = FOLDER / "peers-work"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("data", "index"):
        (folder / name).mkdir(parents=True)
    with (folder / "data" / "texts.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    _infini_gram(folder, len(texts), size)
    _tokengrams(folder, texts, size)


def _infini_gram(folder: Path, count: int, size: int) -> None:
    python = python_of(FOLDER / "peers" / "infini-gram", INFINI_GRAM)
    words = (
        "-m", "infini_gram.indexing", "--data_dir", f"{folder}/data", "--save_dir", f"{folder}/index",
        "--token_dtype", "u8", "--cpus", "1", "--mem", "4", "--shards", "1", "--ulimit", "4096",
    )  # fmt: skip
    cost = measured_command([str(python), *words])
    made = sum(path.stat().st_size for path in (folder / "index").iterdir())
    print_result(
        "index_peer", INFINI_GRAM[0], count, size, **cost.fields(),
        bytes_a_text_byte=round(made / size, 3), mb_per_cpu_s=round(size / 1e6 / cost.cpu_s, 2),
    )  # fmt: skip


def _tokengrams(folder: Path, texts: list[str], size: int) -> None:
    hashes = folded_texts(pa.array(texts), fold_table()).hashes
    _, ids = np.unique(hashes, return_inverse=True)
    ids.astype(np.uint32).tofile(folder / "tokens.bin")
    python = python_of(FOLDER / "peers" / "tokengrams", TOKENGRAMS)
    script = Path(__file__).with_name("run_tokengrams.py")
    vocabulary = str(max(1 << 17, int(ids.max()) + 1))  # above 65,536 it reads 32 bits a token
    cost = measured_command([str(python), str(script), str(folder), vocabulary])
    made = sum((folder / name).stat().st_size for name in ("tokens.bin", "suffixes.bin"))
    print_result(
        "index_peer", f"{TOKENGRAMS[0]}, tokens given", len(texts), size, **cost.fields(),
        bytes_a_text_byte=round(made / size, 3), mb_per_cpu_s=round(size / 1e6 / cost.cpu_s, 2),
    )  # fmt: skip
