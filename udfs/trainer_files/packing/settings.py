"""What a user can set about tokens, rows and their mixture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

STRATEGIES: Final = ("best-fit", "concat", "documents")
FORMATS: Final = ("megatron", "nanogpt", "llama2c", "datatrove", "mds", "jsonl")
SHORTEST_ROW: Final = 16
MOST_EPOCHS: Final = 1_000.0


@dataclass(frozen=True)
class PackSettings:
    """Tokens and rows.

    Attributes:
        strategy: `best-fit` (best fit decreasing: few documents are cut, and only those longer than a
            row need be), `concat` (documents one behind the other, cut every `length` tokens) or
            `documents` (one a row).
        length: Tokens of a row, 16 or more; the model's context.
        padded: Fill rows up to `length`. Off: rows are as long as what they hold.
        seed: Of the order of documents and rows; 0 to 2**63 - 1.
        bos_token: Put before every document: a token's spelling, `auto` (what the tokeniser's files
            say) or `none`.
        eos_token: Put behind every document, as `bos_token`. `auto` without any in the vocabulary is
            an error: ask for `none`.
        pad_token: Fills rows, as `bos_token`; `auto` takes EOS where there is no padding token, and
            id 0 where there is neither.
        special_tokens_in_text: A special token's spelling in a text becomes its id. Off: it stays
            text, as whoever writes a page could otherwise end a document in it.
        tiktoken_split: How a tiktoken file's texts are split, which the file does not say: `gpt2`,
            `cl100k_base`, `o200k_base` or a regular expression.
        tiktoken_special_tokens: Special tokens of a tiktoken file, spelling: id.
        validation: Share of the documents, 0 to 0.5, that is kept apart by a hash of their text: a
            document stays on its side as the corpus grows, whatever the seed.
        group_by: Column whose equal values are packed side by side, such as a host.
        mix_by: Column that `weights` speak of, such as `language` or `source`.
        weights: Value of `mix_by`: how often its training documents are seen, 0 to 1,000 epochs. 2
            takes each twice, 0.5 every second one by a hash of its text, 0 none; 1 where nothing is said.
        partition_documents: Documents packed together; more of them leave less padding and need more
            memory.
        partition_megabytes: Text packed together, a second bound for long documents; a worker holds
            about four times as much.
        formats: Beside Parquet: `megatron`, `nanogpt`, `llama2c`, `datatrove`, `mds`, `jsonl`.
    """

    strategy: str = "best-fit"
    length: int = 2048
    padded: bool = True
    seed: int = 0
    bos_token: str = "none"
    eos_token: str = "auto"
    pad_token: str = "auto"
    special_tokens_in_text: bool = False
    tiktoken_split: str = "cl100k_base"
    tiktoken_special_tokens: Mapping[str, int] = field(default_factory=dict)
    validation: float = 0.01
    group_by: str | None = None
    mix_by: str | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    partition_documents: int = 10_000
    partition_megabytes: int = 128
    formats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = [*self._choice_faults(), *self._number_faults()]
        if self.weights and self.mix_by is None:
            faults.append("weights are given without mix_by, the column they speak of")
        if faults:
            raise ValueError("pack settings: " + "; ".join(faults))

    def _choice_faults(self) -> list[str]:
        faults = []
        if self.strategy not in STRATEGIES:
            faults.append(f"strategy is {self.strategy!r}, wanted one of {', '.join(STRATEGIES)}")
        unknown = sorted(set(self.formats) - set(FORMATS))
        if unknown:
            faults.append(f"format {unknown[0]!r} is unknown, wanted one of {', '.join(FORMATS)}")
        return faults

    def _number_faults(self) -> list[str]:
        faults = []
        if not SHORTEST_ROW <= self.length < 1 << 31:
            faults.append(f"length is {self.length}, wanted {SHORTEST_ROW} tokens or more")
        if not 0 <= self.seed < 1 << 63:
            faults.append(f"seed is {self.seed}, wanted 0 to 2**63 - 1")
        if not 0 <= self.validation <= 0.5:
            faults.append(f"validation is {self.validation}, wanted a share from 0 to 0.5")
        faults += [
            f"{name} is {getattr(self, name)}, wanted 1 or more"
            for name in ("partition_documents", "partition_megabytes")
            if getattr(self, name) < 1
        ]
        faults += [
            f"the weight of {value!r} is {weight:g}, wanted 0 to {MOST_EPOCHS:g} epochs"
            for value, weight in self.weights.items()
            if not 0 <= weight <= MOST_EPOCHS
        ]
        return faults
