"""Stages are done once, and never mixed with results of other settings."""

from pathlib import Path

import pytest

from finetune import stages
from finetune.config import Recipe, load
from finetune.errors import StageError
from finetune.files import digest, replacing, write_json
from finetune.stages import STAGES, Stage, marker, run_stages, stages_of


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two small stages: `first` writes the recipe's rank, `second` copies it."""
    calls: list[int] = []

    def first(recipe: Recipe, run_dir: Path) -> None:
        calls.append(recipe.lora.rank)
        (run_dir / "one").write_text(str(recipe.lora.rank))

    def second(_: Recipe, run_dir: Path) -> dict[str, int]:
        calls.append(0)
        (run_dir / "two").write_text((run_dir / "one").read_text())
        return {"letters": 1}

    def settings(recipe: Recipe) -> dict[str, object]:
        return {"lora": {"rank": recipe.lora.rank}}

    monkeypatch.setattr(
        stages,
        "STAGES",
        {
            "first": Stage("first", settings, (), ("one",), first, scratch=("scratch",)),
            "second": Stage("second", lambda _: {}, ("one",), ("two",), second),
        },
    )
    return calls


BOTH = ("first", "second")


def test_a_stage_is_done_once(tmp_path: Path, calls: list[int]) -> None:
    said: list[str] = []
    for _ in range(2):
        run_stages(BOTH, load("nano", ["lora.rank=3"]), tmp_path, say=said.append)
    assert calls == [3, 0]
    assert said[-2:] == ["first: done before, skipped", "second: done before, skipped"]


def test_a_relative_folder_does_as_well(
    tmp_path: Path, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_stages(("first",), load("nano"), Path("here"))
    assert [path.name for path in Path("here/stages").iterdir()] == ["first.json"]


def test_other_settings_are_refused_by_name(tmp_path: Path, calls: list[int]) -> None:
    run_stages(BOTH, load("nano", ["lora.rank=3"]), tmp_path)
    with pytest.raises(StageError, match=r"first: .* other lora\.rank; .*--redo"):
        run_stages(BOTH, load("nano", ["lora.rank=4"]), tmp_path)
    assert (tmp_path / "two").read_text() == "3"


def test_redo_makes_a_stage_and_what_follows_anew(tmp_path: Path, calls: list[int]) -> None:
    run_stages(BOTH, load("nano", ["lora.rank=3"]), tmp_path)
    run_stages(BOTH, load("nano", ["lora.rank=4"]), tmp_path, redo=True)
    assert calls == [3, 0, 4, 0]
    assert (tmp_path / "two").read_text() == "4"


def test_redo_keeps_what_fits(tmp_path: Path, calls: list[int]) -> None:
    for _ in range(2):
        run_stages(BOTH, load("nano", ["lora.rank=3"]), tmp_path, redo=True)
    assert calls == [3, 0]


def test_a_lost_result_is_made_again(tmp_path: Path, calls: list[int]) -> None:
    recipe = load("nano", ["lora.rank=3"])
    run_stages(BOTH, recipe, tmp_path)
    (tmp_path / "two").unlink()
    run_stages(BOTH, recipe, tmp_path)
    assert calls == [3, 0, 0]


def test_a_changed_input_is_noticed(tmp_path: Path, calls: list[int]) -> None:
    recipe = load("nano", ["lora.rank=3"])
    run_stages(BOTH, recipe, tmp_path)
    (tmp_path / "one").write_text("other")
    with pytest.raises(StageError, match=r"second: .* other one"):
        run_stages(("second",), recipe, tmp_path)


def test_a_stage_without_its_input_names_the_file(tmp_path: Path, calls: list[int]) -> None:
    with pytest.raises(StageError, match=r"second: .*one is missing"):
        run_stages(("second",), load("nano"), tmp_path)


def test_checkpoints_of_other_settings_are_not_gone_on_from(
    tmp_path: Path, calls: list[int]
) -> None:
    """A stage that was cut off left a mark and its checkpoints, but no result."""
    run_stages(("first",), load("nano", ["lora.rank=3"]), tmp_path)
    marker(tmp_path, "first").rename(marker(tmp_path, "first.begun"))
    (tmp_path / "scratch").mkdir()
    with pytest.raises(StageError, match=r"lora\.rank"):
        run_stages(("first",), load("nano", ["lora.rank=4"]), tmp_path)
    assert (tmp_path / "scratch").exists()
    run_stages(("first",), load("nano", ["lora.rank=4"]), tmp_path, redo=True)
    assert not (tmp_path / "scratch").exists()


def test_every_input_is_made_by_an_earlier_stage() -> None:
    made: set[str] = set()
    for stage in STAGES.values():
        assert set(stage.inputs) <= made, stage.name
        made |= set(stage.outputs)


def test_every_section_of_a_recipe_decides_some_stage() -> None:
    recipe = load("nano")
    sections = {key for name in stages_of(recipe, STAGES) for key in STAGES[name].settings(recipe)}
    needed = {name for name, field in Recipe.model_fields.items() if field.is_required()}
    assert needed | {recipe.method_name} <= sections


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    write_json(path, {"a": 1})
    before = path.read_bytes()

    def fail_half_way() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail_half_way()
    assert path.read_bytes() == before


def test_the_digest_of_a_folder_sees_names_and_contents(tmp_path: Path) -> None:
    digests = set()
    for name, text in (("a", "1"), ("a", "2"), ("b", "2")):
        folder = tmp_path / f"{name}{text}"
        folder.mkdir()
        (folder / name).write_text(text)
        digests.add(digest(folder))
    assert len(digests) == 3
