"""What a user can set about training perplexity models."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from udfs.perplexity.kneser_ney import check_pruning

_PRUNING_FROM_ORDER = 3  # 0 0 1 1 1: words and pairs are kept, longer n-grams seen once leave


class PerplexitySettings(BaseModel):
    """Order, pruning, folds and sample of the n-gram models; sizes in tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: int = Field(5, ge=2, le=6, description="longest n-gram; kenlm is compiled for 6 at most")
    prune: tuple[int, ...] | None = Field(
        None,
        description=(
            "n-grams of order n with a raw count <= the n-th number leave; default: 0 0 1 1 1 from "
            "prune_from_tokens on (a third of the size, perplexity a few per cent higher), else none"
        ),
    )
    prune_from_tokens: int = Field(
        2_000_000, ge=0, description="training tokens of a model from which the default prunes"
    )
    folds: int = Field(
        2,
        ge=1,
        le=16,
        description=(
            "2 or more: a document is scored by a model that was not trained on it, nor on copies "
            "that differ in case, digits or white space (near-copies may fall into another fold and "
            "look familiar); 1: one model a language, for trusted reference text"
        ),
    )
    max_tokens_per_language: int = Field(
        50_000_000, ge=1, description="sample size; documents enter by a hash of their content"
    )
    min_training_tokens: int = Field(
        2_000,
        ge=1,
        description="a language with less gets no model: its perplexities would be noise",
    )
    driver_tokens: int = Field(
        4_000_000,
        ge=0,
        description=(
            "languages up to this sample size are trained in the driver's memory (0.3 kB a token), "
            "larger ones as Spark jobs; the numbers are the same"
        ),
    )
    bucket_tokens: int = Field(
        1_000_000, ge=1, description="tokens a task of the Spark jobs; 0.5 kB of memory each"
    )
    held_out_tokens: int = Field(
        200_000, ge=0, description="unseen text scored at the end to report a held-out perplexity"
    )
    lmplz: str | None = Field(
        None,
        description="KenLM's own trainer to use on the driver instead; its path or name on PATH",
    )
    languages: tuple[str, ...] | None = Field(
        None,
        description="languages to train, and to find in a given model; default: all that have enough text",
    )
    binary: bool = Field(
        True,
        description="write kenlm's binary, which workers share in memory, where this machine can; else ARPA",
    )
    keep_arpa: bool = Field(
        False,
        description="leave each model beside its binary as ARPA, the text that other tools read, too",
    )

    @model_validator(mode="after")
    def _pruning_fits(self) -> PerplexitySettings:
        if self.prune is not None:
            check_pruning(self.order, self.prune)
        return self

    def pruning_for(self, training_tokens: int) -> tuple[int, ...]:
        """The thresholds for a model trained on so many tokens."""
        if self.prune is not None:
            return self.prune
        single = int(training_tokens >= self.prune_from_tokens)
        return tuple(single if n >= _PRUNING_FROM_ORDER else 0 for n in range(1, self.order + 1))
