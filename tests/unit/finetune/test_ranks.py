"""Which process does what; a process alone needs no other."""

import re
import shlex
from pathlib import Path

import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin, patch_environment
from accelerate.utils.launch import prepare_multi_gpu_env

from finetune import ranks
from tests.support.two_ranks import PROCESSES, meet_and_shard

ROOT = Path(ranks.__file__).parents[1]
CONFIGURATIONS = sorted((ROOT / "finetune" / "accelerate").glob("*.yaml"))
DOCUMENT = (ROOT / "docs" / "fine-tuning.md").read_text(encoding="utf-8")
LAUNCHES = re.findall(r"^accelerate launch (.*)$", DOCUMENT, re.MULTILINE)


def test_a_process_alone_is_the_first_and_waits_for_nobody() -> None:
    assert ranks.processes() == 1
    assert ranks.first()
    assert ranks.ask_first(lambda: "answer") == "answer"
    ranks.meet()
    ranks.wait()
    assert not torch.distributed.is_initialized()


def test_the_launcher_says_which_process_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "3")
    assert (ranks.processes(), ranks.first()) == (4, False)


def test_a_model_in_one_place_needs_no_gathering() -> None:
    assert ranks.gathered(torch.nn.Linear(2, 2)) is None


def test_the_first_of_two_answers_and_has_all_weights_of_a_sharded_model(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(meet_and_shard, (tmp_path,), nprocs=PROCESSES)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(PROCESSES))
    assert first["answer"] == second["answer"] == "from 0"
    assert first["here"] + second["here"] == sum(part.numel() for part in first["whole"].values())
    assert first["here"] > 0
    assert second["here"] > 0
    torch.testing.assert_close(first["gathered"], first["whole"], rtol=0, atol=0)
    assert second["gathered"] == {}


def test_all_configurations_and_launches_are_found() -> None:
    assert [path.stem for path in CONFIGURATIONS] == ["cpu2", "ddp", "fsdp"]
    assert len(LAUNCHES) == 4


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_accelerate_understands_the_configuration(path: Path) -> None:
    found = load_config_from_file(str(path))
    assert found.num_processes == 2
    assert found.mixed_precision == "no"
    assert found.distributed_type == (
        DistributedType.FSDP if path.stem == "fsdp" else DistributedType.MULTI_GPU
    )


@pytest.mark.parametrize("launch", LAUNCHES)
def test_the_documented_launches_are_understood(launch: str) -> None:
    arguments = launch_command_parser().parse_args(shlex.split(launch))
    assert arguments.module
    assert arguments.training_script == "finetune"
    assert ROOT / arguments.config_file in CONFIGURATIONS


def test_the_launcher_makes_of_fsdp_a_full_shard_of_whole_layers() -> None:
    """As far as a machine without GPUs gets: what the processes are told, and what they read of it."""
    (path,) = (path for path in CONFIGURATIONS if path.stem == "fsdp")
    words = ["--config_file", str(path), "-m", "finetune", "train"]
    arguments, *_ = _validate_launch_command(launch_command_parser().parse_args(words))
    with patch_environment(**prepare_multi_gpu_env(arguments)):
        plugin = FullyShardedDataParallelPlugin()
    assert plugin.fsdp_version == 2
    assert plugin.reshard_after_forward is True
    assert plugin.auto_wrap_policy is not None
    assert not plugin.cpu_ram_efficient_loading
