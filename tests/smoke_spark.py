"""`python -m tests.smoke_spark VERSION`: the sample on another Spark gives the corpus of this one.

The environment of that Spark is made in build/, once: this one's packages, and its pyspark before them.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pyspark

from examples.sample.crawl import write_crawl
from tests.cluster.runs import contents
from tests.conftest import REPOSITORY

RUN_SECONDS = 1200


def environment_of(version: str) -> Path:
    """Return the Python that sees the given pyspark and, for the rest, this environment."""
    folder = REPOSITORY / "build" / f"spark-{version}"
    python = folder / "bin" / "python"
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages /= "site-packages"
    if not (packages / "pyspark").is_dir():
        venv.create(folder, symlinks=True)
        ours = Path(pyspark.__file__).parents[1]
        (packages / "shared.pth").write_text(f"{ours}\n", encoding="utf-8")
        # py4j must be the one this pyspark asks for, the rest is there already.
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        subprocess.run([*command, "--target", str(packages), f"pyspark=={version}"], check=True)
    return python


def run_sample(python: Path, crawl: Path, output: Path) -> dict[str, str]:
    command = [str(python), "-m", "jobs.command_line", "run", str(crawl), str(output)]
    command += ["--recipe", "fineweb", "--master", "local[2]", "--quiet"]
    command += ["--set", "run.driver_megabytes=0"]  # else the sample would need no Spark at all
    environment = {name: value for name, value in os.environ.items() if name != "SPARK_HOME"}
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=RUN_SECONDS)
    return contents(output, str(crawl))


def main(version: str) -> int:
    python = environment_of(version)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_crawl(folder / "crawl")
        ours = run_sample(Path(sys.executable), folder / "crawl", folder / "ours")
        theirs = run_sample(python, folder / "crawl", folder / "theirs")
    different = [name for name in ours if ours[name] != theirs[name]]
    verdict = f"differs in {', '.join(different)}" if different else "same corpus, row for row"
    print(f"Spark {version} beside {pyspark.__version__}: {verdict}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
