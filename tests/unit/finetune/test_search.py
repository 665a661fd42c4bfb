"""Searches: what is tried is what the file says, once each, whoever works on it. Nothing is trained."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from finetune import config, search_report
from finetune.cli import main
from finetune.errors import RecipeError, StageError
from finetune.search import Worker
from finetune.search_space import SEARCHES, Search, load, search_names

SMALL: dict[str, object] = {
    "name": "small",
    "seed": 7,
    "sampler": "random",
    "pruner": "none",
    "trials": 6,
    "every_steps": 100,
    "space": {"lora.rank": [4, 8, 16], "lora.alpha": {"low": 1, "high": 2}},
}


def search(**changes: object) -> Search:
    return Search.model_validate(SMALL | changes)


def test_searches_that_ship_fit_the_recipes() -> None:
    assert search_names() == ["batch", "learning-rate", "model", "rank", "tuning"]
    for name in search_names():
        found = load(name)
        assert found.name == name
        for values in found.corners():
            trial = found.recipe(values, "llama-3.2-1b-lora", ["seed=5"])
            assert trial.seed == 5
            assert trial.method.training.checkpoint_steps == found.every_steps


def test_ablations_are_those_of_the_slides() -> None:
    def tried(name: str) -> list[str]:
        found = load(name)
        assert found.pruner == "none"
        recipes = [found.recipe(values, "llama-3.2-1b-lora", []) for values in found.grid()]
        trainings = [recipe.method.training for recipe in recipes]
        return [
            f"{recipe.name} {recipe.method.rank} {training.learning_rate:g} "
            f"{training.rows_per_batch}x{training.accumulation}"
            for recipe, training in zip(recipes, trainings)
        ]

    one = "llama-3.2-1b-lora"
    assert tried("learning-rate") == [
        f"{one} 16 {rate} 2x4" for rate in ("0.002", "0.0002", "2e-05")
    ]
    assert tried("rank") == [f"{one} {rank} 0.0002 2x4" for rank in (16, 32, 64)]
    assert tried("batch") == [f"{one} 16 0.0002 {batch}" for batch in ("2x4", "4x8")]
    assert [words.split()[0] for words in tried("model")] == [
        *("nano", "gemma-3-270m-lora", one, "llama-3.2-3b-lora")
    ]


@pytest.mark.parametrize("name", search_names())
def test_every_key_of_a_search_is_explained(name: str) -> None:
    lines = (SEARCHES / f"{name}.yaml").read_text().splitlines()
    keys = [line for line in lines if re.match(r"\w", line)]
    assert len(keys) >= 7
    assert all("# " in line for line in keys)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tirals": 3}, "unknown key tirals"),
        ({"sampler": "grid"}, "a grid needs choices"),
        ({"trials": None}, "trials belongs"),
        ({"space": {}}, "space:"),
        ({"space": {"lora.rank": []}}, "space.lora.rank:"),
        ({"space": {"lora.rank": [4, 4]}}, "space.lora.rank: a choice is there twice"),
        ({"space": {"lora.rank": {"low": 4, "hihg": 8}}}, "unknown key space.lora.rank.hihg"),
        ({"space": {"lora.rank": {"low": 4, "high": 4}}}, "low must be below high"),
        ({"space": {"x": {"low": 0, "high": 4, "log": True}}}, "low must be above 0"),
        ({"keep_one_in": 1}, "keep_one_in:"),
        ({"every_steps": 2000}, "every_steps is 2000, of 1600 steps"),
        ({"space": {"lora.rnk": [4, 8]}}, "unknown key lora.rnk"),
        ({"space": {"lora.rank": [4, -8]}}, "lora.rank: "),
        (
            {"space": {"lora.training.steps": [400, 800]}, "pruner": "hyperband"},
            "lora.training.steps has to be the same",
        ),
        (
            {"fixed": {"runtime.backend": "unsloth"}},
            "runtime.backend: trials are trained with transformers",
        ),
    ],
)
def test_what_is_wrong_in_a_search_is_one_line(
    changes: dict[str, object], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(SMALL | changes))
    words = ["search", "--recipe", "nano", "--search", str(path), "--run-dir", str(tmp_path)]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_help_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["search", "--help"])
    assert "python -m finetune search --recipe nano --trials 30" in capsys.readouterr().out


def test_a_search_that_is_not_there_is_one_line() -> None:
    with pytest.raises(RecipeError, match="no search 'best'; there are: batch, "):
        load("best")


def test_a_trial_goes_before_the_command_line_and_that_before_what_is_fixed() -> None:
    found = search(
        fixed={"method.dropout": 0.1, "seed": 1, "method.rank": 2},
        space={"size": {"wide": {"method.rank": 64, "method.alpha": 32}, "narrow": {}}},
    )
    values = {"size": "wide"}
    recipe = found.recipe(values, "nano", ["seed=3", "lora.rank=5"])
    assert (recipe.seed, recipe.lora.rank, recipe.lora.alpha) == (3, 64, 32)
    assert recipe.lora.dropout == 0.1
    narrow = found.recipe({"size": "narrow"}, "nano", ["lora.rank=5"])
    assert narrow.lora.rank == 5
    # As they stand on a command line they say the same.
    assert config.load(*found.words(values, "nano", ["seed=3"])) == recipe


CHOICES = st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True)


@given(spaces=st.lists(CHOICES, min_size=1, max_size=3), data=st.data())
def test_what_is_untried_is_found(spaces: list[list[int]], data: st.DataObject) -> None:
    found = search(space={f"key{number}": values for number, values in enumerate(spaces)})
    every = list(found.grid())
    assert len(every) == found.size
    tried = data.draw(st.lists(st.sampled_from(every), max_size=len(every) - 1))
    drawn = found.untried(tried, data.draw(st.integers(0, 99)))
    assert drawn in every
    assert drawn not in tried


def finish(worker: Worker, trial: object, loss: float = 1.0) -> None:
    trial.report(loss, 1600)
    worker.finish(trial, TrialState.COMPLETE)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_workers_share_the_trials_and_repeat_none(sampler: str, tmp_path: Path) -> None:
    found = search(sampler=sampler, trials=20)
    workers = [Worker(found, "nano", [], tmp_path) for _ in range(2)]
    tried = []
    for _ in range(3):
        claimed = [worker.claim() for worker in workers]
        tried += [trial.params for trial in claimed]
        for worker, trial in zip(workers, claimed, strict=True):
            finish(worker, trial, trial.params["lora.rank"])
    # All that there are, though more were asked for.
    assert sorted(values["lora.rank"] * 10 + values["lora.alpha"] for values in tried) == [
        *(41, 42, 81, 82, 161, 162)
    ]
    assert [worker.claim() for worker in workers] == [None, None]
    summary = json.loads(workers[0].report().with_suffix(".json").read_text())
    assert len(summary["trials"]) == 6


def test_a_trial_of_a_dead_worker_keeps_its_number_and_values(tmp_path: Path) -> None:
    found = search()
    dead, alive = (Worker(found, "nano", [], tmp_path) for _ in range(2))
    abandoned = dead.claim()
    abandoned.report(2.0, 100)
    assert alive.claim().number > abandoned.number
    del dead  # a lock ends with its owner
    third = Worker(found, "nano", [], tmp_path)
    again = third.claim()
    assert (again.number, again.params) == (abandoned.number, abandoned.params)
    finish(third, again)
    losses = third.study.trials[again.number].intermediate_values
    assert losses == {100: 2.0, 1600: 1.0}


def test_it_does_not_matter_who_asks(tmp_path: Path) -> None:
    found = search(sampler="tpe", trials=12, space={"lora.dropout": {"low": 0.0, "high": 0.5}})
    drawn: list[list[float]] = []
    for folder in ("one", "many"):
        worker = Worker(found, "nano", [], tmp_path / folder)
        drawn.append([])
        while (trial := worker.claim()) is not None:
            drawn[-1].append(trial.params["lora.dropout"])
            finish(worker, trial, abs(trial.params["lora.dropout"] - 0.2))
            if folder == "many" and trial.number % 5 == 4:
                worker = Worker(found, "nano", [], tmp_path / folder)
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 12


@pytest.mark.parametrize("pruner", ["hyperband", "successive_halving", "none"])
def test_each_pruner_ends_what_is_worse(pruner: str, tmp_path: Path) -> None:
    space = {"lora.dropout": {"low": 0.0, "high": 0.5}}
    found = search(pruner=pruner, trials=12, every_steps=200, space=space)
    worker = Worker(found, "nano", [], tmp_path)
    while (trial := worker.claim()) is not None:
        for step in range(200, 1601, 200):
            trial.report(trial.params["lora.dropout"] + 1 / step, step)
            if step < 1600 and trial.should_prune():
                worker.finish(trial, TrialState.PRUNED)
                break
        else:
            worker.finish(trial, TrialState.COMPLETE)
    summary = json.loads(worker.report().with_suffix(".json").read_text())
    counts = summary["counts"]
    assert counts["complete"] > 0
    assert counts["complete"] + counts["pruned"] == 12
    assert (counts["pruned"] > 0) == (pruner != "none")


def test_a_grid_is_tried_whole_and_in_order(tmp_path: Path) -> None:
    space = {"lora.rank": [8, 4], "lora.dropout": [0.0, 0.1]}
    found = search(sampler="grid", trials=None, space=space)
    tried = []
    for _ in range(4):
        worker = Worker(found, "nano", [], tmp_path)
        trial = worker.claim()
        tried.append(trial.params)
        finish(worker, trial)
    assert tried == list(found.grid())
    assert worker.claim() is None


def test_values_that_do_not_go_together_fail_one_trial(tmp_path: Path) -> None:
    space = {"lora.training.steps": [900, 300], "lora.training.warmup_steps": [40, 500]}
    worker = Worker(search(sampler="grid", trials=None, space=space), "nano", [], tmp_path)
    for _ in range(3):
        finish(worker, worker.claim())
    worker.work(worker.claim())
    failed = json.loads(worker.report().with_suffix(".json").read_text())["trials"][3]
    assert failed["state"] == "fail"
    assert "warmup_steps must be smaller than steps" in failed["problem"]


def test_a_study_is_not_gone_on_with_under_other_settings(tmp_path: Path) -> None:
    Worker(search(), "nano", [], tmp_path)
    Worker(search(trials=9), "nano", ["runtime.tracker=tensorboard"], tmp_path)
    with pytest.raises(StageError, match=r"with other search\.seed; give the search another name"):
        Worker(search(seed=8), "nano", [], tmp_path)
    with pytest.raises(StageError, match=r"with other lora\.lora\.rank"):
        Worker(search(), "nano", ["lora.rank=3"], tmp_path)


def trial(state: TrialState, rank: int, losses: dict[int, float], **notes: object) -> FrozenTrial:
    found = create_trial(
        state=state,
        value=list(losses.values())[-1] if state == TrialState.COMPLETE else None,
        params={"lora.rank": rank, "lora.alpha": 1},
        distributions={
            name: CategoricalDistribution([1, 4, 8, 16]) for name in ("lora.rank", "lora.alpha")
        },
        intermediate_values=losses,
        user_attrs={"planned_steps": 400, **notes},
    )
    found.number = rank // 8
    return found


def test_the_report_says_what_was_won(tmp_path: Path) -> None:
    trials = [
        trial(TrialState.COMPLETE, 4, {200: 2.0, 400: 1.25}),
        trial(TrialState.PRUNED, 8, {100: 3.5}),
        trial(TrialState.FAIL, 16, {}, problem="too | wide"),
        trial(TrialState.FAIL, 16, {}, repeats=2),
    ]
    page = search_report.write(tmp_path, search(), "nano", ["seed=3"], trials)
    text = page.read_text()
    assert "Best: trial 0, 1.2500 nats per token." in text
    assert "3 trials: 1 complete, 1 pruned, 1 fail." in text
    assert "500 steps of training instead of 800 without pruning: 38% saved." in text
    assert "| 0 | 4 | 1 | 400 of 400 | complete | **1.2500** |" in text
    assert "| 1 | 8 | 1 | 100 of 400 | pruned | (3.5000) |" in text
    assert "| 2 | 16 | 1 | 0 of 400 | fail: too / wide |  |" in text
    folder = tmp_path / "trial-0"
    command = f"python -m finetune merge --recipe nano --run-dir {folder} seed=3 lora.rank=4"
    assert command in text
    summary = json.loads((tmp_path / "search.json").read_text())
    assert summary["best"]["values"] == {"lora.rank": 4, "lora.alpha": 1}
    assert (summary["steps"], summary["steps_without_pruning"]) == (500, 800)
    for name in ("losses.svg", "settings.svg"):
        assert f"]({name})" in text
        drawn = " ".join(ET.parse(tmp_path / name).getroot().itertext())
        assert "validation loss (nats per token)" in drawn
    assert "trial 0: lora.rank 4, lora.alpha 1" in " ".join(
        ET.parse(tmp_path / "losses.svg").getroot().itertext()
    )


def test_a_study_without_a_trial_has_a_report(tmp_path: Path) -> None:
    text = search_report.write(tmp_path, search(), "nano", [], []).read_text()
    assert "No trial yet." in text
    assert "svg" not in text
