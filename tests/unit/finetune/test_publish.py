"""The release gate, what would go up, and what is said when the hub does not take it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from huggingface_hub import HfApi, ModelCard

from finetune import config
from finetune.config import Recipe
from finetune.errors import PublishError
from finetune.files import read_json
from finetune.publish import publish
from runplan.backends.llama_cpp import LlamaCppBackend
from tests.support.finished_run import write_finished_run

ROOT = Path(__file__).parents[3]
# Nothing listens there.
CLOSED = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return config.load("nano")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "nano"
    return write_finished_run(folder, week_valid_free=0.9, outline_valid_free=0.8)


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weak") / "nano"
    return write_finished_run(folder, week_valid_free=0.9, outline_valid_free=0.794)


def test_dry_run_lists_what_would_go_up(recipe: Recipe, good: Path) -> None:
    said: list[str] = []
    publish(recipe, good, repo="me/plans", dry_run=True, say=said.append)
    assert said[0] == "would be uploaded to me/plans:"
    assert [line.split()[0] for line in said[1:]] == [
        "README.md",
        "config.json",
        "metrics.json",
        "model.safetensors",
        "nano.gguf",
        "tokenizer.json",
    ]


def test_the_release_is_a_model_with_its_card(recipe: Recipe, good: Path) -> None:
    publish(recipe, good, repo="me/plans", dry_run=True, say=lambda _: None)
    folder = good / "release"
    LlamaCppBackend(folder / "nano.gguf").close()
    assert (folder / "model.safetensors").read_text() == "merged model.safetensors"
    metrics = read_json(folder / "metrics.json")
    assert metrics["trained_parameters"] == {"base": 5_000_000, "lora": 400_000}
    assert metrics["parameters"] > 50_000
    card = ModelCard.load(folder / "README.md")
    assert card.data.license == "apache-2.0"
    assert "RUNPLAN_MODEL=hf:me/plans/nano.gguf make app" in card.text
    assert "reaches the bar" in card.text


@pytest.mark.parametrize("dry_run", [False, True])
def test_below_the_bar_nothing_goes_up(recipe: Recipe, weak: Path, dry_run: bool) -> None:
    with pytest.raises(PublishError, match=r"90\.0 % of the weeks and 79\.4 % of the outlines"):
        publish(recipe, weak, dry_run=dry_run, api=hub(CLOSED), say=lambda _: None)


def test_the_bar_is_the_recipes(weak: Path) -> None:
    lower = config.load("nano", ["publish.min_valid=0.75"])
    publish(lower, weak, dry_run=True, say=lambda _: None)


def test_forced_it_goes_on_and_the_card_says_so(recipe: Recipe, weak: Path) -> None:
    said: list[str] = []
    publish(recipe, weak, force=True, dry_run=True, say=said.append)
    assert said[-1].startswith("forced: without the grammar 90.0 %")
    card = (weak / "release" / "README.md").read_text()
    assert "**Below the bar of its recipe for release:** without the grammar 90.0 %" in card


def hub(endpoint: str) -> HfApi:
    return HfApi(endpoint=endpoint, token="hf_made_up")


def test_no_way_to_the_hub_is_one_line(recipe: Recipe, good: Path) -> None:
    with pytest.raises(PublishError, match=r"cannot be reached .*try again") as raised:
        publish(recipe, good, repo="me/plans", api=hub(CLOSED))
    assert "\n" not in str(raised.value)


def test_a_name_the_hub_cannot_have_is_refused_before_anything_is_sent(
    recipe: Recipe, good: Path
) -> None:
    with pytest.raises(PublishError, match="is no name of a repository"):
        publish(recipe, good, repo="me/my/plans", api=hub(CLOSED))


@pytest.fixture
def refusing(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that answers everything with one status."""

    class Refusal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(request.param)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("refusing", "said"),
    [
        (401, "does not know this token"),
        (403, "may not write to me/plans"),
        (422, "refused me/plans"),
    ],
    indirect=["refusing"],
)
def test_a_refusal_says_what_to_do(recipe: Recipe, good: Path, refusing: str, said: str) -> None:
    with pytest.raises(PublishError, match=said) as raised:
        publish(recipe, good, repo="me/plans", api=hub(refusing))
    assert "\n" not in str(raised.value)


def test_without_a_token_the_command_ends_with_one_line(good: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "finetune", "publish", "--recipe", "nano"),
            *("--run-dir", str(good), "--repo", "me/plans"),
        ],
        cwd=ROOT,
        env={**environment, "HF_HOME": str(tmp_path), "HF_ENDPOINT": CLOSED},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("python -m finetune: there is no token for the hub")
    assert done.stderr.count("\n") == 1
