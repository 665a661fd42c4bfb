"""The tokenizer, its own or a pretrained model's, and the chat template it carries.

Everything that must agree between training and serving is decided here: the pre-tokenizer pattern
(llama.cpp knows it as `llama-bpe`), the special tokens, and the template in `prompts/`. A pretrained
model keeps its own template, with the assistant's turn marked and the date pinned.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import AutoTokenizer, PreTrainedTokenizerFast
from trl.chat_template_utils import get_training_chat_template

from finetune.config import CHAT_TEMPLATE, Pretrained
from finetune.errors import StageError, first_line

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

GEMMA_END_OF_TURN = "<end_of_turn>"
NEW_TOKENS = "new_token_ids"
"""Where a saved tokenizer says which tokens its model does not know yet."""

# The line of Llama 3.1's and 3.2's template that writes a turn, and the same with marks.
_LLAMA_TURN = (
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    "+ message['content'] | trim + '<|eot_id|>' }}"
)
_LLAMA_MARKED_TURN = (
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}"
    "{%- if message['role'] == 'assistant' %}"
    "{%- generation %}{{- message['content'] | trim + '<|eot_id|>' }}{%- endgeneration %}"
    "{%- else %}{{- message['content'] | trim + '<|eot_id|>' }}{%- endif %}"
)

_GENERATION_MARKERS = re.compile(r"\{%-? (?:end)?generation -?%\}")


def chat_template() -> str:
    """The template used in training, with the assistant's turn marked."""
    return CHAT_TEMPLATE.read_text("utf-8").removesuffix("\n")


def serving_template(template: str) -> str:
    """A template without the marks, which inference engines do not know."""
    return _GENERATION_MARKERS.sub("", template)


def adopt_tokenizer(base: Pretrained) -> PreTrainedTokenizerFast:
    """The tokenizer of a pretrained model, ready to train with.

    Without a chat template (GPT-2) it gets the project's, and the special tokens that it needs.

    Raises:
        StageError: there is no such tokenizer, or its template or special tokens are not known here.
    """
    try:
        tokenizer = (
            gguf_tokenizer(base.gguf, base.context_length)
            if base.gguf
            else AutoTokenizer.from_pretrained(base.pretrained)
        )
    except OSError as error:
        raise StageError(f"base.pretrained: {first_line(error)}") from error
    if tokenizer.chat_template is None:
        known = len(tokenizer)
        tokenizer.add_special_tokens(
            {"bos_token": BEGIN, "eos_token": END_OF_TURN, "pad_token": PAD}
        )
        tokenizer.add_tokens([START_HEADER, END_HEADER], special_tokens=True)
        tokenizer.init_kwargs[NEW_TOKENS] = list(range(known, len(tokenizer)))
        tokenizer.chat_template = chat_template()
    else:
        vocabulary = tokenizer.get_vocab()
        tokenizer.chat_template = _marked(tokenizer, base)
        # Some declare the end of a text here, which would never come.
        tokenizer.eos_token = next(
            (token for token in (END_OF_TURN, GEMMA_END_OF_TURN) if token in vocabulary),
            tokenizer.eos_token,
        )
        if PAD in vocabulary:
            tokenizer.pad_token = PAD
        if tokenizer.pad_token in (None, tokenizer.eos_token):
            raise StageError(
                f"base.pretrained: {base.pretrained} has no padding token of its own; padding with "
                "the end of a turn would unteach it"
            )
    tokenizer.padding_side = "right"
    tokenizer.model_max_length = base.context_length
    return tokenizer


def _marked(tokenizer: PreTrainedTokenizerFast, base: Pretrained) -> str:
    """Its chat template with the assistant's turn marked; what it renders stays the same."""
    stock = tokenizer.chat_template
    if stock.count(_LLAMA_TURN) == 1:
        marked = stock.replace(_LLAMA_TURN, _LLAMA_MARKED_TURN)
    else:
        try:
            marked = get_training_chat_template(tokenizer) or stock
        except ValueError as error:
            raise StageError(
                f"base.pretrained: the chat template of {base.pretrained} is not known here: what "
                "the assistant writes cannot be told from the rest"
            ) from error
    if "date_string" in marked:
        marked = f'{{%- set date_string = "{base.date_string}" -%}}\n{marked}'
    return marked


def train_tokenizer(
    texts: Iterable[str], vocab_size: int, context_length: int
) -> PreTrainedTokenizerFast:
    """Learn `vocab_size` tokens from texts (message contents, without special tokens).

    The vocabulary is smaller where the texts do not hold enough different pairs.
    """
    tokenizer = _splitting(models.BPE(ignore_merges=True))
    trainer = BpeTrainer(
        vocab_size=vocab_size - len(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _with_specials(tokenizer, context_length)


def gguf_tokenizer(path: Path, context_length: int) -> PreTrainedTokenizerFast:
    """The tokenizer of a file that this package wrote, as it was trained.

    Transformers reads vocabularies of GGUF files too, but splits text before it as GPT-2 does.

    Raises:
        OSError: there is no such file.
        StageError: it is no GGUF file of this package's making.
    """
    try:
        fields = GGUFReader(path).fields
        pattern = fields["tokenizer.ggml.pre"].contents()
        tokens = fields["tokenizer.ggml.tokens"].contents()
        merges = fields["tokenizer.ggml.merges"].contents()
    except (ValueError, KeyError) as error:
        raise StageError(f"base.pretrained: {path} is no whole GGUF model: {error}") from error
    if pattern != "llama-bpe" or tuple(tokens[-len(SPECIAL_TOKENS) :]) != SPECIAL_TOKENS:
        raise StageError(f"base.pretrained: {path} was not written by this package's export")
    vocabulary = {token: index for index, token in enumerate(tokens[: -len(SPECIAL_TOKENS)])}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    return _with_specials(
        _splitting(models.BPE(vocab=vocabulary, merges=pairs, ignore_merges=True)), context_length
    )


def _splitting(model: models.BPE) -> Tokenizer:
    """The tokens of `model` on bytes, in pieces of text as Llama 3 cuts them."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _with_specials(tokenizer: Tokenizer, context_length: int) -> PreTrainedTokenizerFast:
    """Special tokens come last, as in Llama 3, and a text begins with one."""
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
