"""What the words of a note claim about its week.

A note is used only where it is true. `MENTIONS` lists the words which imply a session kind: the coach
leaves a phrase with such a word out of weeks without that kind, the grammar keeps a model off it, and
the checker looks for it. Knows nothing of distances or paces, nor how notes are written.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase

NAME = "{name}"

_SESSION_OF = {  # words in a note -> the kind of session which must then be in the week
    "easy": r"easy (?:runs?|days?|jogs?)",
    "recovery": r"recovery (?:runs?|jogs?)",
    "long": r"long (?:runs?|one|day)|longest (?:run|one)",
    "marathon": r"marathon[- ](?:pace|effort)|goal pace|race[- ]pace",
    "tempo": r"tempos?|threshold",
    "intervals": r"intervals?",
    "reps": r"reps?|repetitions?",
    "hills": r"(?:up|down)?hills?|hilly",
    "fartlek": r"fartleks?|surges?|surging",
    "runwalk": r"walk(?:ing)?[- ]breaks?|run[- ]walks?|walk[- ]runs?|(?:run|walk)ning? parts?",
    "race": r"race (?:day|week|morning|weekend)|(?:start|finish) line|start gun|gun|bib|today",
    "strides": r"strides?",
    "finish": r"(?:fast|quick|strong|steady) finish",
    "strength": r"strength (?:sessions?|days?)",
    "cross": r"cross[- ]training (?:sessions?|days?)",
    "hard": r"hard (?:runs?|days?|sessions?|work)|quality|speed ?work|speed sessions?|repeats?",
}
MENTIONS: dict[str, re.Pattern[str]] = {
    kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _SESSION_OF.items()
}
"""Words which imply a session kind. A note with such a word needs one of `SATISFIED_BY[kind]`."""

HARD_KINDS = frozenset({"tempo", "intervals", "reps", "hills", "fartlek", "marathon", "finish"})
SATISFIED_BY: dict[str, frozenset[str]] = {kind: frozenset({kind}) for kind in MENTIONS} | {
    "easy": frozenset({"easy", "recovery", "long", "runwalk"}),
    "marathon": frozenset({"marathon", "finish"}),
    "hard": HARD_KINDS,
}

_WORDS_OF_CLAIMS = MENTIONS | {
    claim: re.compile(words, re.IGNORECASE)
    for claim, words in {
        "taper": r"\btaper(?:s|ed|ing)?\b",
        "cutback": r"\bcutback\b|\b(?:lighter|recovery|easier|down|quieter) week\b|\bstep back\b",
        "first week": r"\b(?:first|opening) week\b|\bweek one\b",
        "halfway": r"\bhalf ?way\b|\bmid-?point\b",
        "half marathon": r"\bhalf[- ]marathon\b|\b(?:the|your|a) half\b(?! of)",
        "full marathon": r"(?<!half )(?<!half-)\bmarathon\b(?![- ](?:pace|effort))",
    }.items()
}


def _whole(word: str) -> tuple[str, ...]:
    """The word with whatever may end it, so that a longer word may begin like it."""
    return tuple(word + end for end in " ,;:'-.!?")


def _unless_pace(word: str) -> tuple[str, ...]:
    """The word where neither "pace" nor "effort" comes after it: these speak of a session."""
    others = {letter for letter in ascii_lowercase if letter not in "pe"}
    others |= {f"p{letter}" for letter in ascii_lowercase if letter != "a"}
    others |= {f"e{letter}" for letter in ascii_lowercase if letter != "f"}
    return tuple(word + end for end in (*",;:'.!?", *(f" {other}" for other in sorted(others))))


# The words of the claims as they are written, for the grammar of a note; endings are included.
PHRASES: dict[str, tuple[str, ...]] = {
    "easy": ("easy run", "easy day", "easy jog"),
    "recovery": ("recovery run", "recovery jog"),
    "long": ("long run", "long one", "long day", "longest run", "longest one"),
    "marathon": (
        *("marathon pace", "marathon-pace", "marathon effort", "marathon-effort"),
        *("goal pace", "race pace", "race-pace"),
    ),
    "tempo": ("tempo", "threshold"),
    "intervals": ("interval",),
    "reps": ("reps", *_whole("rep"), "repetition"),
    "hills": ("hill", "uphill", "downhill"),
    "fartlek": ("fartlek", "surge", "surging"),
    "runwalk": (
        *("walk break", "walk-break", "walking break", "walking-break"),
        *("run walk", "run-walk", "walk run", "walk-run", *_whole("running part"), "running parts"),
    ),
    "race": (
        *("race day", "race week", "race morning"),
        *("start line", "finish line", "start gun", "gun", "bib", "today"),
    ),
    "strides": ("stride",),
    "finish": ("fast finish", "quick finish", "strong finish", "steady finish"),
    "strength": ("strength session", "strength day"),
    "cross": tuple(f"cross{gap}training {what}" for gap in "- " for what in ("session", "day")),
    "hard": (
        *("hard run", "hard day", "hard session", "hard work", "quality"),
        *("speed work", "speedwork", "speed session", "repeats"),
        *_whole("repeat"),
    ),
    "taper": ("taper",),
    "cutback": (
        *("cutback", "lighter week", "recovery week", "easier week", "down week"),
        *("quieter week", "step back"),
    ),
    "first week": ("first week", "opening week", "week one"),
    "halfway": ("halfway", "half way", "midpoint", "mid-point"),
    "half marathon": ("half marathon", "half-marathon", "the half", "your half", "a half"),
    "full marathon": (
        *(end for word in ("the", "your", "a") for end in _unless_pace(f"{word} marathon")),
        "marathon training",
    ),
}

# Parts of which a note speaks only to a runner who has trouble with them; the plural of some is in
# advice on form ("soft knees"), and other parts are in it throughout.
_AILMENTS = {
    "achilles": re.compile(r"\bachilles\b", re.IGNORECASE),
    "hamstring": re.compile(r"\bhamstrings?\b", re.IGNORECASE),
    "knee": re.compile(r"\bknee\b", re.IGNORECASE),
    "shin": re.compile(r"\bshin\b|\b(?:the|those|sore) shins\b", re.IGNORECASE),
    "hip": re.compile(r"\bhip\b", re.IGNORECASE),
}

AILMENT_PHRASES: dict[str, tuple[str, ...]] = {
    "achilles": ("achilles",),
    "hamstring": ("hamstring",),
    "knee": _whole("knee"),
    "shin": (*_whole("shin"), "the shins", "those shins", "sore shins"),
    "hip": _whole("hip"),
}

_SENTENCE = re.compile(r"[^.!?\s][^.!?]*")


@dataclass(frozen=True)
class NoteFacts:
    """What a note may know of its week and its runner."""

    race: str
    """5K, 10K, half or marathon."""
    level: str
    """beginner, intermediate or advanced."""
    phase: str
    """base, build, peak or taper."""
    focus: str
    """easy, strides, hills, fartlek, tempo, intervals, reps, marathon, runwalk or race."""
    kinds: frozenset[str]
    """Session kinds in the week, "strides", and "finish" (a long run ending at marathon pace)."""
    number: int
    """Week number, from 1."""
    total: int
    """Weeks in the plan; the last is race week."""
    cutback: bool
    """A lighter recovery week."""
    topics: tuple[str, ...] = ()
    """What the runner's details are about, as `topics_in` tells."""

    @property
    def halfway(self) -> bool:
        """Whether the week is in the middle of a plan that is long enough to have one."""
        return abs(self.number - self.total / 2) <= 0.5 and self.total >= 6


def contradictions(note: str, facts: NoteFacts) -> tuple[str, ...]:
    """What the note speaks of though the week has none of it: session kinds, "taper", ..."""
    return tuple(sorted(claims_in(note) & false_claims(facts)))


def strange_ailments(note: str, topics: Collection[str]) -> tuple[str, ...]:
    """The hurt body parts which the note speaks of and the runner's details do not."""
    return tuple(
        topic for topic, words in _AILMENTS.items() if topic not in topics and words.search(note)
    )


def forbidden_phrases(facts: NoteFacts) -> tuple[str, ...]:
    """The phrases that a note about this week may not use, in lower case."""
    false = false_claims(facts)
    claims = (phrases for claim, phrases in PHRASES.items() if claim in false)
    ailments = (phrases for topic, phrases in AILMENT_PHRASES.items() if topic not in facts.topics)
    return tuple(phrase for phrases in (*claims, *ailments) for phrase in phrases)


def claims_in(note: str) -> frozenset[str]:
    """What must be true of a week for this note to fit it.

    No claim runs over the end of a sentence, so they are read one by one: sentences come again.
    """
    return frozenset().union(*map(_claims, _SENTENCE.findall(note)))


@lru_cache(maxsize=20_000)
def _claims(sentence: str) -> frozenset[str]:
    return frozenset(claim for claim, words in _WORDS_OF_CLAIMS.items() if words.search(sentence))


def false_claims(facts: NoteFacts) -> frozenset[str]:
    """What a note about this week must not claim."""
    holds = {
        "taper": facts.phase == "taper",
        "cutback": facts.cutback,
        "first week": facts.number == 1,
        "halfway": facts.halfway,
        "half marathon": facts.race == "half",
        "full marathon": facts.race == "marathon",
    }
    return _missing_sessions(facts.kinds).union(claim for claim, true in holds.items() if not true)


@lru_cache(maxsize=1024)
def _missing_sessions(kinds: frozenset[str]) -> frozenset[str]:
    return frozenset(claim for claim in MENTIONS if not SATISFIED_BY[claim] & kinds)
