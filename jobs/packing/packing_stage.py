"""Documents → packed/: the stage itself, without the command around it and the page behind it.

A stage's fingerprint covers what its module imports: a changed page must not tokenise a corpus anew.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs.packing.documents import ChunkDocuments
from jobs.packing.opened_tokeniser import OpenedTokeniser
from jobs.packing.own_documents import OwnDocuments
from jobs.packing.row_files import (
    COUNTS_NAME,
    QUARANTINED,
    TRAIN,
    VALIDATION,
    RowWriter,
    files_of,
    read_facts,
)
from jobs.packing.spark_documents import SparkDocuments
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.store import storage
from jobs.runtime.suggestions import did_you_mean
from udfs.trainer_files.packing.row_facts import added_facts
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.identity_check import (
    CHECKED_CHARACTERS,
    EngineChoice,
    choose_engine,
)

DATASET = "packed"
CHECKED_DOCUMENTS = 1_000


@dataclass(frozen=True)
class PackSource:
    """The documents to pack.

    Attributes:
        fingerprint: Of what they are.
        documents: Their number.
        by_spark: Readers of parts that a killed run goes on from, as DataFrames.
        files: That each part reads.
        here: The same in memory, where this process does without Spark; else None.
        own_tasks: Gives a stage what it then hands its work to.
    """

    fingerprint: str
    documents: int
    by_spark: Sequence[Callable[[], SparkDocuments]]
    files: Sequence[int]
    here: Sequence[Callable[[], OwnDocuments]] | None = None
    own_tasks: Callable[[], OwnTasks | None] = lambda: None

    @property
    def chunks(self) -> Sequence[Callable[[], ChunkDocuments]]:
        """Readers for who does the work."""
        return self.by_spark if self.here is None else self.here


def pack_stage(
    context: RunContext,
    source: PackSource,
    tokeniser: OpenedTokeniser,
    settings: PackSettings,
) -> Manifest:
    """Tokenise and pack documents into ``packed/train`` and ``packed/validation``.

    Raises:
        AccountingError: A document was lost or doubled.
        InputError: The ids have a type that rows cannot name.
        StageError: Spark failed.
    """
    own = source.own_tasks()
    packing = _Packing(context, tokeniser, settings, own)
    return run_stage(
        context,
        Stage(
            name="pack",
            dataset=DATASET,
            module="jobs.packing.packing_stage",
            inputs={"documents": source.fingerprint, "tokenizer": tokeniser.file.sha256},
            configuration={**_row_settings(settings), "tokenizer": tokeniser.fingerprint()},
            chunks=[functools.partial(packing.write, chunk) for chunk in source.chunks],
            account=functools.partial(packing.account, source.documents),
            details=packing.details,
            own_tasks=own,
            cut=source.files,
        ),
    )


def _row_settings(settings: PackSettings) -> dict[str, Any]:
    """What changes the rows; the other formats are made of them."""
    return {key: value for key, value in asdict(settings).items() if key != "formats"}


class _Packing:
    """Writes the chunks of one pack stage and counts what lies in its folder afterwards."""

    def __init__(
        self,
        context: RunContext,
        tokeniser: OpenedTokeniser,
        settings: PackSettings,
        own_tasks: OwnTasks | None,
    ) -> None:
        self._context = context
        self._own_tasks = own_tasks
        self._tokeniser = tokeniser
        self._settings = settings
        self._choice: EngineChoice | None = None
        self._told: list[dict[str, Any]] = []
        self._counted: list[dict[str, Any]] = []
        self._folder = context.folder(DATASET)

    def write(self, chunk: Callable[[], ChunkDocuments], folder: str) -> None:
        """Write one chunk."""
        documents = chunk()
        choice = self._chosen(documents)
        counts = documents.count(self._settings)
        training, _ = counts.partitions(self._settings)
        writer = RowWriter(
            tokeniser=documents.shared(self._tokeniser.file),
            engine=choice.name,
            settings=self._settings,
            frame=self._tokeniser.frame,
            id_type=documents.id_type,
            folder=folder,
            training_partitions=training,
            facts={
                **self._tokeniser.facts(),
                **_row_settings(self._settings),
                "engine": choice.name,
            },
        )
        documents.write(writer, self._settings, counts, self._own_tasks)
        storage.write_text(
            storage.join(folder, COUNTS_NAME), json.dumps(counts.as_json(), ensure_ascii=False)
        )

    def _chosen(self, documents: ChunkDocuments) -> EngineChoice:
        if self._choice is None:
            sample = documents.beginnings(CHECKED_CHARACTERS, CHECKED_DOCUMENTS)
            self._choice = choose_engine(
                self._tokeniser.file,
                [text for text, _ in sample],
                special_tokens_in_text=self._settings.special_tokens_in_text,
            )
            if self._choice.warning is not None:
                self._context.reporter.note(f"pack: {self._choice.warning}")
        return self._choice

    def account(self, documents: int, files: Sequence[PublishedFile]) -> RowAccounts:
        """Count documents from what the files say of themselves, which ``details`` then tells, too."""
        self._told = read_facts(self._folder, files_of(TRAIN, files) + files_of(VALIDATION, files))
        self._counted = self._counts(files)
        facts = added_facts(one["facts"] for one in self._told)
        return RowAccounts(
            rows_in=documents,
            rows_out=int(facts.get("documents", 0)),
            rows_dropped=sum(counts["left_out"] for counts in self._counted),
            rows_quarantined=sum(file.rows for file in files_of(QUARANTINED, files)),
        )

    def details(self) -> dict[str, Any]:
        """Facts for the manifest, once the rows are accounted for."""
        epochs = _epochs(self._settings, self._counted)
        for value in sorted(set(self._settings.weights) - set(epochs)):
            self._context.reporter.note(
                f"pack: no document to train on has {self._settings.mix_by} {value!r}, its weight did "
                f"nothing{did_you_mean(value, epochs)}"
            )
        return {
            **self._tokeniser.facts(),
            "tokenizer": self._tokeniser.path,
            "engine": sorted({one["engine"] for one in self._told}),
            "settings": _row_settings(self._settings),
            "splits": {
                split: added_facts(one["facts"] for one in self._told if one["split"] == split)
                for split in (TRAIN, VALIDATION)
            },
            "left_out": sum(counts["left_out"] for counts in self._counted),
            "epochs": epochs,
        }

    def _counts(self, files: Sequence[PublishedFile]) -> list[dict[str, Any]]:
        names = [file.path for file in files if file.path.split("/")[-1] == COUNTS_NAME]
        texts = [storage.read_text(storage.join(self._folder, name)) for name in names]
        return [json.loads(text) for text in texts if text is not None]


def _epochs(
    settings: PackSettings, counts: Sequence[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """What weights did: documents to train on of each value, and how often they are seen on average."""
    known: dict[str, list[int]] = {}
    for one in counts:
        for value, (documents, seen) in one["by_mix"].items():
            held = known.setdefault(value, [0, 0])
            held[0] += documents
            held[1] += seen
    return {
        value: {
            "weight": float(settings.weights.get(value, 1.0)),
            "documents": documents,
            "epochs": round(seen / documents, 4) if documents else 0.0,
        }
        for value, (documents, seen) in sorted(known.items())
    }
