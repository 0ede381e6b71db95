"""Where benches read real documents, and where they write."""

import os
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
_BESIDE = _REPOSITORY.parent / "shared" / "data"
DATA = Path(os.environ.get("CORPUSMILL_SHARED_DATA", _BESIDE))
OUTPUT = _REPOSITORY / "bench-output"


def require_data() -> None:
    """End the bench with one line where the folder of real documents is missing."""
    if not DATA.is_dir():
        raise SystemExit(f"no real documents at {DATA}; set CORPUSMILL_SHARED_DATA to their folder")
