"""A trainer's tokeniser as one object: tokenizer.json, tiktoken file or SentencePiece model.

Of a tiktoken file a ``tokenizer.json`` is made (``tiktoken_file``), so that two forms are left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from udfs.trainer_files.tokenising.sentencepiece_model import load_processor
from udfs.trainer_files.tokenising.tiktoken_file import SplitName, is_tiktoken, tokeniser_json

SMALLEST_USEFUL_VOCABULARY: Final = 2
ROLES: Final = ("bos", "eos", "pad")
NO_TOKEN: Final = "none"
AUTOMATIC: Final = "auto"
# Where neither the file nor its tokenizer_config.json says which token has a role, these spellings of
# published vocabularies do; the first that is in the vocabulary counts.
USUAL_SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "bos": ("<|begin_of_text|>", "<s>", "<bos>", "<｜begin▁of▁sentence｜>", "[BOS]"),
    "eos": (
        "<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>", "<｜end▁of▁sentence｜>", "[EOS]",
    ),
    "pad": ("<pad>", "<|pad|>", "[PAD]", "<|finetune_right_pad_id|>", "<｜▁pad▁｜>"),
}  # fmt: skip
_BARS = ("<|", "<｜")


@dataclass(frozen=True)
class TokeniserFile:
    """What a tokeniser file says; small enough to be sent to every worker once.

    Attributes:
        kind: ``json`` (Hugging Face) or ``sentencepiece``.
        content: The file, or the ``tokenizer.json`` made of a tiktoken file.
        sha256: Of the file as given, 64 hexadecimal digits.
        vocabulary_size: One more than the largest id.
        special_tokens: Spelling → id of tokens that stand for no text.
        roles: ``bos``, ``eos``, ``pad`` → spelling, where the files say so.
    """

    kind: Literal["json", "sentencepiece"]
    content: bytes
    sha256: str
    vocabulary_size: int
    special_tokens: Mapping[str, int]
    roles: Mapping[str, str]

    def __hash__(self) -> int:
        """By the file's hash: engines are kept by their tokeniser."""
        return hash(self.sha256)

    def token_id(self, role: str, wanted: str) -> int | None:
        """Return the id of the token with a role; None where there is none or none is wanted.

        Args:
            role: One of ``ROLES``.
            wanted: A token's spelling, ``auto`` or ``none``.

        Raises:
            ValueError: The spelling is not in the vocabulary.
        """
        if wanted == NO_TOKEN:
            return None
        if wanted == AUTOMATIC:
            if role in self.roles:
                return self._find(self.roles[role])
            known = (name for name in USUAL_SPELLINGS[role] if name in self.special_tokens)
            return next((self.special_tokens[name] for name in known), None)
        found = self._find(wanted)
        if found is None:
            there = ", ".join(sorted(self.special_tokens)[:12]) or "none"
            raise ValueError(
                f"{role} token {wanted!r} is not in the vocabulary; its special tokens: {there}. "
                f"Name one of them, or {NO_TOKEN}."
            )
        return found

    def _find(self, spelling: str) -> int | None:
        if spelling in self.special_tokens:
            return self.special_tokens[spelling]
        if self.kind == "sentencepiece":
            return None
        vocabulary = json.loads(self.content)["model"].get("vocab", {})
        return vocabulary.get(spelling) if isinstance(vocabulary, dict) else None


def read_tokeniser(
    name: str,
    content: bytes,
    configuration: bytes | None = None,
    *,
    split: SplitName | str = "cl100k_base",
    special_tokens: Mapping[str, int] | None = None,
) -> TokeniserFile:
    """Read a tokeniser from the bytes of its file.

    Args:
        name: The file's name, for messages.
        content: Its bytes.
        configuration: ``tokenizer_config.json`` beside a ``tokenizer.json``, which names roles.
        split: For a tiktoken file, which says nothing of it: a published split by name, or a regular
            expression.
        special_tokens: For a tiktoken file: spelling → id.

    Raises:
        ValueError: It is none of the three forms, or a package is missing.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if content.lstrip()[:1] == b"{":
        return _from_json(name, content, sha256, configuration)
    if is_tiktoken(content):
        made = tokeniser_json(content, split, special_tokens or {})
        digest = hashlib.sha256(made).hexdigest()  # the split and the special tokens count, too
        return _from_json(name, made, digest, None)
    return _from_sentencepiece(name, content, sha256)


def _from_json(
    name: str, content: bytes, sha256: str, configuration: bytes | None
) -> TokeniserFile:
    try:
        parsed = json.loads(content)
        vocabulary, added = parsed["model"]["vocab"], parsed.get("added_tokens") or []
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{name} is no tokenizer.json: it has no model with a vocabulary ({error!r}). Give the file "
            "that `Tokenizer.save` of the package tokenizers writes."
        ) from error
    plain = [token for token in added if token.get("special") is not True]
    # <|im_start|> and its like steer a model, whether or not the file calls them special.
    steering = [token for token in plain if token["content"].startswith(_BARS)]
    for token in steering:
        token["special"] = True
    ids = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
    size = 1 + max([*ids, *(token["id"] for token in added)], default=-1)
    _require_vocabulary(name, size)
    return TokeniserFile(
        "json",
        json.dumps(parsed, ensure_ascii=False).encode("utf-8") if steering else content,
        sha256,
        size,
        {token["content"]: token["id"] for token in added if token.get("special")},
        _roles(name, configuration),
    )


def _roles(name: str, configuration: bytes | None) -> dict[str, str]:
    if configuration is None:
        return {}
    try:
        told: dict[str, Any] = json.loads(configuration)
    except ValueError as error:
        raise ValueError(f"tokenizer_config.json beside {name} is no JSON: {error}") from error
    named = ((role, told.get(f"{role}_token")) for role in ROLES)
    spelt = (
        (role, token["content"] if isinstance(token, dict) else token) for role, token in named
    )
    return {role: token for role, token in spelt if isinstance(token, str)}


def _from_sentencepiece(name: str, content: bytes, sha256: str) -> TokeniserFile:
    processor = load_processor(name, content)
    size = int(processor.get_piece_size())
    _require_vocabulary(name, size)
    roles = {"bos": processor.bos_id(), "eos": processor.eos_id(), "pad": processor.pad_id()}
    controls = _pieces(processor, (i for i in range(size) if processor.is_control(i)))
    return TokeniserFile(
        "sentencepiece",
        content,
        sha256,
        size,
        controls,
        {role: processor.id_to_piece(number) for role, number in roles.items() if number >= 0},
    )


def _pieces(processor: Any, ids: Iterable[int]) -> dict[str, int]:
    return {processor.id_to_piece(number): number for number in ids}


def _require_vocabulary(name: str, size: int) -> None:
    if size < SMALLEST_USEFUL_VOCABULARY:
        raise ValueError(f"{name} has a vocabulary of {size} tokens: it was never trained")
