"""Other programs on our files: each in a virtual environment of its own, made at the first run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.measuring import Cost, measured_command
from bench.peer_environments import python_of

PEERS = {
    "rensa": ("rensa==0.5.*", "pyarrow", "numpy"),
    "text-dedup": ("text-dedup==0.4.0", "setuptools<81"),
    "py-data-juicer": ("py-data-juicer==1.6.1", "scipy", "aiohttp"),
    "datatrove": ("datatrove[io,processing]==0.10.*", "spacy", "lxml_html_clean"),
}


class PeerRun(NamedTuple):
    """What a peer took and which documents it kept."""

    system: str
    cost: Cost
    kept: npt.NDArray[np.int64]

    def removed(self, documents: int) -> npt.NDArray[np.int64]:
        """The ids that it did not keep."""
        return np.setdiff1d(np.arange(documents), self.kept)


def run_peer(name: str, source: Path, folder: Path, *options: str) -> PeerRun:
    """Run a peer over Parquet files with id and text.

    Args:
        name: One of ``PEERS``.
        source: Folder of the files.
        folder: Where environments and outputs go.
        options: Further words for the peer's script.

    Raises:
        CalledProcessError: It could not be installed, or failed.
    """
    python = python_of(folder / "peers" / name, PEERS[name])
    package = name.removeprefix("py-").replace("-", "_")
    asked = f"from importlib.metadata import version; print(version('{name}'))"
    version = subprocess.run(
        [python, "-c", asked], check=True, capture_output=True, text=True
    ).stdout.strip()
    output = folder / f"peer-{name}"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    script = Path(__file__).with_name(f"run_{package}.py")
    cost = measured_command([str(python), str(script), str(source), str(output), *options])
    kept = np.array(json.loads((output / "kept.json").read_text()), np.int64)
    shutil.rmtree(output)
    return PeerRun(f"{package}_{version}", cost, kept)
