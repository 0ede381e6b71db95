"""The formats by the names that settings know them under."""

from __future__ import annotations

from typing import Final

from udfs.trainer_files.formats.contract import TrainerFormat
from udfs.trainer_files.formats.flat_tokens import Datatrove, Llama2C, NanoGpt
from udfs.trainer_files.formats.megatron import Megatron
from udfs.trainer_files.formats.mosaic_shards import MosaicShards
from udfs.trainer_files.formats.token_lines import TokenLines

TRAINER_FORMATS: Final[dict[str, TrainerFormat]] = {
    "megatron": Megatron(),
    "nanogpt": NanoGpt(),
    "llama2c": Llama2C(),
    "datatrove": Datatrove(),
    "mds": MosaicShards(),
    "jsonl": TokenLines(),
}
