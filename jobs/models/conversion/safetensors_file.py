"""Weights as safetensors files keep them: 8 bytes of length, a JSON header, then the tensors.

The format is documented at https://github.com/huggingface/safetensors#format. To read it takes no package,
and no file of it can run code, as a pickle can.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

WHOLE_NAME: Final = "model.safetensors"
INDEX_NAME: Final = "model.safetensors.index.json"
LARGEST_HEADER: Final = 100_000_000
"""Bytes; the limit of the package safetensors itself."""
TYPES: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""Names of the format's floating types and how numpy reads them; the upper half of a float32 is a BF16."""

Floats = npt.NDArray[np.float32]


class SafetensorsFile(Mapping[str, Floats]):
    """One file; a tensor is read when it is asked for.

    Args:
        path: The file.

    Raises:
        ValueError: If it cannot be read, is cut short, or is no safetensors file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = file.read(length) if length <= min(size, LARGEST_HEADER) else b""
            entries: dict[str, Any] = json.loads(header)
            entries.pop("__metadata__", None)
            end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        except OSError as error:
            raise ValueError(f"weights {path} cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(
                f"weights {path} ({size} bytes) are no safetensors file: a pointer of Git LFS, or cut short;"
                " download it again"
            ) from error
        self._entries, self._start = entries, 8 + length
        if size != self._start + end:
            raise ValueError(
                f"weights {path} have {size} bytes, their header says {self._start + end}: download it again"
            )

    def __getitem__(self, name: str) -> Floats:
        """Read a tensor as float32.

        Raises:
            KeyError: If there is none of this name.
            ValueError: If it is not of floating numbers, or its shape is not that of its bytes.
        """
        entry = self._entries[name]
        if entry["dtype"] not in TYPES:
            raise ValueError(
                f"weights {self.path}: {name} is of type {entry['dtype']}, known are {', '.join(TYPES)}: give"
                " the model as it was before it was quantised"
            )
        begin, end = entry["data_offsets"]
        kind = np.dtype(TYPES[entry["dtype"]])
        stored = np.fromfile(
            self.path, kind, (end - begin) // kind.itemsize, offset=self._start + begin
        )
        if entry["dtype"] == "BF16":
            stored = (stored.astype(np.uint32) << 16).view(np.float32)
        return stored.reshape(entry["shape"]).astype(np.float32)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class Checkpoint(Mapping[str, Floats]):
    """The weights of a model's folder, in one file or several, by names without the model's prefix.

    Args:
        folder: With ``model.safetensors``, or an index and the files it names.
        prefix: Taken off names that begin with it, e.g. ``bert.``.

    Raises:
        ValueError: If a file is missing or faulty, or does not hold what the index says.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self._places = {
            usual_name(name, prefix): (file, name)
            for file in map(SafetensorsFile, weight_files(folder))
            for name in file
        }

    def __getitem__(self, name: str) -> Floats:
        file, stored = self._places[name]
        return file[stored]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def usual_name(name: str, prefix: str) -> str:
    """A weight's name without its prefix; scale and shift of norms as files since 2020 call them."""
    name = name.removeprefix(prefix)
    for old, new in ((".gamma", ".weight"), (".beta", ".bias")):
        if name.endswith(f"LayerNorm{old}"):
            return name.removesuffix(old) + new
    return name


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a folder.

    Raises:
        ValueError: If there is none, or one that the index names is missing.
    """
    if (folder / WHOLE_NAME).is_file():
        return [folder / WHOLE_NAME]
    index = folder / INDEX_NAME
    if not index.is_file():
        pickles = [path.name for path in sorted(folder.glob("pytorch_model*.bin"))]
        beside = (
            f"; {pickles[0]} is a pickle, which may run code and is not read" if pickles else ""
        )
        raise ValueError(
            f"{folder} holds no {WHOLE_NAME} and no {INDEX_NAME}{beside}: give a folder with weights as"
            " safetensors"
        )
    try:
        names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{index} is no index of weights ({error!r}): download it again"
        ) from error
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"{folder} lacks {', '.join(missing)} of the {len(names)} files that {INDEX_NAME} names:"
            " download the rest"
        )
    return [folder / name for name in names]
