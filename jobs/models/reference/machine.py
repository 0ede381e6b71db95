"""Where a training runs: device, number type, processes side by side, and the most it could compute."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch
import torch.distributed

from jobs.runtime.errors import MissingRequirementError

# Dense bfloat16 of the makers' data sheets, by the beginning of the device's name.
PEAK_FLOPS: Final = {
    "NVIDIA H200": 989e12,
    "NVIDIA H100 PCIe": 756e12,
    "NVIDIA H100": 989e12,
    "NVIDIA A100": 312e12,
    "NVIDIA L40S": 362e12,
    "NVIDIA L4": 121e12,
    "NVIDIA A10G": 70e12,
}
MEASURED_SIDE: Final = 1024
MEASURED_TIMES: Final = 5


@dataclass(frozen=True)
class Machine:
    """One process of a training.

    Attributes:
        device: Where its tensors lie.
        rank: Its number, from 0.
        processes: How many there are.
        peak_flops: Floating-point operations a second, of all processes together.
        peak_from: What says so.
    """

    device: torch.device
    rank: int
    processes: int
    peak_flops: float
    peak_from: str

    @property
    def on_gpu(self) -> bool:
        """Say whether it computes on a GPU, where numbers are bfloat16."""
        return bool(self.device.type == "cuda")

    def computing(self) -> AbstractContextManager[Any]:
        """Return the context of forward passes: bfloat16 on a GPU, with weights in float32."""
        context: AbstractContextManager[Any] = torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.on_gpu
        )
        return context


@contextmanager
def machine(wanted: str = "auto") -> Iterator[Machine]:
    """Find the device, and under torchrun the other processes, for the block.

    Args:
        wanted: ``cpu``, ``cuda`` or ``auto``.

    Raises:
        MissingRequirementError: There is no GPU and one is wanted.
    """
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise MissingRequirementError(
            "--device cuda: torch finds no GPU here; take --device cpu, or see `nvidia-smi`"
        )
    rank, processes = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    on_gpu = there and wanted != "cpu"
    device = (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        if on_gpu
        else torch.device("cpu")
    )
    if on_gpu:
        torch.cuda.set_device(device)
    peak, source = _peak(device)
    if processes == 1:
        yield Machine(device, rank, processes, peak, source)
        return
    torch.distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Machine(device, rank, processes, peak * processes, f"{processes} times {source}")
    finally:
        torch.distributed.destroy_process_group()


def _peak(device: torch.device) -> tuple[float, str]:
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for beginning, peak in PEAK_FLOPS.items():
            if name.startswith(beginning):
                return peak, f"data sheet of {beginning}, dense bfloat16"
    number = torch.bfloat16 if device.type == "cuda" else torch.float32
    matrix = torch.ones(MEASURED_SIDE, MEASURED_SIDE, dtype=number, device=device)
    best = min(_seconds(matrix) for _ in range(MEASURED_TIMES))
    return 2 * MEASURED_SIDE**3 / best, f"a product of {MEASURED_SIDE}² matrices measured here"


def _seconds(matrix: torch.Tensor) -> float:
    started = time.perf_counter()
    float((matrix @ matrix)[0, 0])  # asking for a number waits for the device
    return time.perf_counter() - started
