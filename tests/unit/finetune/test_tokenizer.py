"""The tokenizer loses nothing, and the template marks exactly what is learnt."""

import pytest
from transformers import PreTrainedTokenizerFast

from finetune.tokenizer import (
    BEGIN,
    END_OF_TURN,
    PAD,
    SPECIAL_TOKENS,
    chat_template,
    serving_template,
    train_tokenizer,
)

CONTEXT = 256
CHAT = [
    {"role": "system", "content": "You are a running coach."},
    {"role": "user", "content": " Week 3, 4 days \n"},
    {"role": "assistant", "content": "Tue easy 5\nSun long 8\nNote Well done."},
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    texts = [f"Tue easy {n} strides 4\nSun long {n}.5\nNote Keep it easy, Alex." for n in range(90)]
    return train_tokenizer(texts, 400, CONTEXT)


@pytest.mark.parametrize(
    "text",
    ["Tue easy 5.5\n", "  two  spaces ", "naïve 走 🏃🏽‍♀️", "a\r\n\n\tb", "\u0000", "1234567"],
)
def test_every_text_comes_back_whole(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.decode(ids) == text


def test_special_tokens_have_their_roles(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.bos_token == BEGIN
    assert tokenizer.eos_token == END_OF_TURN
    assert tokenizer.pad_token == PAD != tokenizer.eos_token
    for token in SPECIAL_TOKENS:
        assert len(tokenizer(token, add_special_tokens=False).input_ids) == 1


def test_plain_text_gets_one_beginning(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = tokenizer("Tue easy 5").input_ids
    assert ids[0] == tokenizer.bos_token_id
    assert ids.count(tokenizer.bos_token_id) == 1


def test_the_vocabulary_is_as_large_as_asked_for_where_the_texts_suffice() -> None:
    texts = [" ".join(f"w{a}{b}" for b in "abcdefghij") for a in "klmnopqrstuvwxyz"]
    assert len(train_tokenizer(texts, 300, CONTEXT)) == 300


def test_a_chat_is_rendered_as_llama_3_does(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.apply_chat_template(CHAT, tokenize=False) == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nYou are a running coach."
        "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWeek 3, 4 days"
        "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
        "Tue easy 5\nSun long 8\nNote Well done.<|eot_id|>"
    )


def test_what_is_learnt_is_the_answer_and_its_end(tokenizer: PreTrainedTokenizerFast) -> None:
    row = tokenizer.apply_chat_template(CHAT, return_dict=True, return_assistant_tokens_mask=True)
    learnt = [token for token, mask in zip(row["input_ids"], row["assistant_masks"]) if mask]
    assert tokenizer.decode(learnt) == CHAT[-1]["content"] + END_OF_TURN
    assert row["input_ids"].count(tokenizer.bos_token_id) == 1


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("prompt", [False, True])
def test_the_serving_template_renders_the_same(
    tokenizer: PreTrainedTokenizerFast, turns: int, prompt: bool
) -> None:
    assert "generation %}" in chat_template()
    assert "generation %}" not in serving_template(chat_template())
    rendered = {
        tokenizer.apply_chat_template(
            CHAT[:turns], chat_template=template, tokenize=False, add_generation_prompt=prompt
        )
        for template in (chat_template(), serving_template(chat_template()))
    }
    assert len(rendered) == 1


def test_a_prompt_is_the_beginning_of_its_row(tokenizer: PreTrainedTokenizerFast) -> None:
    prompt = tokenizer.apply_chat_template(CHAT[:-1], add_generation_prompt=True)["input_ids"]
    row = tokenizer.apply_chat_template(CHAT)["input_ids"]
    assert row[: len(prompt)] == prompt
