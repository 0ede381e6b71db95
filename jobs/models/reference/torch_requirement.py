"""Whether torch is here, asked before anything is read."""

from __future__ import annotations

import importlib.util

from jobs.runtime.errors import MissingRequirementError


def require_torch() -> None:
    """Refuse to go on without torch.

    Raises:
        MissingRequirementError: It is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise MissingRequirementError(
            "reference training needs torch, which is not installed: pip install 'corpusmill[reference]'"
        )
