"""A small reader of GBNF, the grammar format of llama.cpp: draws texts and accepts texts.

It knows what the project's grammars use: literals, character classes, rule names, groups,
alternatives, and `+`, `*`, `?`, `{low,high}`. Matching is by sets of end positions, so ambiguity is no problem.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r'\s*("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|[A-Za-z][\w-]*|\{\d+,\d+\}|[()|+*?])'
)
PRINTABLE = "".join(chr(code) for code in range(32, 127)) + "éß–’"


@dataclass(frozen=True)
class Node:
    """A part of a rule: kind is text, chars, rule, seq, any or repeat."""

    kind: str
    value: Any
    low: int = 1
    high: int | None = 1


class Grammar:
    """A parsed grammar; `root` is the start."""

    def __init__(self, text: str) -> None:
        self.rules: dict[str, Node] = {}
        for line in text.splitlines():
            if line.strip():
                name, _, body = line.partition("::=")
                self.rules[name.strip()] = _parse(body)

    def sample(self, rng: random.Random, longest: int = 40) -> str:
        """A random text; unbounded repetitions run to at most `longest`."""

        def draw(node: Node) -> str:
            match node.kind:
                case "text":
                    return str(node.value)
                case "chars":
                    return rng.choice([char for char in PRINTABLE if node.value(char)])
                case "rule":
                    return draw(self.rules[node.value])
                case "seq":
                    return "".join(draw(part) for part in node.value)
                case "any":
                    return draw(rng.choice(node.value))
                case _:
                    times = rng.randint(
                        node.low, longest if node.high is None else min(node.high, longest)
                    )
                    return "".join(draw(node.value) for _ in range(times))

        return draw(self.rules["root"])

    def accepts(self, text: str) -> bool:
        """Whether the whole text is in the language."""
        memo: dict[tuple[str, int], frozenset[int]] = {}

        def ends(node: Node, start: int) -> frozenset[int]:
            match node.kind:
                case "text":
                    found = text.startswith(node.value, start)
                    return frozenset({start + len(node.value)} if found else ())
                case "chars":
                    found = start < len(text) and node.value(text[start])
                    return frozenset({start + 1} if found else ())
                case "rule":
                    key = (node.value, start)
                    if key not in memo:
                        memo[key] = ends(self.rules[node.value], start)
                    return memo[key]
                case "seq":
                    places = frozenset({start})
                    for part in node.value:
                        places = frozenset().union(*(ends(part, place) for place in places))
                    return places
                case "any":
                    return frozenset().union(*(ends(part, start) for part in node.value))
                case _:
                    return frozenset(_repeats(node, start, ends))

        return len(text) in ends(self.rules["root"], 0)


def _repeats(node: Node, start: int, ends: Callable[[Node, int], frozenset[int]]) -> Iterator[int]:
    places, times = frozenset({start}), 0
    seen: set[int] = set()
    while places:
        if times >= node.low:
            yield from places - seen
            seen |= places
        if times == node.high:
            return
        places = frozenset().union(*(ends(node.value, place) for place in places)) - seen
        times += 1


def _parse(body: str) -> Node:
    tokens, place = [], 0
    body = body.strip()
    while place < len(body):
        match = _TOKEN.match(body, place)
        if match is None:
            raise ValueError(f"not GBNF: {body[place:]!r}")
        tokens.append(match.group(1))
        place = match.end()
    node, rest = _alternatives(tokens)
    if rest:
        raise ValueError(f"left over: {rest}")
    return node


def _alternatives(tokens: list[str]) -> tuple[Node, list[str]]:
    options: list[Node] = []
    parts: list[Node] = []
    while tokens and tokens[0] != ")":
        token, tokens = tokens[0], tokens[1:]
        if token == "|":
            options.append(Node("seq", tuple(parts)))
            parts = []
        elif token in "+*?":
            most = 1 if token == "?" else None
            parts[-1] = Node("repeat", parts[-1], 1 if token == "+" else 0, most)
        elif token[0] == "{":
            low, high = token[1:-1].split(",")
            parts[-1] = Node("repeat", parts[-1], int(low), int(high))
        elif token == "(":
            node, tokens = _alternatives(tokens)
            tokens = tokens[1:]
            parts.append(node)
        elif token[0] == '"':
            parts.append(Node("text", _unescape(token[1:-1])))
        elif token[0] == "[":
            # GBNF classes are written as in Python's expressions.
            parts.append(Node("chars", re.compile(token.replace("[{", "[\\{")).match))
        else:
            parts.append(Node("rule", token))
    options.append(Node("seq", tuple(parts)))
    return (options[0] if len(options) == 1 else Node("any", tuple(options))), tokens


def _unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
