"""A tokeniser file opened on the driver: checked before Spark starts, then sent to every worker once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jobs.runtime.contract.fingerprint import library_versions
from jobs.runtime.errors import MissingRequirementError, SettingsError
from jobs.runtime.store import storage
from udfs.trainer_files.packing.packed_groups import FrameIds
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.engines import PACKAGES, TokenEngine, load_engine
from udfs.trainer_files.tokenising.tokeniser_file import AUTOMATIC, TokeniserFile, read_tokeniser

CONFIGURATION_NAME: Final = "tokenizer_config.json"
RARE: Final = "\ua66e\U00012000"
"""Letters that no vocabulary has for tokens: the eyes of a seraph in one psalter, and a sign of cuneiform."""


@dataclass(frozen=True)
class OpenedTokeniser:
    """A tokeniser and the tokens that are put around texts.

    Attributes:
        path: As the user named it.
        file: What it says.
        frame: BOS, EOS and padding.
        pads_with_eos: Padding has the id of EOS.
    """

    path: str
    file: TokeniserFile
    frame: FrameIds

    @property
    def pads_with_eos(self) -> bool:
        """Say whether padding cannot be told from the end of a document by its id."""
        return self.frame.pad == self.frame.eos

    def facts(self) -> dict[str, object]:
        """What manifests and files say of the tokeniser."""
        return {
            "tokenizer_sha256": self.file.sha256,
            "vocabulary_size": self.file.vocabulary_size,
            "bos_id": self.frame.bos,
            "eos_id": self.frame.eos,
            "pad_id": self.frame.pad,
        }

    def fingerprint(self) -> dict[str, object]:
        """What of the tokeniser changes the result."""
        return {**self.facts(), "packages": library_versions(PACKAGES)}


def open_tokeniser(path: str, settings: PackSettings) -> OpenedTokeniser:
    """Read a tokeniser file, local or remote, and find BOS, EOS and padding.

    Raises:
        MissingRequirementError: There is no such file.
        SettingsError: It is no tokeniser, the package that reads it is missing, it lacks a token that the
            settings ask for, or it leaves characters out.
    """
    file = read_tokeniser_file(path, settings)
    if not len(_engine(file, settings).encode([RARE]).ids):
        raise SettingsError(
            f"--tokenizer {path} leaves characters that it does not know out of every text: give its model an"
            " unk_token or byte_fallback, or take a byte-level one (`corpusmill train-tokenizer`)"
        )
    try:
        return OpenedTokeniser(path, file, _frame(path, file, settings))
    except ValueError as error:
        raise SettingsError(f"--tokenizer {path}: {error}") from error


def read_tokeniser_file(path: str, settings: PackSettings) -> TokeniserFile:
    """Read a tokeniser file, local or remote.

    Raises:
        MissingRequirementError: There is no such file.
        SettingsError: It is no tokeniser, or the package that reads it is missing.
    """
    try:
        file = read_tokeniser(
            path.rsplit("/", 1)[-1],
            _content(path),
            _content_beside(path),
            split=settings.tiktoken_split,
            special_tokens=settings.tiktoken_special_tokens,
        )
        # A package that is missing, or a file that none reads, is told before Spark starts.
        _engine(file, settings)
    except ValueError as error:
        raise SettingsError(f"--tokenizer {path}: {error}") from error
    return file


def _engine(file: TokeniserFile, settings: PackSettings) -> TokenEngine:
    return load_engine(
        file,
        "sentencepiece" if file.kind == "sentencepiece" else "tokenizers",
        special_tokens_in_text=settings.special_tokens_in_text,
    )


def _content(path: str) -> bytes:
    try:
        with storage.open_input(storage.absolute(path)) as stream:
            return stream.read()
    except OSError as error:
        raise MissingRequirementError(
            f"--tokenizer {path} cannot be read ({error.strerror or error}): give a tokenizer.json, a "
            "tiktoken file or a SentencePiece model"
        ) from error


def _content_beside(path: str) -> bytes | None:
    folder = storage.absolute(path).rsplit("/", 1)[0]
    text = storage.read_text(storage.join(folder, CONFIGURATION_NAME))
    return None if text is None else text.encode("utf-8")


def _frame(path: str, file: TokeniserFile, settings: PackSettings) -> FrameIds:
    eos = file.token_id("eos", settings.eos_token)
    if eos is None and settings.eos_token == AUTOMATIC:
        raise SettingsError(
            f"--tokenizer {path} has no token that is known to end a text. Name it (--eos-token TOKEN; "
            f"special tokens: {', '.join(list(file.special_tokens)[:8]) or 'none'}), or do without "
            "(--eos-token none)."
        )
    pad = file.token_id("pad", settings.pad_token)
    return FrameIds(
        bos=file.token_id("bos", settings.bos_token),
        eos=eos,
        pad=pad if pad is not None else eos or 0,
    )
