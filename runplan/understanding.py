"""Reading a runner's free text: the model says of each mention in it what that asks of the plan.

It is asked about one mention at a time, in brackets, and answers with one word:

    can't run [Tue], max 45min on weekdays, no knee pain        avoid
    can't run Tue, max [45min] on weekdays, no knee pain        weekday
    can't run Tue, max 45min on weekdays, no [knee] pain        no

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
from runplan.mentions import Category, Mention, days_of, find_mentions, marked
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
# From what someone returns who says no more than that, where other words name it: "broke my leg,
# now running again".
CAUSES = ("illness", "injury", "pregnancy", "surgery")
_SCOPES: Mapping[str, Scope] = {"max": "all", "weekday": "weekday", "weekend": "weekend"}

# A text asks for one of each at most.
_ONE: tuple[ConstraintKind, ...] = ("long_run_day", "time_of_day", "returning")

# In doubt the answer is no, by so many nats: a wish that nobody has puts a runner off more than one that
# is asked for again. How it was chosen, and what it costs of recall, is in docs/LOG.md.
DOUBT = 1.5

# Prompt and answer share 1024 tokens, and a token is at least a byte: so much of a text is shown
# around a mention. A text of 500 characters is shown whole.
ROOM = 880
# An answer is a word, and the end of the text is a token too.
_LONGEST_ANSWER = 1 + max(len(word) for words in ANSWERS.values() for word in (*words, NO))


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
    jobs: list[Job] = []
    owners: list[int] = []
    answers: list[dict[int, str]] = [{} for _ in texts]
    for index, text in enumerate(texts):
        asked = understand_jobs(text, seed)
        answers[index] = dict.fromkeys(range(len(jobs), len(jobs) + len(asked)), "")
        jobs += asked
        owners += [index] * len(asked)
        if not asked:
            yield index, ()
    if not jobs:
        return
    waiting = Counter(owners)
    with closing(backend.complete(jobs)) as stream:
        for place, answer in stream:
            index = owners[place]
            answers[index][place] = answer
            waiting[index] -= 1
            if not waiting[index]:
                try:
                    yield index, read_understanding(texts[index], tuple(answers[index].values()))
                except NotationError as error:
                    yield index, error


def understand_jobs(text: str, seed: int, grammar: bool = True) -> tuple[Job, ...]:
    """The completions that read a text, one for each mention in it, in order."""
    mentions = find_mentions(text)
    return tuple(
        Job(
            understand_prompt(_shown(text, mentions, asked)),
            understanding_grammar(asked) if grammar else None,
            seed,
            0.0,
            _LONGEST_ANSWER,
            ((NO, DOUBT),),
        )
        for asked in mentions
    )


def understanding_grammar(mention: Mention) -> str:
    """GBNF of what may be said of a mention."""
    return "root ::= " + " | ".join(f'"{word}"' for word in _sayable(mention)) + "\n"


def read_understanding(text: str, answers: Sequence[str]) -> tuple[Constraint, ...]:
    """The constraints that the answers state, one for each mention, without repeats and contradictions.

    Raises:
        NotationError: there are not as many answers as mentions, or one cannot be said of its mention.
    """
    mentions = find_mentions(text)
    if len(answers) != len(mentions):
        raise NotationError("\n".join(answers), f"has not one line for each of {len(mentions)}")
    found: list[Constraint] = []
    for said, mention in zip(answers, mentions, strict=True):
        if said not in _sayable(mention):
            raise NotationError(said, f"says nothing about {mention.canonical}")
        found += _meaning(mention, said)
    return settled(found)


def answers_for(text: str, constraints: Sequence[Constraint]) -> tuple[str, ...] | None:
    """The right answers for a text whose constraints are known: what a model is trained on.

    A value that is mentioned again takes the next of its constraints, or the last one once more.
    None when no answers say exactly these constraints, as when one has no mention in the text.
    """
    order = {constraint: place for place, constraint in enumerate(constraints)}
    seen: Counter[tuple[Category, str]] = Counter()
    answers = []
    for mention in find_mentions(text):
        meanings = {said: _meaning(mention, said) for said in _sayable(mention) if said != NO}
        fitting = sorted(
            (said for said, meant in meanings.items() if all(each in order for each in meant)),
            key=lambda said: order[meanings[said][0]],
        )
        key = (mention.category, mention.canonical)
        answers.append(fitting[min(seen[key], len(fitting) - 1)] if fitting else NO)
        seen[key] += 1
    told = read_understanding(text, answers)
    return tuple(answers) if set(told) == set(settled(constraints)) else None


def _sayable(mention: Mention) -> tuple[str, ...]:
    """What may be said of a mention; a mere return may be one from any cause."""
    causes = CAUSES if (mention.category, mention.value) == ("returning", "break") else ()
    return (*ANSWERS[mention.category], *causes, NO)


def _shown(text: str, mentions: Sequence[Mention], asked: Mention) -> str:
    """The text as the model sees it, cut to `ROOM` bytes around the mention that is asked about."""
    before, after = (_bytes(part) for part in marked(text, mentions, (asked,)).split("[", 1))
    kept = max(ROOM - len(after) - 1, ROOM // 2)
    return (before[-kept:] + b"[" + after)[:ROOM].decode(errors="ignore").strip()


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # half a surrogate pair becomes a question mark


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
    if said in CAUSES and mention.category == "returning":
        return (Constraint("returning", said),)
    return (Constraint(cast(ConstraintKind, mention.category), value),)


def settled(found: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """What a text asks for, told once and without contradictions.

    Of what is said for and against a day the last counts, as of several days for the long run or
    times of day; of limits of one scope the smallest; any cause of a return more than a mere break.
    Who names the days to run on has said that the others are free: no day is avoided beside them.
    """
    kept: dict[Constraint, None] = {}
    for new in found:
        rivals = [old for old in kept if old != new and _against(old, new)]
        if any(_weight(old) > _weight(new) for old in rivals):
            continue
        for old in rivals:
            del kept[old]
        kept[new] = None
    only = any(constraint.kind == "only_day" for constraint in kept)
    return tuple(each for each in kept if not (only and each.kind == "avoid_day"))


def _against(old: Constraint, new: Constraint) -> bool:
    if old.kind == new.kind:
        return new.kind in _ONE or (new.kind == "max_session_min" and old.scope == new.scope)
    both = {old.kind, new.kind}
    return "avoid_day" in both and both <= set(DAY_KINDS) and old.value == new.value


def _weight(constraint: Constraint) -> int:
    """Of two that contradict each other the heavier one counts; where they weigh the same, the later."""
    if constraint.kind == "max_session_min":
        return -int(constraint.value or 0)
    return 0 if constraint == Constraint("returning", "break") else 1
