"""A finished run on the Hugging Face hub: weights, card and figures, if the model is good enough.

The release gate is the recipe's bar: the share of weeks, and of outlines, that the tuned model writes
validly without the grammar.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

from finetune.card import finished, install, shortfall
from finetune.config import Recipe
from finetune.errors import PublishError

_LOG_IN = "make a token that may write (huggingface.co/settings/tokens), then set HF_TOKEN to it"


def publish(
    recipe: Recipe,
    run_dir: Path,
    *,
    repo: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    api: HfApi | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Upload a finished run; what goes up is in `release/` of the run, to be looked at.

    Args:
        recipe: what the run was made by; its bar decides.
        run_dir: the run.
        repo: `owner/name`; without it `runplan-<recipe>` of whoever the token belongs to.
        force: upload a model below the bar too; its card says so.
        dry_run: only say what would be uploaded, and what the gate says.
        api: the hub; by default the public one, with the token of the environment.
        say: is given lines to show.

    Raises:
        StageError: the run is not finished.
        PublishError: the model is below the bar, or the hub does not take it.
    """
    api = api or HfApi()
    name = repo or f"runplan-{recipe.name}"
    short = shortfall(finished(recipe, run_dir).metrics, recipe.publish.min_valid)
    if dry_run:
        say(f"would be uploaded to {repo or f'{name} of your account'}:")
        for path in sorted(release(recipe, run_dir, name).iterdir()):
            say(f"  {path.name}  {path.stat().st_size / 1e6:.1f} MB")
    if short:
        if not force:
            raise PublishError(f"{recipe.name} is not released: {short}; --force uploads it anyway")
        say(f"forced: {short}")
    if dry_run:
        return
    if not (api.token or get_token()):
        raise PublishError(f"there is no token for the hub: {_LOG_IN}")
    with _clear_errors(name):
        address = api.create_repo(name, exist_ok=True)
        folder = release(recipe, run_dir, address.repo_id)
        api.upload_folder(
            repo_id=address.repo_id,
            folder_path=folder,
            commit_message=f"{recipe.name}: weights, card and figures",
        )
    say(f"published: {address}")
    say(f"to use it: RUNPLAN_MODEL=hf:{address.repo_id}/{recipe.name}.gguf")


def release(recipe: Recipe, run_dir: Path, repo: str) -> Path:
    """Gather in `release/` what is published: GGUF, merged weights, card, figures."""
    folder = install(recipe, run_dir, run_dir / "release", repo)
    # Linked, as weights may be large; the run and its release are on one disk.
    shutil.copytree(run_dir / "merged", folder, copy_function=os.link, dirs_exist_ok=True)
    return folder


@contextmanager
def _clear_errors(repo: str) -> Iterator[None]:
    """What the hub or the way to it says, as one line that tells what to do."""
    try:
        yield
    except HFValidationError as error:
        raise PublishError(f"{repo!r} is no name of a repository: {error}") from error
    except HfHubHTTPError as error:
        reasons = {
            401: f"the hub does not know this token: {_LOG_IN}",
            403: f"this token may not write to {repo}: {_LOG_IN}, or name another --repo",
        }
        status = error.response.status_code
        said = error.server_message or f"status {status}"
        raise PublishError(reasons.get(status, f"the hub refused {repo}: {said}")) from error
    except OfflineModeIsEnabled as error:
        raise PublishError("HF_HUB_OFFLINE is set: unset it to publish") from error
    except (httpx.RequestError, OSError) as error:
        raise PublishError(
            f"the hub cannot be reached ({error}); nothing is lost, try again"
        ) from error
