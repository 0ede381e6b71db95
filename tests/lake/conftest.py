"""A lake for a test; the jars are those of `make lake-jars`."""

from pathlib import Path

import pytest

from tests.lake.tables import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")
