"""What the documents tell people to type is what the command takes; every YAML shown is valid."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

from jobs.command.parser import build_parser
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import Rule
from tests.conftest import REPOSITORY

PAGES = sorted(
    [
        *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "findings/README.md")),
        *REPOSITORY.glob("docs/**/*.md"),
    ]
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[tuple[str, str]]:
    return [
        (page.name, text)
        for page in PAGES
        for language, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language == kind
    ]


def commands(program: str) -> list[list[str]]:
    lines = [line.strip() for _, text in blocks("") for line in text.splitlines()]
    inline = [
        span
        for page in PAGES
        for span in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    ]
    words = [
        shlex.split(line, comments=True)
        for line in lines + inline
        if line.startswith(program + " ")
    ]
    return [found[1:] for found in words if len(found) > 1]


@pytest.mark.parametrize("words", commands("corpusmill"), ids=" ".join)
def test_a_command_in_the_documents_is_one_the_parser_takes(words: list[str]) -> None:
    if words == ["COMMAND", "--help"]:
        return
    arguments = build_parser().parse_args(words)
    if words[:2] == ["dedup", "plan"]:  # reads no recipe
        return
    if str(getattr(arguments, "recipe", "")).endswith(".yaml"):
        return  # a page's own, which test_walks writes and runs
    if "--recipe" in words or "--set" in words or "--preset" in words:
        extra = [f"dedup.preset={arguments.preset}"] if getattr(arguments, "preset", None) else []
        load_recipe(arguments.recipe or "default", [*arguments.overrides, *extra])


@pytest.mark.parametrize("words", commands("make"), ids=" ".join)
def test_a_make_target_in_the_documents_exists(words: list[str]) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(words[0])}:", makefile, re.MULTILINE)


def test_there_are_commands_to_check() -> None:
    assert len(commands("corpusmill")) > 8
    assert len(commands("make")) > 3


@pytest.mark.parametrize(("page", "text"), blocks("yaml"), ids=lambda value: str(value)[:20])
def test_yaml_in_the_documents_is_valid(tmp_path: Path, page: str, text: str) -> None:
    data = yaml.safe_load(text)
    if isinstance(data, list):
        assert [Rule.model_validate(rule) for rule in data]
    else:
        path = tmp_path / "shown.yaml"
        path.write_text(text, encoding="utf-8")
        assert isinstance(load_recipe(str(path)), Recipe)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("index", "pattern"), [("docs/README.md", "*.md"), ("findings/README.md", "*.sh")]
)
def test_an_index_leads_to_every_page_beside_it(index: str, pattern: str) -> None:
    path = REPOSITORY / index
    listed = set(re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")))
    pages = {found.name for found in path.parent.glob(pattern)} - {path.name}
    assert pages
    assert pages - listed == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_path_of_some_machine(path: Path) -> None:
    assert not re.search(r"/(home|root|work|Users)/\w", path.read_text(encoding="utf-8"))


@pytest.mark.spark
def test_python_in_the_readme_runs(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paragraph = "Whoever cannot say what was in the data cannot say why the model lies. " * 5
    (tmp_path / "page.html").write_text(f"<html><article><p>{paragraph}</p></article></html>")
    shown = [code for page, code in blocks("python") if page == "README.md"]
    assert len(shown) == 2
    for code in shown:
        exec(compile(code, "README.md", "exec"), {})


MODULE = re.compile(r"python -m ((?:bench|jobs|tests|examples)[\w.]*)")
SOURCE = re.compile(
    r"(?<![\w/])((?:udfs|jobs|bench|tests|conf|docker|docs)/[\w/.-]+\.(?:py|yaml|md|conf|npz))\b"
)


def test_every_module_and_file_that_the_documents_name_is_there() -> None:
    missing = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for module in MODULE.findall(text):
            path = REPOSITORY / module.rstrip(".").replace(".", "/")
            if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists():
                missing.append(f"{page.name}: {module}")
        missing += [
            f"{page.name}: {name}"
            for name in SOURCE.findall(text)
            if not (REPOSITORY / name).exists()
        ]
    assert missing == []
