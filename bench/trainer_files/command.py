"""Parquet to packed Parquet and Megatron's files by the command on one core, beside datatrove's tokeniser.

Tokens a processor second of the whole command with all its processes, Java's start included, and of its
tasks alone. The peer has its own environment, made at the first run.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import measured_command, print_result
from bench.peer_environment import peer_environment
from bench.shared_folder import OUTPUT
from bench.trainer_files.corpora import KINDS, altered, documents
from bench.trainer_files.vocabulary import tokeniser

PEER = ("datatrove[io]==0.9.0", "tokenizers==0.22.2", "pyarrow", "orjson", "humanize", "numpy")
FOLDER = OUTPUT / "trainer-files"


ROUNDS = 5  # of the larger corpus, beside which start and vocabulary are little


def measure_command(most_bytes: int, *, peers: bool, large_bytes: int = 0) -> None:
    """Print tokens a second and peak memory; with a document of ``large_bytes`` among the others."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = [text for kind in KINDS for text in documents(kind, most_bytes // len(KINDS))]
    (FOLDER / "tokenizer.json").write_bytes(tokeniser().content)
    once = _written("texts", texts, large_bytes)
    _measure("corpusmill pack", once)
    _measure("corpusmill pack, by Spark", once, "--set", "run.driver_megabytes=0")
    rounds = (altered(texts, number) for number in range(ROUNDS))
    larger = _written(f"{ROUNDS}-rounds", list(itertools.chain.from_iterable(rounds)))
    _measure(f"corpusmill pack, {ROUNDS} rounds", larger)
    if peers:
        _measure_datatrove(once)
        _measure_datatrove(larger)


def _measure(system: str, source: Path, *further: str) -> None:
    output = FOLDER / "packed"
    shutil.rmtree(output, ignore_errors=True)
    words = ["pack", str(source), str(output), "--tokenizer", str(FOLDER / "tokenizer.json")]
    words += ["--format", "megatron", "--pad-token", "<|unused_100256|>", "--master", "local[1]"]
    cost = measured_command(
        [sys.executable, "-m", "jobs.command_line", *words, "--quiet", *further]
    )
    manifests = [
        json.loads((output / name / "_manifest.json").read_text())
        for name in ("packed", "packed-megatron")
    ]
    splits = manifests[0]["details"]["splits"].values()
    tokens = sum(one.get("tokens", 0) for one in splits)
    tasks = sum(one["costs"]["task_seconds"] for one in manifests)
    _print(f"{system}, whole command", source, tokens, cost.cpu_s, **cost.fields())
    _print(f"{system}, its tasks", source, tokens, tasks)


def _measure_datatrove(source: Path) -> None:
    place = OUTPUT / "peers" / "datatrove-tokens"
    python, version = peer_environment("datatrove", PEER, place)
    target = FOLDER / "datatrove"
    shutil.rmtree(target, ignore_errors=True)
    script = Path(__file__).with_name("run_datatrove_tokens.py")
    arguments = [source, FOLDER / "tokenizer.json", target]
    cost = measured_command([str(python), str(script), *map(str, arguments)])
    tokens = sum(path.stat().st_size for path in target.rglob("*.ds")) // 4
    _print(f"datatrove_{version} DocumentTokenizer", source, tokens, cost.cpu_s, **cost.fields())


def _print(system: str, source: Path, tokens: int, seconds: float, **facts: float) -> None:
    metadata = pq.read_metadata(source)
    print_result(
        "Parquet to packed Parquet and Megatron",
        system,
        metadata.num_rows,
        source.stat().st_size,
        tokens=tokens,
        million_tokens_a_cpu_s=round(tokens / seconds / 1e6, 3),
        **facts,
    )


def _written(name: str, texts: list[str], large_bytes: int = 0) -> Path:
    held = texts
    if large_bytes:
        joined = "".join(texts)
        held = [*texts, (joined * (1 + large_bytes // len(joined)))[:large_bytes]]
    path = FOLDER / f"{name}.parquet"
    table = pa.table({"id": pa.array(range(len(held)), pa.int64()), "text": held})
    pq.write_table(table, path, row_group_size=5_000)
    return path
