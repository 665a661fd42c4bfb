"""Evaluation of a whole run: its figures, its model card, its report."""

import shutil
from pathlib import Path

import pytest

from finetune.card import install
from finetune.config import Recipe
from finetune.files import read_json
from finetune.report import compare
from finetune.stages import marker, run_stages
from tests.integration.finetune.conftest import tiny_recipe


@pytest.fixture(scope="module")
def few() -> Recipe:
    return tiny_recipe(
        "evaluate.requests=1",
        "evaluate.weeks_per_request=1",
        "evaluate.nll_rows=8",
        "evaluate.chat_rows=10",
    )


@pytest.fixture(scope="module")
def evaluated(run_dir: Path, few: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated") / "nano"
    shutil.copytree(run_dir, folder)
    run_stages(["evaluate"], few, folder)
    # The rows of the shared run are no stage's.
    shutil.copy(marker(folder, "export"), marker(folder, "data"))
    return folder


def test_metrics_tell_what_was_forgotten_and_what_it_took(evaluated: Path, few: Recipe) -> None:
    metrics = read_json(evaluated / "metrics.json")
    before, after = (metrics[name]["chat_perplexity"] for name in ("base", "tuned"))
    assert metrics["chat"] == "general_chat.jsonl"
    assert metrics["forgetting"] == pytest.approx(after / before - 1, abs=1e-4)
    # It has seen nothing but plans.
    assert before > 2 * metrics["base"]["perplexity"]
    facts = {stage: read_json(marker(evaluated, stage))["facts"] for stage in ("base", "lora")}
    assert metrics["trained_parameters"] == {
        stage: fact["parameters"] for stage, fact in facts.items()
    }
    memory = metrics["peak_memory_mb"]
    assert memory.keys() == {"base", "lora", "evaluate"}
    assert memory["lora"] == facts["lora"]["peak_memory_mb"]
    exported = read_json(marker(evaluated, "export"))["facts"]
    for name in ("base", "tuned"):
        for figure, value in exported[name].items():
            assert metrics[name][f"file_{figure}"] == value


def test_card_and_report_show_them(evaluated: Path, few: Recipe, tmp_path: Path) -> None:
    folder = install(few, evaluated, tmp_path / "models" / "nano")
    metrics = read_json(folder / "metrics.json")
    card = (folder / "README.md").read_text()
    assert f"| perplexity on general chat | {metrics['base']['chat_perplexity']:.3f} |" in card
    assert "Forgetting: on general chat (`general_chat.jsonl`) the tuned model's perplexity" in card
    assert f"| Peak memory | base {metrics['peak_memory_mb']['base']:,.0f} MB, " in card
    assert "\n\n\n" not in card
    compare([evaluated, folder], tmp_path / "report")
    report = (tmp_path / "report" / "report.md").read_text()
    for row in (
        "Perplexity on general chat",
        "Greedy tokens as before quantisation",
        "Rise of the perplexity on general chat by tuning",
        "lora: weights trained",
        "evaluate: peak memory",
    ):
        (line,) = (line for line in report.splitlines() if line.startswith(f"| {row} |"))
        assert "–" not in line
