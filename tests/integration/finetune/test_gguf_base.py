"""An installed file as the base of further training: what is read back is what was written."""

from pathlib import Path

import gguf
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from finetune.config import Pretrained
from finetune.errors import StageError
from finetune.gguf import export_gguf
from finetune.models import adopt_model, load_model
from finetune.tokenizer import adopt_tokenizer, load_tokenizer

SHIPPED = Path(__file__).parents[3] / "models" / "nano" / "nano.gguf"


def base(path: Path, context_length: int = 1024) -> Pretrained:
    return Pretrained(pretrained=str(path), dtype="float32", context_length=context_length)


def test_the_shipped_file_read_and_written_again_is_the_same(tmp_path: Path) -> None:
    tokenizer = adopt_tokenizer(base(SHIPPED))
    model = adopt_model(base(SHIPPED), tokenizer, seed=0)
    again = tmp_path / "again.gguf"
    export_gguf(model, tokenizer, again, quantisation="Q8_0", name="again")
    found, expected = (
        {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
        for path in (again, SHIPPED)
    )
    assert found.keys() == expected.keys()
    assert all((found[name] == expected[name]).all() for name in expected)


def test_it_can_be_trained_and_saved(run_dir: Path, tmp_path: Path) -> None:
    file = run_dir / "gguf" / "tuned.gguf"
    tokenizer = adopt_tokenizer(base(file))
    model = adopt_model(base(file), tokenizer, seed=0)
    assert all(weights.requires_grad for weights in model.parameters())
    model.save_pretrained(tmp_path)
    saved, kept = (load_model(folder).state_dict() for folder in (tmp_path, run_dir / "merged"))
    assert saved.keys() == kept.keys()
    for key, weights in saved.items():
        assert torch.equal(weights, model.state_dict()[key])
        # Q8_0 has 127 steps of each sign in a block of 32.
        assert (weights - kept[key]).abs().max() <= kept[key].abs().max() / 127


@given(st.text(max_size=200))
def test_its_tokenizer_is_the_one_it_was_made_with(run_dir: Path, text: str) -> None:
    trained = load_tokenizer(run_dir / "tokenizer")
    read = adopt_tokenizer(base(run_dir / "gguf" / "tuned.gguf"))
    assert read(text).input_ids == trained(text).input_ids
    assert read.chat_template == trained.chat_template
    assert read.eos_token_id == trained.eos_token_id
    assert read.pad_token_id == trained.pad_token_id


def test_a_file_that_is_not_there_or_broken_is_named(tmp_path: Path) -> None:
    torn = tmp_path / "torn.gguf"
    torn.write_bytes(SHIPPED.read_bytes()[:5000])
    other = tmp_path / "other.gguf"
    other.write_text("not a model")
    for path in (tmp_path / "nowhere.gguf", torn, other):
        with pytest.raises(StageError, match=r"base\.pretrained") as caught:
            adopt_tokenizer(base(path))
        assert path.name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_another_makers_vocabulary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(["a", "b"])
    writer.add_token_merges(["a b"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(StageError, match="not written by this package"):
        adopt_tokenizer(base(path))
