"""Arrow in, int32 out, on documents that no engine has seen: ours beside tokenizers and tiktoken.

All engines take turns on the same batches, so that what else the machine does meets them alike. Time is
processor time of all threads; one thread is asked for.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from bench.measuring import print_result
from bench.trainer_files.corpora import KINDS, awkward, documents
from bench.trainer_files.vocabulary import tiktoken_encoding, tokeniser
from udfs.trainer_files.tokenising.engines import load_engine
from udfs.trainer_files.tokenising.identity_check import AWKWARD_TEXTS, first_difference

BATCH_BYTES = 1 << 20
SLOW_EVERY = 4  # the slow engines see every fourth batch, or most of the time would be theirs
WARM_BATCHES = 2
Encode = Callable[[pa.Array], object]


def engines() -> dict[str, Encode]:
    """What turns an Arrow column into ids, by name."""
    file = tokeniser()
    ours = load_engine(file, "fastokens", special_tokens_in_text=False)
    theirs = load_engine(file, "tokenizers", special_tokens_in_text=False)
    tiktoken = tiktoken_encoding()
    return {
        "corpusmill": lambda column: ours.encode(column.to_pylist()),
        "tokenizers encode_batch_fast": lambda column: theirs.encode(column.to_pylist()),
        "tiktoken encode_ordinary_batch": lambda column: [
            np.array(ids, np.int32)
            for ids in tiktoken.encode_ordinary_batch(column.to_pylist(), num_threads=1)
        ],
    }


def measure_speed(most_bytes: int) -> None:
    """Print megabytes a second of each engine and kind, and how many times the others' ours is."""
    encoders = engines()
    for encode in encoders.values():  # as the command does when it compares them
        encode(pa.array(AWKWARD_TEXTS))
    for kind in KINDS:
        seconds: dict[str, float] = defaultdict(float)
        sizes: dict[str, int] = defaultdict(int)
        for number, (batch, size) in enumerate(_batches(documents(kind, most_bytes))):
            for name, encode in encoders.items():
                if name != "corpusmill" and number % SLOW_EVERY and number >= WARM_BATCHES:
                    continue
                before = time.process_time()
                encode(batch)
                if number >= WARM_BATCHES:
                    seconds[name] += time.process_time() - before
                    sizes[name] += size
        rates = {name: sizes[name] / seconds[name] / 1e6 for name in encoders}
        for name, rate in rates.items():
            print_result(
                f"tokenise {kind}", name, 0, sizes[name], mb_s=round(rate, 1),
                corpusmill_is_times=round(rates["corpusmill"] / rate, 1),
            )  # fmt: skip


def measure_identity(count: int) -> None:
    """Print on how many awkward documents our ids are not those of tokenizers."""
    file = tokeniser()
    ours = load_engine(file, "fastokens", special_tokens_in_text=False)
    theirs = load_engine(file, "tokenizers", special_tokens_in_text=False)
    checked = different = 0
    for texts in _hundreds(list(awkward(count))):
        checked += len(texts)
        if first_difference(ours, theirs, texts) is not None:
            different += sum(first_difference(ours, theirs, [text]) is not None for text in texts)
    print_result("identity", "corpusmill against tokenizers", checked, 0, different=different)


def _hundreds(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + 100] for start in range(0, len(texts), 100)]


def _batches(texts: Sequence[str]) -> list[tuple[pa.Array, int]]:
    found: list[tuple[pa.Array, int]] = []
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text.encode("utf-8"))
        if size >= BATCH_BYTES:
            found.append((pa.array(held), size))
            held, size = [], 0
    return found
