"""Reading a runner's free text: the model says, mention by mention, what each asks of the plan.

The text with its mentions marked goes in, one line for each mention comes out, in their order:

    can't run [Tue], max [45min] on [weekdays], no [knee] pain       Tue avoid
                                                                     45min weekday
                                                                     weekdays no
                                                                     knee no

Under the grammar the model cannot answer anything else. Knows neither the engine nor what a plan
makes of the constraints.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import cast

from runplan.backends.base import Backend, Job
from runplan.constraints import DAY_KINDS, Constraint, ConstraintKind, Scope
from runplan.errors import NotationError
from runplan.mentions import Category, Mention, days_of, find_mentions, marked, plain
from runplan.prompts import understand_prompt

NO = "no"
# What may be said of a mention, by its category, besides `no`.
ANSWERS: Mapping[Category, tuple[str, ...]] = {
    "day": ("avoid", "only", "long"),
    "days": ("avoid", "only"),
    "minutes": ("max", "weekday", "weekend"),
    "injury": ("injury",),
    "returning": ("returning",),
    "terrain": ("yes",),
    "time_of_day": ("yes",),
    "flag": ("yes",),
    "speedwork": ("avoid",),
}
_DAY_KINDS: Mapping[str, ConstraintKind] = {
    "avoid": "avoid_day",
    "only": "only_day",
    "long": "long_run_day",
}
_SCOPES: Mapping[str, Scope] = {"max": "all", "weekday": "weekday", "weekend": "weekend"}

# Prompt and answer share 1024 tokens. What is shown of a text and the longest answer to it stay within so many
# bytes together, and a token is at least a byte; a text of 500 characters with 20 mentions fits whole.
ROOM = 880


def understand(text: str, backend: Backend, seed: int = 0) -> tuple[Constraint, ...]:
    """What the text asks for. Without a mention in it the model is not asked.

    Raises:
        BackendError: the engine failed.
        NotationError: the engine did not keep to the grammar.
    """
    return next(constraints for _, constraints in understand_all([text], backend, seed))


def understand_all(
    texts: Sequence[str], backend: Backend, seed: int = 0
) -> Iterator[tuple[int, tuple[Constraint, ...]]]:
    """Yield `(index into texts, constraints)` as each is ready, in any order.

    Raises:
        BackendError: the engine failed.
        NotationError: the engine did not keep to the grammar.
    """
    for index, constraints in understand_each(texts, backend, seed):
        if isinstance(constraints, NotationError):
            raise constraints
        yield index, constraints


def understand_each(
    texts: Sequence[str], backend: Backend, seed: int = 0
) -> Iterator[tuple[int, tuple[Constraint, ...] | NotationError]]:
    """As `understand_all`, but an answer which cannot be read stands in its place and stops nothing.

    Raises:
        BackendError: the engine failed.
    """
    asked = []
    for index, text in enumerate(texts):
        if find_mentions(text):
            asked.append(index)
        else:
            yield index, ()
    if not asked:
        return
    with closing(backend.complete([understand_job(texts[i], seed) for i in asked])) as stream:
        for place, answer in stream:
            try:
                yield asked[place], read_understanding(texts[asked[place]], answer)
            except NotationError as error:
                yield asked[place], error


def understand_job(text: str, seed: int, grammar: bool = True) -> Job:
    """The completion that reads one text; a text without mentions leaves nothing to ask."""
    shown, mentions = _shown(text)
    return Job(
        understand_prompt(shown),
        understanding_grammar(mentions) if grammar else None,
        seed,
        0.0,
        _longest_answer(mentions) + 1,  # the end of the text is a token too
    )


def understanding_grammar(mentions: Sequence[Mention]) -> str:
    """GBNF of the answers: a line for each mention, in order."""
    lines = []
    for mention in mentions:
        said = " | ".join(f'"{word}"' for word in (*ANSWERS[mention.category], NO))
        lines.append(f'"{mention.canonical} " ({said})')
    return "root ::= " + ' "\\n" '.join(lines) + "\n"


def read_understanding(text: str, answer: str) -> tuple[Constraint, ...]:
    """The constraints that an answer states about a text, without repeats and contradictions.

    Raises:
        NotationError: not one line for each mention, or a line says what cannot be said of it.
    """
    _, mentions = _shown(text)
    lines = [line for line in answer.strip().split("\n") if line]
    if len(lines) != len(mentions):
        raise NotationError(answer, f"has {len(lines)} lines for {len(mentions)} mentions")
    found: list[Constraint] = []
    for line, mention in zip(lines, mentions, strict=True):
        said = line.removeprefix(f"{mention.canonical} ")
        if said == line or said not in (*ANSWERS[mention.category], NO):
            raise NotationError(line, f"says nothing about {mention.canonical}")
        found += _meaning(mention, said)
    return _settled(found)


def answer_for(text: str, constraints: Sequence[Constraint]) -> str | None:
    """The right answer for a text whose constraints are known: what a model is trained on.

    A value that is mentioned again takes the next of its constraints, or the last one once more.
    None when no answer says exactly these constraints, as when one has no mention in the text.
    """
    order = {constraint: place for place, constraint in enumerate(constraints)}
    seen: Counter[tuple[Category, str]] = Counter()
    lines = []
    for mention in _shown(text)[1]:
        meanings = {said: _meaning(mention, said) for said in ANSWERS[mention.category]}
        fitting = sorted(
            (said for said, meant in meanings.items() if all(each in order for each in meant)),
            key=lambda said: order[meanings[said][0]],
        )
        key = (mention.category, mention.canonical)
        said = fitting[min(seen[key], len(fitting) - 1)] if fitting else NO
        seen[key] += 1
        lines.append(f"{mention.canonical} {said}")
    answer = "\n".join(lines)
    return answer if set(read_understanding(text, answer)) == set(constraints) else None


def _shown(text: str) -> tuple[str, tuple[Mention, ...]]:
    """The marked text as far as the model sees it, and the mentions in it."""
    line, mentions = plain(text), find_mentions(text)
    count = len(mentions)
    while True:
        kept = mentions[:count]
        last = kept[-1].end if kept else 0
        head = _bytes(marked(line[:last], kept))
        room = ROOM - _longest_answer(kept) - len(head)
        if room >= 0 or not kept:
            end = mentions[count].start if count < len(mentions) else len(line)
            shown = head + _bytes(line[last:end])[: max(room, 0)]
            return shown.decode(errors="ignore").rstrip(), kept
        count -= 1


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # half a surrogate pair becomes a question mark


def _longest_answer(mentions: Sequence[Mention]) -> int:
    """Bytes, with the line breaks."""
    return sum(
        len(f"{mention.canonical} {max(ANSWERS[mention.category], key=len)}\n")
        for mention in mentions
    )


def _meaning(mention: Mention, said: str) -> tuple[Constraint, ...]:
    """The constraints which this answer about a mention stands for."""
    if said == NO:
        return ()
    if mention.category == "minutes":
        return (Constraint("max_session_min", mention.value, _SCOPES[said]),)
    value = str(mention.value)
    if mention.category in ("day", "days"):
        days = days_of(value) if mention.category == "days" else (value,)
        return tuple(Constraint(_DAY_KINDS[said], day) for day in days)
    if mention.category == "speedwork":
        return (Constraint("no_speedwork"),)
    if mention.category == "flag":
        return (Constraint(cast(ConstraintKind, value)),)
    return (Constraint(cast(ConstraintKind, mention.category), value),)


def _settled(found: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Each once; of what is said for and against a day the last, of limits of one scope the smallest."""
    kept: dict[Constraint, None] = {}
    for new in found:
        rivals = [old for old in kept if old != new and _against(old, new)]
        if new.kind == "max_session_min" and any(_limit(old) < _limit(new) for old in rivals):
            continue
        for old in rivals:
            del kept[old]
        kept[new] = None
    return tuple(kept)


def _against(old: Constraint, new: Constraint) -> bool:
    if old.kind == new.kind:
        return new.kind == "max_session_min" and old.scope == new.scope
    both = {old.kind, new.kind}
    return "avoid_day" in both and both <= set(DAY_KINDS) and old.value == new.value


def _limit(constraint: Constraint) -> int:
    return int(constraint.value or 0)
