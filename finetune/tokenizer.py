"""The tokenizer: byte-level BPE in the manner of Llama 3, and the chat template it carries.

Everything that must agree between training and serving is decided here: the pre-tokenizer pattern
(llama.cpp knows it as `llama-bpe`), the special tokens, and the template in `prompts/`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

from finetune.config import CHAT_TEMPLATE

BEGIN = "<|begin_of_text|>"
END = "<|end_of_text|>"
START_HEADER = "<|start_header_id|>"
END_HEADER = "<|end_header_id|>"
END_OF_TURN = "<|eot_id|>"
PAD = "<|finetune_right_pad_id|>"
SPECIAL_TOKENS = (BEGIN, END, START_HEADER, END_HEADER, END_OF_TURN, PAD)

# Llama 3's pre-tokenizer; llama.cpp applies the same one for `tokenizer.ggml.pre = llama-bpe`.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

_GENERATION_MARKERS = re.compile(r"\{%-? (?:end)?generation -?%\}")


def chat_template() -> str:
    """The template used in training, with the assistant's turn marked."""
    return CHAT_TEMPLATE.read_text("utf-8").removesuffix("\n")


def serving_template() -> str:
    """The same template without the marks, which inference engines do not know."""
    return _GENERATION_MARKERS.sub("", chat_template())


def train_tokenizer(
    texts: Iterable[str], vocab_size: int, context_length: int
) -> PreTrainedTokenizerFast:
    """Learn `vocab_size` tokens from texts (message contents, without special tokens).

    The vocabulary is smaller where the texts do not hold enough different pairs.
    """
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=vocab_size - len(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    # Special tokens come last, as in Llama 3.
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS]
    )
    begin = tokenizer.token_to_id(BEGIN)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{BEGIN} $A", pair=f"{BEGIN} $A {BEGIN} $B", special_tokens=[(BEGIN, begin)]
            ),
        ]
    )
    return wrap(tokenizer, context_length)


def wrap(tokenizer: Tokenizer, context_length: int) -> PreTrainedTokenizerFast:
    """Give a raw tokenizer its roles: a turn ends a generation, padding is a token of its own."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=END_OF_TURN,
        pad_token=PAD,
        padding_side="right",
        model_max_length=context_length,
        clean_up_tokenization_spaces=False,
        chat_template=chat_template(),
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Read a saved tokenizer."""
    return PreTrainedTokenizerFast.from_pretrained(folder)
