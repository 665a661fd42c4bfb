"""What in a runner's free text may ask something of the plan: candidates, found by their words.

The words are in `mentions.toml`, wide on purpose: "knee-high socks" and "no knee pain" are mentions too.
Knows nothing of what a mention means where it stands; that is for the model (`understanding.py`).
"""

import re
import tomllib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, cast, get_args

from runplan.request import DAYS, MAX_SESSION_MIN, MIN_SESSION_MIN, Day

Category = Literal[
    "day",
    "days",
    "minutes",
    "injury",
    "returning",
    "terrain",
    "time_of_day",
    "flag",
    "speedwork",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)

# Said of several days at once; other groups spell theirs out, as `Mon-Thu` or `Mon/Wed/Fri`.
_GROUPS = {DAYS[:5]: "weekdays", DAYS[5:]: "weekend"}


@dataclass(frozen=True)
class Mention:
    """A candidate: `plain(text)[start:end]` speaks of `value`.

    `value` is the canonical word of its category: a day, a group of days, minutes, a body part,
    from what the runner returns, a terrain, a time of day, the kind of a flag, or `speedwork`.
    """

    start: int
    end: int
    category: Category
    value: str | int

    @property
    def canonical(self) -> str:
        """The mention as the model reads and writes it: `Tue`, `45min`, `it band`, `run walk`."""
        text = f"{self.value}min" if self.category == "minutes" else str(self.value)
        return text.replace("_", " ")


def plain(text: str) -> str:
    """The text as mentions count it: one line, lower case, plain quotes, no brackets, slips mended."""
    line = " ".join(text.lower().translate(_PLAIN).split())
    return re.sub(r"(?<![\w'])[a-z]{5,}(?!\w)", lambda word: _mended(word[0]), line)


@lru_cache(maxsize=1024)
def find_mentions(text: str) -> tuple[Mention, ...]:
    """Everything in the text that may be a constraint, in order, without overlaps."""
    line = plain(text)
    taken: list[Mention] = []
    # Sorting keeps the order of the lexicon among matches of one length.
    for found in sorted(_matches(line), key=lambda found: found.start - found.end):
        if all(found.end <= other.start or other.end <= found.start for other in taken):
            taken.append(found)
    return tuple(sorted(taken, key=lambda found: found.start))


def marked(text: str, mentions: Sequence[Mention], asked: Container[Mention]) -> str:
    """The text as the model sees it: mentions in their canonical form, those asked about in brackets."""
    line, place, pieces = plain(text), 0, []
    for mention in mentions:
        shown = f"[{mention.canonical}]" if mention in asked else mention.canonical
        pieces += [line[place : mention.start], shown]
        place = mention.end
    return "".join([*pieces, line[place:]])


def days_of(group: str) -> tuple[Day, ...]:
    """The days of a group: `weekdays`, `weekend`, `Mon-Thu` or `Mon/Wed/Fri`."""
    for days, name in _GROUPS.items():
        if group == name:
            return days
    first, separator, last = group.partition("-")
    if not separator:
        return cast(tuple[Day, ...], tuple(group.split("/")))
    return _days_between(cast(Day, first), cast(Day, last))


_PLAIN = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u2032": "'", "`": "'", "[": "(", "]": ")"}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)

# Of five letters one too many or too few, of seven one wrong: difflib's ratio.
_ONE_LETTER_OFF = 0.85

_HOURS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_TENS = {
    "ten": 10,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fourty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_FRACTIONS = {
    "": 0.0,
    "half": 0.5,
    "1/2": 0.5,
    "\u00bd": 0.5,
    "quarter": 0.25,
    "three quarters": 0.75,
    "three-quarters": 0.75,
    "three quarter": 0.75,
    "three-quarter": 0.75,
    "3/4": 0.75,
}
_MINUTE = r"(?:minutes?|minuets?|mintues?|minuts?|mins?|min\.|mns?|')"
_HOUR = r"(?:hours?|houres?|hrs?|hr\.|h)"
_COUNT = rf"\d{{1,3}}|(?:{'|'.join(_TENS)})(?:[ -](?:five))?|(?:a )?hundred(?: and twenty)?"
_TIMES = rf"\d(?:[.,]\d{{1,2}})?|{'|'.join(_HOURS)}"
# What makes a bare "45" or "1:30" a limit.
_LIMIT = (
    "max |max: |max of |maximum |maximum of |up to |upto |at most |most |no more than |more than "
    "|no longer than |longer than |less than |under |below |limit of |limited to |over |exceed "
    "|limit everything to |limit it to |limit them to |keep below |keep it below |keep them below "
    "|within |cap |cap of |cap at |cap it at |cap them at |cap runs at |cap me at |cap everything at |capped at "
    "|limit is |limit: |cap is |cap: |maximum is |maximum: |max. |tops |only |only have |about |around |roughly "
).split("|")
_AFTER_LIMIT = f"(?:{'|'.join(f'(?<={re.escape(words)})' for words in _LIMIT)})"
_AT_MOST = (
    r"(?:max|maximum|tops|at (?:the )?(?:very )?most|or less|(?:or so )?as a max(?:imum)?|(?:and )?no more"
    r"|not more|is my limit|is the limit|is the cap|(?:and )?cap it)"
)
_GROUP_WORDS = ("weekend", "weekends", "weekday", "weekdays")
_AFTER_DAYS = "|".join(
    f"(?<={day}{mark})"
    for days, marks in ((_GROUP_WORDS, (" ", ": ")), (("fri", "sat", "sun", "sunday"), (": ",)))
    for day in days
    for mark in marks
)
_NO_UNIT = (
    r"(?![\w:%.,]*\d)(?!\w)(?! ?(?:%|k|km|kms|kilomet\w+|mi|miles?|m|met\w+|days?|weeks?|months?|years?"
    r"|hours?|hrs?|runs?|times?|x|kg|lbs?|pounds|kilos|bpm|degrees|sessions?|of|yo|people|laps)\b)"
)
_DURATIONS = tuple(
    re.compile(rf"(?<![\w.:/-])(?:{pattern})")
    for pattern in (
        # 30-45 min: the upper end counts
        rf"(?:(?:{_COUNT}) ?(?:{_MINUTE})? ?(?:-|to|or|/) ?)?(?P<count>{_COUNT})(?: ?-?ish)?[ -]?{_MINUTE}(?!\w)",
        r"(?<![\w.:])(?P<count>[2-9]\d)m(?!\w)",
        # an hour and fifteen minutes, 1h15, 2 hrs 30, 1:15h
        rf"(?P<hours>{_TIMES})[ -]?{_HOUR} ?(?:and |& )?(?P<count>{_COUNT}) ?(?:{_MINUTE}|m)?"
        r"(?![\w])(?! ?(?:k|km|mi|miles|days|times)\b)",
        rf"(?P<hours>\d):(?P<count>[0-5]\d) ?{_HOUR}(?!\w)",
        rf"{_AFTER_LIMIT}(?P<hours>[1-5])[:h](?P<count>[0-5]\d)(?![\w:])",
        # an hour and a half, one and a half hours, 1 1/2 hours, 1.5 h
        rf"(?:(?P<hours>{_TIMES}|the|per)[ -])?{_HOUR} and (?:a )?(?P<fraction>three quarters|half|quarter)(?!\w)",
        rf"(?P<hours>{_TIMES}) and (?:a )?(?P<fraction>half|quarter)[ -]?{_HOUR}(?!\w)",
        rf"(?P<hours>{_TIMES})(?: and | )?(?P<fraction>1/2|\u00bd)[ -]?{_HOUR}(?!\w)",
        rf"(?:(?:{_TIMES}) ?(?:-|to|or) ?)?(?P<hours>{_TIMES})[ -]?{_HOUR}(?!\w)",
        rf"(?P<hours>(?:a )?couple(?: of)?|per|the|single|full) {_HOUR}(?!\w)",
        rf"(?:a |an )?(?P<fraction>three[ -]quarters?|3/4|half|quarter)(?:[ -]| of )?(?:a |an )?{_HOUR}(?!\w)",
        # a bare number where a limit is named
        rf"{_AFTER_LIMIT}(?P<count>\d{{2,3}}){_NO_UNIT}",
        rf"(?P<count>\d{{2,3}})(?=,? {_AT_MOST}\b)",
        rf"(?P<hours>[1-5]):(?P<count>[0-5]\d)(?=,? {_AT_MOST}\b)",
        rf"(?P<hours>hour|hr)(?=,? {_AT_MOST}\b)",
        r"(?:(?<=max )|(?<=maximum ))(?P<hours>hour|hr)(?!\w)",
        rf"(?P<hours>hour) and (?P<count>{_COUNT})(?: ?{_MINUTE})?(?!\w)",
        # a bare number beside what it is for: 90 on weekends; weekends: 90
        r"(?P<count>\d{2,3})(?= (?:(?:on|at|for|over|during|in) )?(?:the |a )?(?:week|wk)\w*)(?! weeks?\b)",
        rf"(?:{_AFTER_DAYS})(?P<count>\d{{2,3}}){_NO_UNIT}",
    )
)


def _minutes(parts: dict[str, str | None]) -> int:
    hours = parts.get("hours") or ""
    fraction = (parts.get("fraction") or "").strip()
    count = (parts.get("count") or "").replace("a hundred", "hundred")
    if hours[:1].isdigit():
        total = float(hours.replace(",", ".")) * 60
    elif "couple" in hours:
        total = 120.0
    else:
        # "the hour", or "hour and a half" with no number before it, is one hour.
        bare = bool(hours) or (fraction and "hours" in parts)
        total = 60.0 * _HOURS.get(hours, 1) if bare else 0.0
    total += 60 * _FRACTIONS[fraction]
    if count.isdigit():
        total += int(count)
    elif count.startswith("hundred"):
        total += 120 if "twenty" in count else 100
    elif count:
        word, _, five = re.sub("-", " ", count).partition(" ")
        total += _TENS[word] + (5 if five else 0)
    return round(total)


@lru_cache(maxsize=4096)
def _mended(word: str) -> str:
    """The word of the lexicon's that this is a slip of: a letter off, or two changed places."""
    words, right = _spelling()
    if word in words or word in right:
        return word
    for near in get_close_matches(word, words, cutoff=0.8):
        swapped = sorted(near) == sorted(word)
        if swapped or SequenceMatcher(None, word, near).ratio() >= _ONE_LETTER_OFF:
            return near
    return word


def _matches(line: str) -> Iterator[Mention]:
    for category, value, pattern in _lexicon():
        for match in pattern.finditer(line):
            yield Mention(*match.span(), category, value)
    for match in _range_of_days().finditer(line):
        first, last = (_day_of(match[name]) for name in ("first", "last"))
        days = _days_between(first, last)
        if len(days) > 1:
            name = _GROUPS.get(days, f"{first}-{last}")
            yield Mention(*match.span(), "days", name)
    for pattern in _DURATIONS:
        for match in pattern.finditer(line):
            minutes = _minutes(match.groupdict())
            if MIN_SESSION_MIN <= minutes <= MAX_SESSION_MIN:
                yield Mention(*match.span(), "minutes", minutes)


def _days_between(first: Day, last: Day) -> tuple[Day, ...]:
    """From one day to another, over the end of the week if need be."""
    start = DAYS.index(first)
    size = (DAYS.index(last) - start) % len(DAYS) + 1
    return tuple((DAYS * 2)[start : start + size])


@cache
def _tables() -> dict[str, dict[str, str]]:
    path = files("runplan") / "mentions.toml"
    tables: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return tables


@cache
def _spelling() -> tuple[tuple[str, ...], frozenset[str]]:
    """The words to mend towards, and those that are right although they look like one of them."""
    table = _tables()["spelling"]
    return tuple(table["words"].split()), frozenset(table["right"].split())


@cache
def _lexicon() -> tuple[tuple[Category, str, re.Pattern[str]], ...]:
    """Category, value and pattern, in the order of the file."""
    return tuple(
        (category, value, re.compile(_bounded(words)))
        for category, table in _tables().items()
        if category in CATEGORIES
        for value, words in table.items()
    )


def _bounded(words: str) -> str:
    """The alternatives of an entry with its parts filled in, matched at word bounds."""
    parts = _tables()["parts"]
    while "%" in words and (filled := re.sub(r"%(\w+)%", lambda m: parts[m[1]], words)) != words:
        words = filled
    alternatives = [word for word in re.split(r", |\n", words) if word]
    return "|".join(rf"(?<!\w)(?:{word})(?!\w)" for word in alternatives)


@cache
def _range_of_days() -> re.Pattern[str]:
    """Monday to Thursday, mon-fri, between Tuesday and Friday.

    "not on mondays - friday is ok" is none, nor is tue-thu-sat.
    """
    day = "|".join(_bounded(words) for words in _tables()["day"].values())
    return re.compile(
        rf"(?<![a-z]-)(?:between (?=(?:{day}) and)(?P<x>))?(?P<first>{day})"
        r"(?:-|(?<!days) - |(?<=days) - (?=\w+days)| (?:to|through|thru|till?|until|up to) |(?(x) and ))"
        rf"(?P<last>{day})(?!-(?:{day}))"
    )


def _day_of(word: str) -> Day:
    patterns = {value: pattern for category, value, pattern in _lexicon() if category == "day"}
    return next(day for day in DAYS if patterns[day].fullmatch(word))
