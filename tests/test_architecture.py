"""Who may import whom, and what stays out of which folder."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("app", "runplan", "finetune", "benchmarks")
# From the bottom up: a module imports only modules of its own layer or of lower ones.
LAYERS = (
    ("errors", "units", "backends.base"),
    ("constraints",),
    ("request",),
    ("plan", "drafts"),
    ("paces", "calendar", "plan_json", "claims", "note_grammar", "rules", "grid"),
    ("workouts", "volume", "topics", "mentions", "menus", "spacing", "focuses"),
    ("envelope", "ranges", "slots"),
    ("notation", "checks", "notes", "advice"),
    ("briefs",),
    ("coach", "prompts", "assemble", "merging"),
    ("backends", "exports"),
    ("understanding", "writer"),
    ("batch",),
    ("cli", "cli_io", "cli_understand", "__main__"),
)
# About 400 is the aim.
MAX_LINES = 500


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path, *, at_start: bool = False) -> Iterator[str]:
    """Names of imported modules; with `at_start` only those that importing the file imports."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if at_start and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting.extend(ast.iter_child_nodes(node))


def importers(package: str, *folders: str, at_start: bool = False) -> list[str]:
    """Files under `folders` that import `package`."""
    return [
        str(path.relative_to(ROOT))
        for path in sources(*folders)
        if any(name.split(".")[0] == package for name in imports(path, at_start=at_start))
    ]


@pytest.mark.parametrize("package", ["streamlit", "app", "finetune", "benchmarks", "tests"])
def test_runplan_never_imports(package: str) -> None:
    assert importers(package, "runplan") == []


@pytest.mark.parametrize("package", ["torch", "transformers", "xllamacpp", "pandas"])
def test_runplan_loads_heavy_packages_only_when_used(package: str) -> None:
    assert importers(package, "runplan", at_start=True) == []


@pytest.mark.parametrize("package", ["app", "streamlit", "benchmarks", "tests"])
def test_finetune_never_imports(package: str) -> None:
    assert importers(package, "finetune") == []


@pytest.mark.parametrize("package", ["finetune", "benchmarks", "torch", "transformers", "tests"])
def test_app_never_imports(package: str) -> None:
    assert importers(package, "app") == []


def test_unsloth_is_imported_in_one_file_at_most() -> None:
    assert len(importers("unsloth", *PACKAGES)) <= 1


def layer_of(dotted: str) -> str | None:
    """`runplan.exports.text` → `exports`; None for what is not a module of `runplan`."""
    known = {name for layer in LAYERS for name in layer}
    parts = dotted.split(".")
    if parts[0] != "runplan":
        return None
    return next((name for name in (".".join(parts[1:3]), *parts[1:2]) if name in known), None)


def test_every_module_of_runplan_has_a_layer() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources("runplan")
    ]
    unknown = [name for name in modules if name != "runplan.__init__" and not layer_of(name)]
    assert unknown == [], "give it a place in LAYERS"


def test_runplan_imports_downwards_only() -> None:
    height = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    wrong = set()
    for path in sources("runplan"):
        module = layer_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name in imports(path):
            used = layer_of(name)
            if module and used and height[used] > height[module]:
                wrong.add(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == set()


@pytest.mark.parametrize("folder", ["prompts", "data", "models"])
def test_folder_holds_no_code(folder: str) -> None:
    assert sources(folder) == []


def test_files_stay_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in sources(*PACKAGES, "tests")}
    assert {str(path): size for path, size in sizes.items() if size > MAX_LINES} == {}


def test_no_page_allows_html() -> None:
    code = "".join(path.read_text() for path in [*sources("app"), ROOT / "streamlit_app.py"])
    assert "unsafe_allow_html" not in code
    assert "st.html" not in code


# Imported only where the runner asks for it, with a clear error when it is missing.
OPTIONAL = {"huggingface-hub"}


def test_requirements_name_what_the_app_imports() -> None:
    text = (ROOT / "requirements.txt").read_text()
    declared = {normal(name) for name in re.findall(r"^[\w.-]+", text, re.MULTILINE)}
    providers = metadata.packages_distributions()
    files = [*sources("app", "runplan"), ROOT / "streamlit_app.py"]
    modules = {name.split(".")[0] for path in files for name in imports(path)}
    foreign = modules - set(sys.stdlib_module_names) - set(PACKAGES)
    missing = {
        module
        for module in foreign
        if not ({normal(name) for name in providers.get(module, [module])} & (declared | OPTIONAL))
    }
    assert missing == set()


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
