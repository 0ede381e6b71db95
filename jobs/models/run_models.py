"""The models a run uses, opened before Spark starts: a bad one must not end a run in the middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from jobs.models.safety_lists import read_safety_lists
from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store.node_copies import NodeCopy
from udfs.grading import grader as grader_model
from udfs.perplexity import folder as perplexity_folder
from udfs.safety import signals as safety_signals
from udfs.safety.settings import DEFAULT_SETTINGS, SafetySettings

Result = TypeVar("Result")


@dataclass(frozen=True)
class RunModels:
    """Folders of the models a run uses; None: trained in the run (perplexity) or done without."""

    perplexity: str | None = None
    grader: str | None = None
    safety: str | None = None

    @classmethod
    def checked(
        cls,
        perplexity: str | None,
        grader: str | None,
        safety: str | None,
        languages: Sequence[str] | None = None,
        grade_languages: Sequence[str] = (),
        safety_settings: SafetySettings = DEFAULT_SETTINGS,
    ) -> RunModels:
        """Return the models after opening each one.

        Args:
            perplexity: Folder or pair of perplexity models, local or remote.
            grader: Folder of a grader, local or remote.
            safety: Folder of a safety model.
            languages: Languages that the perplexity models must know; None asks for none.
            grade_languages: Languages that the grader must know.
            safety_settings: Name keyword lists and domains.

        Raises:
            MissingRequirementError: A model or list is missing, faulty, of another version, or
                lacks a language.
        """
        if perplexity is not None:
            _require_languages(perplexity, languages or ())
        checks = (
            (perplexity, perplexity_digest),
            (grader, grader_digest),
            (safety, safety_digest),
        )
        for folder, check in checks:
            if folder is not None:
                check(folder)
        if grader is not None:
            require_graded(grader, grade_languages)
        lists = read_safety_lists(safety_settings).lists
        _opened(lambda: safety_signals.SafetyScreen.open(None, safety_settings, lists))
        return cls(perplexity, grader, safety)


def perplexity_digest(folder: str) -> str:
    """Open a folder of perplexity models and return its digest.

    Raises:
        MissingRequirementError: It is missing, truncated or of another version.
    """
    return _opened(lambda: perplexity_folder.read_model(NodeCopy.of(folder).path()).digest)


def _require_languages(folder: str, wanted: Sequence[str]) -> None:
    path = NodeCopy.of(folder).path()
    known = _opened(lambda: perplexity_folder.read_model(path, verify=False)).languages
    lacking = sorted(set(wanted) - known.keys())
    if lacking:
        raise MissingRequirementError(
            f"the perplexity models in {folder} know {', '.join(sorted(known)) or 'no language'}, not "
            f"{', '.join(lacking)}, which perplexity.languages asks for: train or add a model of it, or "
            "take it off the list"
        )


def grader_digest(folder: str) -> str:
    """Open a grader and return its digest.

    Raises:
        MissingRequirementError: It is missing, truncated or of another version.
    """
    return _opened(lambda: grader_model.open_grader(NodeCopy.of(folder).path()).digest)


def grader_languages(folder: str) -> tuple[str, ...]:
    """Open a grader and return the languages that it knows; none: all.

    Raises:
        MissingRequirementError: It is missing, truncated or of another version.
    """
    return _opened(lambda: grader_model.open_grader(NodeCopy.of(folder).path()).languages)


def require_graded(folder: str, languages: Sequence[str]) -> None:
    """Open a grader and check that it can grade all of some languages.

    Raises:
        MissingRequirementError: It cannot.
    """
    path = NodeCopy.of(folder).path()
    _opened(lambda: grader_model.open_grader(path).refuse_languages(languages, folder))


def safety_digest(folder: str) -> str:
    """Open a safety model and return its digest.

    Raises:
        MissingRequirementError: It is missing, truncated or of another version.
    """
    return _opened(lambda: safety_signals.check_safety_model(NodeCopy.of(folder).path()))


def _opened(open_model: Callable[[], Result]) -> Result:
    try:
        return open_model()
    except ValueError as error:
        raise MissingRequirementError(str(error)) from error
