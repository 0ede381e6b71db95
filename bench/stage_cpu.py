"""Processor seconds of a run's stages."""

from __future__ import annotations

from bench.measuring import tree_cpu_s
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.progress import Reporter


class StageCpu(Reporter):
    """Notes the processor seconds that went by, of all descendants too, until a dataset was made or found."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.seconds: dict[str, float] = {}
        self._before = tree_cpu_s()

    def finished(self, manifest: Manifest, seconds: float) -> None:  # noqa: ARG002
        """Note a stage's seconds."""
        self._note(manifest.dataset)

    def skipped(self, name: str, manifest: Manifest, *, is_older: bool = False) -> None:  # noqa: ARG002
        """Note what finding out took that nothing is to do."""
        self._note(manifest.dataset)

    def _note(self, dataset: str) -> None:
        now = tree_cpu_s()
        self.seconds[dataset] = round(now - self._before, 2)
        self._before = now
