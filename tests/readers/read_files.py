"""Run by the readers' interpreter: opens files with their projects' readers and prints what they hold."""

import json
import sys
from pathlib import Path


def megatron(folder: Path) -> dict[str, object]:
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    # The reader gave up its process when the dataset was not kept in a variable while it was read.
    dataset = IndexedDataset(str(folder / "part"))
    return {
        "sequences": [dataset[place].tolist() for place in range(len(dataset))],
        "documents": dataset.document_indices.tolist(),
        "dtype": str(dataset[0].dtype),
    }


def sparse_megatron(folder: Path) -> dict[str, object]:
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    dataset = IndexedDataset(str(folder / "large"))
    last = len(dataset) - 1
    return {"sequences": len(dataset), "end": dataset[last][-3:].tolist()}


def mds(folder: Path) -> list[dict[str, object]]:
    from streaming import StreamingDataset

    dataset = StreamingDataset(local=str(folder), shuffle=False, batch_size=1)
    return [
        {
            name: value.tolist() if hasattr(value, "tolist") else value
            for name, value in dataset[place].items()
        }
        for place in range(dataset.num_samples)
    ]


def datatrove(folder: Path, length: int, width: int) -> list[dict[str, object]]:
    from datatrove.utils.dataset import DatatroveFileDataset

    dataset = DatatroveFileDataset(
        str(folder / "part.ds"), seq_len=length - 1, token_size=width, return_positions=True
    )
    return [
        {name: value.tolist() for name, value in dataset[place].items()}
        for place in range(len(dataset))
    ]


READERS = {
    "megatron": megatron,
    "sparse_megatron": sparse_megatron,
    "mds": mds,
    "datatrove": lambda folder: datatrove(folder, 7, 2),
    "wide_datatrove": lambda folder: datatrove(folder, 7, 4),
}

if __name__ == "__main__":
    print(json.dumps(READERS[sys.argv[1]](Path(sys.argv[2]))))
