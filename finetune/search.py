"""`search`: trials of a recipe with other settings, of which those that fall behind end early.

Any number of workers on a machine share one study: each is the same command. All that they know of
each other is the study's database and locks on files, which the system frees when a worker dies, so
that its trial is known to be abandoned and is gone on with by the next. Training is not done here.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import torch
from accelerate.utils.memory import clear_device_cache
from filelock import FileLock, Timeout
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune import config, search_report
from finetune.config import Recipe
from finetune.errors import RecipeError, StageError, first_line
from finetune.files import read_json, remove, write_json
from finetune.methods import tune
from finetune.search_report import PLANNED, PROBLEM, REPEATS
from finetune.search_space import Parameter, Range, Scalar, Search
from finetune.sharing import decided, share
from finetune.stages import STAGES, differences, run_stage
from finetune.tokenizer import load_tokenizer
from finetune.tokens import IGNORED, read_tokens


def run(search: Search, recipe: str, overrides: Sequence[str], run_dir: Path) -> Path:
    """Work on a study until no trial is left to begin; its report's path.

    Args:
        search: what is tried.
        recipe: a shipped name or a YAML file.
        overrides: of every trial.
        run_dir: of the run whose data and base are used; the study lies in its `search/`.

    Raises:
        RecipeError: no trial of this kind can be made.
        StageError: the study was begun with other settings, or the run was.
    """
    worker = Worker(search, recipe, overrides, run_dir)
    while (trial := worker.claim()) is not None:
        worker.work(trial)
        worker.report()
    return worker.report()


class Worker:
    """One of those who work on a study."""

    def __init__(
        self, search: Search, recipe: str, overrides: Sequence[str], run_dir: Path
    ) -> None:
        self.search, self._recipe, self._overrides = search, recipe, overrides
        self.run_dir = run_dir
        self.folder = run_dir / "search" / search.name
        self.own, steps = _checked(search, recipe, overrides)
        (self.folder / "locks").mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.folder / "locks" / "study")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with self._lock:
            self._begin()
            self.study = optuna.create_study(
                study_name=search.name,
                storage=f"sqlite:///{(self.folder / 'study.db').resolve()}",
                pruner=_pruner(search, steps),
                load_if_exists=True,
            )
            if search.sampler == "grid":
                for values in search.grid():
                    self.study.enqueue_trial(values, skip_if_exists=True)

    def _begin(self) -> None:
        """Note the settings, or see that they are those that the study was begun with."""
        path = self.folder / "settings.json"
        search = self.search.model_dump(mode="json", exclude={"trials"})
        wanted = {"settings": {"search": search, **decided(self.own)}, "inputs": {}}
        if path.exists() and (others := differences(read_json(path), wanted)):
            raise StageError(
                f"search: {self.folder} holds this study with other {', '.join(others)}; "
                "give the search another name, or another --run-dir"
            )
        write_json(path, wanted)

    def claim(self) -> Trial | None:
        """A trial, abandoned or new, that no other worker will claim while this one lives."""
        with self._lock:
            while (trial := self._abandoned() or self._new()) is not None:
                values = {
                    name: _suggested(trial, name, parameter)
                    for name, parameter in self.search.space.items()
                }
                earlier = [tried for tried in self._tried() if tried.number < trial.number]
                repeated = next((tried for tried in earlier if tried.params == values), None)
                if repeated is None:
                    return trial
                # Nothing new would be learnt; another takes its place.
                trial.set_user_attr(REPEATS, repeated.number)
                self.study.tell(trial, state=TrialState.FAIL)
                self._held.release()
                if len(earlier) < self.search.size:
                    known = [tried.params for tried in earlier]
                    self.study.enqueue_trial(self.search.untried(known, self._seed(trial.number)))
        return None

    def _abandoned(self) -> Trial | None:
        """A trial whose worker is dead; it keeps its number, its values and its checkpoints."""
        for found in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if self._hold(found.number):
                return Trial(self.study, found._trial_id)
        return None

    def _new(self) -> Trial | None:
        """The next trial of those that are still to be made."""
        if self.search.sampler == "grid":
            finished = not self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        else:
            finished = len(self._tried()) >= min(self.search.trials, self.search.size)
        if finished:
            return None
        # Seeded by the trial, so that it does not matter which worker asks, or how often one died.
        self.study.sampler = _sampler(
            self.search, self._seed(len(self.study.get_trials(deepcopy=False)))
        )
        trial = self.study.ask()
        self._hold(trial.number)
        return trial

    def _tried(self) -> list[FrozenTrial]:
        """All trials that were begun, but those that were given up as repetitions."""
        return [
            trial
            for trial in self.study.get_trials(deepcopy=False)
            if trial.state != TrialState.WAITING and REPEATS not in trial.user_attrs
        ]

    def _hold(self, number: int) -> bool:
        """Take the lock that says who works on a trial, unless another worker has it."""
        lock = FileLock(self.folder / "locks" / f"trial-{number}")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._held = lock
        return True

    def _seed(self, number: int) -> int:
        return self.search.seed + number

    def work(self, trial: Trial) -> None:
        """Train a claimed trial, to its end or until it is pruned.

        Raises:
            StageError: what all trials share cannot be made; the trial waits for the next worker.
        """
        folder = self.folder / f"trial-{trial.number}"
        print(f"trial {trial.number}: {search_report.spelled(trial.params)}")
        try:
            recipe = self.search.recipe(trial.params, self._recipe, self._overrides)
        except RecipeError as error:
            return self._fail(trial, str(error))
        share(recipe, self.own, self.run_dir, folder)
        with self._lock:
            trial.set_user_attr(PLANNED, recipe.method.training.steps)
        watch = _Watch(trial, self._lock, self._per_token(recipe, folder))
        stage = STAGES[recipe.method_name]
        try:
            run_stage(replace(stage, work=lambda *of: tune(*of, [watch])), recipe, folder)
        except optuna.TrialPruned:
            self.finish(trial, TrialState.PRUNED)
            remove(folder)
        except (StageError, torch.OutOfMemoryError) as error:
            # These settings cannot be trained; others can.
            self._fail(trial, first_line(error))
            remove(folder)
        else:
            self.finish(trial, TrialState.COMPLETE, patient=recipe.method.training.patience > 0)
        finally:
            # A model stays in memory for as long as its trainer points at itself.
            clear_device_cache(garbage_collection=True)

    def _per_token(self, recipe: Recipe, folder: Path) -> float:
        """What the loss per token is multiplied with."""
        if self.search.loss == "token":
            return 1.0
        tokenizer = load_tokenizer(folder / "tokenizer")
        rows = read_tokens(folder, "validation")
        rows = rows.select(range(min(len(rows), recipe.method.training.validation_rows)))
        learnt = [[label for label in labels if label != IGNORED] for labels in rows["labels"]]
        texts = tokenizer.batch_decode(learnt, skip_special_tokens=True)
        return sum(map(len, learnt)) / sum(len(text.encode()) for text in texts)

    def _fail(self, trial: Trial, problem: str) -> None:
        with self._lock:
            trial.set_user_attr(PROBLEM, problem)
        self.finish(trial, TrialState.FAIL)

    def finish(self, trial: Trial, state: TrialState, *, patient: bool = False) -> None:
        """Close the trial. Its loss is that of the weights it left."""
        with self._lock:
            frozen = self.study.get_trials(deepcopy=False)[trial.number]
            loss = None
            if state == TrialState.COMPLETE:
                losses = frozen.intermediate_values
                loss = min(losses.values()) if patient else losses[frozen.last_step]
            self.study.tell(trial, loss, state)
        self._held.release()
        words = state.name.lower(), f"after {frozen.last_step or 0} steps"
        print(f"trial {trial.number}:", *words, "" if loss is None else f"with loss {loss:.4f}")

    def report(self) -> Path:
        """Write what is known of the study to its folder; the page's path."""
        with self._lock:
            return search_report.write(
                self.folder, self.search, self._recipe, self._overrides, self.study.get_trials()
            )


class _Watch(TrainerCallback):
    """Tells the study each validation loss, and ends the trial that the pruner gives up."""

    def __init__(self, trial: Trial, lock: FileLock, factor: float) -> None:
        self._trial, self._lock, self._factor = trial, lock, factor

    def on_stepfinish(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Validate at the last step too."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **_: Any,
    ) -> None:
        """Report, and ask; a trial that is through is not pruned."""
        step, loss = state.global_step, metrics["eval_loss"] * self._factor
        if not math.isfinite(loss):
            raise StageError(f"the validation loss at step {step} is {loss}")
        with self._lock:
            reported = self._trial.study.get_trials(deepcopy=False)[self._trial.number]
            # After a restart steps behind the last checkpoint are walked, and measured, again.
            if step not in reported.intermediate_values:
                self._trial.report(loss, step)
            if step < state.max_steps and self._trial.should_prune():
                raise optuna.TrialPruned


def _checked(search: Search, recipe: str, overrides: Sequence[str]) -> tuple[Recipe, int]:
    """The run's own recipe and the steps of a trial, after a look at the recipes of trials.

    Raises:
        RecipeError: a key or value of the space is not one of the recipe's, or steps do not fit.
    """
    seen = set()
    for values in search.corners():
        trial = search.recipe(values, recipe, overrides)
        if trial.runtime.backend != "transformers":
            raise RecipeError("search: runtime.backend: trials are trained with transformers")
        steps = trial.method.training.steps
        where = f"{trial.method_name}.training.steps"
        if steps is None:
            raise RecipeError(f"search: {where} is needed; epochs do not say where to compare")
        if search.every_steps > steps:
            raise RecipeError(f"search: every_steps is {search.every_steps}, of {steps} steps")
        seen.add(steps)
        if len(seen) > 1 and search.pruner != "none":
            raise RecipeError(f"search: with a pruner {where} has to be the same for all trials")
    return config.load(recipe, overrides), max(seen)


def _pruner(search: Search, steps: int) -> BasePruner:
    match search.pruner:
        case "hyperband":
            return HyperbandPruner(search.every_steps, steps, search.keep_one_in)
        case "successive_halving":
            return SuccessiveHalvingPruner(search.every_steps, search.keep_one_in)
        case "none":
            return NopPruner()


def _sampler(search: Search, seed: int) -> BaseSampler:
    if search.sampler == "tpe":
        # Trials under way count as bad ones, so that workers keep out of each other's way.
        return TPESampler(seed=seed, constant_liar=True)
    return RandomSampler(seed=seed)


def _suggested(trial: Trial, name: str, parameter: Parameter) -> Scalar:
    if not isinstance(parameter, Range):
        return trial.suggest_categorical(name, tuple(parameter))
    suggest = trial.suggest_int if parameter.whole else trial.suggest_float
    return suggest(name, parameter.low, parameter.high, log=parameter.log)
