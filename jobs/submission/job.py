"""What is to be run, the same for every service: words of the command, files it needs, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.session import read_spark_conf
from jobs.runtime.store import storage

ENTRY = "run_pipeline.py"
PACKAGE = "corpusmill.zip"
ENVIRONMENT = "environment.tar.gz"
PYTHON = "./environment/bin/python"
TOKEN_CHARACTERS = 32
RUN_SETTINGS = {  # of conf/
    "emr": "spark-emr.conf",
    "emr-serverless": "spark-emr-serverless.conf",
    "dataproc": "spark-dataproc.conf",
}


@dataclass(frozen=True)
class SubmittedJob:
    """One run on somebody's cluster.

    Attributes:
        service: ``emr``, ``emr-serverless`` or ``dataproc``.
        words: Arguments of ``corpusmill run``.
        code: Prefix in the service's store that holds entry point, package and environment.
        settings: Spark settings that win over those of conf/.
        texts: Small files of the user's that the run reads, by the path where they are put.
        run_id: The caller's name for this attempt, e.g. a schedule's date; the same words and name are
            one job, however often they are submitted.
    """

    service: str
    words: tuple[str, ...]
    code: str
    settings: Mapping[str, str]
    run_id: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The client token: 32 lower-case hexadecimal digits."""
        facts = [self.service, self.words, self.code, sorted(self.settings.items()), self.run_id]
        return digest(facts)[:TOKEN_CHARACTERS]

    @property
    def name(self) -> str:
        """Name in the service's lists: starts with a letter, and contains the token."""
        return f"corpusmill-{self.token}"

    @property
    def entry(self) -> str:
        """Where the entry point lies."""
        return storage.join(self.code, ENTRY)

    @property
    def package(self) -> str:
        """Where the zip for ``--py-files`` lies."""
        return storage.join(self.code, PACKAGE)

    @property
    def archive(self) -> str:
        """Where the environment lies, in the spelling of ``--archives``."""
        return storage.join(self.code, ENVIRONMENT) + "#environment"

    @property
    def spark_settings(self) -> dict[str, str]:
        """Settings of conf/ for the service, then those given."""
        return read_spark_conf(configuration_file(RUN_SETTINGS[self.service])) | dict(self.settings)


def submitted_job(
    service: str,
    words: Sequence[str],
    code: str,
    settings: Mapping[str, str],
    run_id: str,
    texts: Mapping[str, str] | None = None,
) -> SubmittedJob:
    """Check and return a job.

    Raises:
        SettingsError: A path is local, or of another service's store.
    """
    scheme = "gs://" if service == "dataproc" else "s3://"
    paths = [code, *_paths(words)]
    wrong = [path for path in paths if not path.startswith(scheme)]
    if wrong:
        raise SettingsError(
            f"{', '.join(wrong)}: {service} reads and writes {scheme} only, and no machine of it sees "
            f"your disk. Copy it there and give the {scheme} path."
        )
    return SubmittedJob(
        service, tuple(words), storage.absolute(code), settings, run_id, texts or {}
    )


def _paths(words: Sequence[str]) -> list[str]:
    """INPUT and OUTPUT: everything before the first option."""
    options = [number for number, word in enumerate(words) if word.startswith("--")]
    return list(words[: options[0]] if options else words)
