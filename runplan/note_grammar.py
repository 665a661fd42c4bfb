"""The grammar of a note: plain sentences that keep off what the week does not have.

A week without a tempo must not be told how to run its tempo. No grammar can say "not this word"
directly, so the words to keep off become an automaton (Aho and Corasick, 1975) whose states are the
beginnings of such words, and each state becomes a rule. The model meets it at the word's first token
and takes another one.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

LETTERS = "abcdefghijklmnopqrstuvwxyz"
INNER = ",;:'{}-"
# A note may end after one of these, or go on with a blank.
STOPS = ".!?"


@lru_cache(maxsize=256)
def note_rules(name: str, forbidden: tuple[str, ...]) -> str:
    """GBNF rules of a note without the `forbidden` phrases; `name` is the rule to start with.

    A phrase is lower-case letters, blanks and `,;:'-`, and may end with one of `STOPS`; it is kept off
    wherever a word begins with it, in either case. It also stands for its endings: `stride` keeps off
    `strides`.
    """
    phrases = tuple(f" {phrase}" for phrase in forbidden)
    known = {phrase[:size] for phrase in phrases for size in range(1, len(phrase) + 1)} | {"", " "}
    known -= {state for state in known if state.endswith(tuple(STOPS))}
    dead = {state for state in known if phrases and state.endswith(phrases)}
    states = sorted(known - dead)
    rule = {state: f"{name}-{index}" for index, state in enumerate(states)}
    rules = [f"{name} ::= {rule[' ']}", f'{name}-end ::= "" | " " {rule[" "]}']
    for state in states:
        moves = [f"{_class(chars)} {rule[to]}" for to, chars in _moves(state, known, dead).items()]
        if stops := "".join(stop for stop in STOPS if not f"{state}{stop}".endswith(phrases)):
            moves.append(f"[{stops}] {name}-end")
        rules.append(f"{rule[state]} ::= {' | '.join(moves)}")
    return "\n".join(rules)


def _moves(state: str, known: set[str], dead: set[str]) -> dict[str, str]:
    """The characters that may follow a state, by the state that they lead to."""
    moves: dict[str, str] = {}
    for char in LETTERS + INNER + " ":
        reached = state + char
        while reached not in known:
            reached = reached[1:]
        if reached not in dead:
            moves[reached] = moves.get(reached, "") + char
    return moves


def _class(chars: str) -> str:
    """A character class: letters in both cases as ranges, the hyphen last where it means itself."""
    lower = "".join(_ranges(sorted(char for char in chars if char.isalpha())))
    others = "".join(char for char in chars if not char.isalpha() and char != "-")
    return f"[{lower}{lower.upper()}{others}{'-' if '-' in chars else ''}]"


def _ranges(letters: list[str]) -> Iterator[str]:
    """Sorted letters with runs of them as `a-f`."""
    # Letters of one run share the difference between their code and their place.
    for _, run in groupby(enumerate(letters), lambda item: ord(item[1]) - item[0]):
        found = [letter for _, letter in run]
        yield f"{found[0]}-{found[-1]}" if len(found) > 2 else "".join(found)
