"""Where a published model comes from: the hub or a local folder, and what its own card says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from jobs.models.conversion.safetensors_file import INDEX_NAME, WHOLE_NAME, weight_files
from jobs.runtime.errors import InputError, MissingRequirementError
from udfs.grading.encoder_model import TOKENISER_NAME
from udfs.learning.model_folder import file_digest

HUB: Final = "hf:"
CONFIG_NAME: Final = "config.json"
CARD_NAME: Final = "README.md"
LICENCES: Final = ("LICENSE*", "LICENCE*", "NOTICE*")
FASTTEXT_ENDINGS: Final = (".bin", ".ftz")
WANTED: Final = (
    CONFIG_NAME, TOKENISER_NAME, WHOLE_NAME, INDEX_NAME, "model-*.safetensors", CARD_NAME, *LICENCES,
)  # fmt: skip
HUB_NAME: Final = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


@dataclass(frozen=True)
class PublishedModel:
    """A model's folder on this machine.

    Attributes:
        folder: With config, tokenizer and weights.
        origin: ``hf:OWNER/NAME``, or the name of a local folder.
        revision: Commit on the hub; None: not known.
        licence: As its card names it; None: not told.
        languages: ISO 639-1 codes of its card; empty: not told, or many.
        files: Names of those that the grader is made from; empty: config, tokenizer and safetensors.
    """

    folder: Path
    origin: str
    revision: str | None
    licence: str | None
    languages: tuple[str, ...]
    files: tuple[str, ...] = ()

    def digests(self) -> dict[str, str]:
        """Hexadecimal SHA-256 by name of every file that the grader is made from."""
        names = self.files or (
            CONFIG_NAME, TOKENISER_NAME, *(path.name for path in weight_files(self.folder)),
        )  # fmt: skip
        return {name: file_digest(self.folder / name) for name in names}

    def licence_files(self) -> list[Path]:
        """Texts of licences beside the weights."""
        return sorted(path for pattern in LICENCES for path in self.folder.glob(pattern))


def find_model(given: str) -> PublishedModel:
    """Return a model's folder, downloaded first where it is on the hub.

    Args:
        given: ``hf:OWNER/NAME``, ``hf:OWNER/NAME@REVISION``, or a local folder.

    Raises:
        InputError: The name is none of the hub, or the folder is missing or lacks the tokenizer.
        MissingRequirementError: huggingface_hub is missing, or could not download.
    """
    folder, origin, revision = _found(given, WANTED)
    if not folder.is_dir():
        raise InputError(f"{given}: no such folder. Give a model's folder, or hf:OWNER/NAME")
    if not (folder / TOKENISER_NAME).is_file():
        raise InputError(
            f"{given} lacks {TOKENISER_NAME}: write it with the tokenizer that it was trained with, by"
            " transformers' AutoTokenizer(...).save_pretrained; of a fastText model name the file,"
            f" {given.rstrip('/')}/model.bin"
        )
    licence, languages = card_facts(folder / CARD_NAME)
    return PublishedModel(folder, origin, revision, licence, languages)


def names_fasttext(given: str) -> bool:
    """Say whether a fastText file is named rather than a folder."""
    return given.endswith(FASTTEXT_ENDINGS) and not Path(given).is_dir()


def find_fasttext(given: str) -> PublishedModel:
    """Return the folder of a fastText file, which is downloaded first where it is on the hub.

    Args:
        given: ``hf:OWNER/NAME/FILE.bin``, ``hf:OWNER/NAME@REVISION/FILE.bin``, or a local file.

    Raises:
        InputError: The name is none of the hub, or there is no such file.
        MissingRequirementError: huggingface_hub is missing, or could not download.
    """
    within, _, name = given.rpartition("/")
    folder, origin, revision = _found(within or ".", (name, CARD_NAME, *LICENCES))
    if not (folder / name).is_file():
        raise InputError(f"{given}: no such file. Give a .bin or .ftz, or hf:OWNER/NAME/FILE.bin")
    licence, languages = card_facts(folder / CARD_NAME)
    origin = f"{origin}/{name}" if revision else name
    return PublishedModel(folder, origin, revision, licence, languages, (name,))


def _found(given: str, wanted: Sequence[str]) -> tuple[Path, str, str | None]:
    """Folder, origin and revision of what is on the hub or here."""
    if not given.startswith(HUB):
        return Path(given), Path(given).resolve().name, None
    name = given.removeprefix(HUB)
    if not HUB_NAME.fullmatch(name):
        raise InputError(
            f"{given} is no name on the hub: give hf:OWNER/NAME or hf:OWNER/NAME@REVISION"
        )
    repository, _, revision = name.partition("@")
    folder = download(repository, revision or None, wanted)
    return folder, HUB + repository, folder.name


def download(repository: str, revision: str | None, wanted: Sequence[str]) -> Path:
    """Download files, named or by patterns, to the hub's cache on this machine.

    Raises:
        MissingRequirementError: huggingface_hub is missing, or could not download.
    """
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingRequirementError(
            f"hf:{repository} needs the package huggingface_hub ({error}): pip install"
            " 'corpusmill[fetch-grader]', or give a folder downloaded by other means"
        ) from error
    try:
        return Path(
            huggingface_hub.snapshot_download(
                repository, revision=revision, allow_patterns=list(wanted)
            )
        )
    except Exception as error:  # its own classes, those of its HTTP client, and OSError
        told = str(error).strip().partition("\n")[0][:300]
        raise MissingRequirementError(
            f"hf:{repository} could not be downloaded ({type(error).__name__}: {told}): check the name and"
            " the network, or give a folder downloaded elsewhere"
        ) from error


def card_facts(path: Path) -> tuple[str | None, tuple[str, ...]]:
    """Licence and languages of the YAML at the head of a model's card; None and () where it has none."""
    try:
        _, head, _ = path.read_text("utf-8").split("---", 2)
        facts = yaml.safe_load(head)
    except (OSError, ValueError, yaml.YAMLError):
        return None, ()
    if not isinstance(facts, dict):
        return None, ()
    licence = facts.get("license")
    if licence == "other":
        licence = facts.get("license_name", licence)
    return (str(licence) if licence else None), _languages(facts.get("language"))


def _languages(told: Any) -> tuple[str, ...]:
    names: Sequence[Any] = told if isinstance(told, list) else [told]
    if (
        "multilingual" in names
    ):  # a list beside it names what it was tried on, not all that it knows
        return ()
    # YAML reads the code of Norwegian as false.
    codes = [
        "no" if name is False else str(name).split("-")[0].lower()
        for name in names
        if name is not None
    ]
    return tuple(dict.fromkeys(code for code in codes if re.fullmatch("[a-z]{2}", code)))


def read_scores(path: Path) -> list[tuple[str, float]]:
    """Read JSON lines of ``text`` and ``score``.

    Raises:
        InputError: The file is missing, or a line is something else.
    """
    try:
        lines = path.read_text("utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--expected {path} cannot be read ({error})") from error
    scores = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            scores.append((str(row["text"]), float(row["score"])))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"--expected {path}, line {number} is no text with a score ({error!r}): wanted is"
                ' {"text": "…", "score": 3.2}'
            ) from error
    return scores
