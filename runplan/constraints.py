"""What a runner's free text asks for, as data: kind, value and scope. Knows nothing of how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from runplan.errors import InputError

ConstraintKind = Literal[
    "avoid_day",
    "only_day",
    "long_run_day",
    "max_session_min",
    "injury",
    "returning",
    "terrain",
    "heat",
    "cold",
    "altitude",
    "no_speedwork",
    "run_walk",
    "cross_training",
    "strength",
    "time_of_day",
    "first_race",
]
Scope = Literal["weekday", "weekend", "all"]

KINDS: tuple[ConstraintKind, ...] = get_args(ConstraintKind)
SCOPES: tuple[Scope, ...] = get_args(Scope)
_WEEKDAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


# The kinds that carry a day, then those that stand alone; the others carry a word or minutes.
_DAY_WORDS: Mapping[ConstraintKind, str] = {
    "avoid_day": "No running",
    "only_day": "Running",
    "long_run_day": "Long run",
}
_FLAG_WORDS: Mapping[ConstraintKind, str] = {
    "heat": "Hot weather",
    "cold": "Cold weather",
    "altitude": "At altitude",
    "no_speedwork": "No speedwork",
    "run_walk": "Running with walking breaks",
    "cross_training": "Cross-training too",
    "strength": "Strength training too",
    "first_race": "First race",
}
DAY_KINDS: tuple[ConstraintKind, ...] = tuple(_DAY_WORDS)
FLAGS: tuple[ConstraintKind, ...] = tuple(_FLAG_WORDS)


@dataclass(frozen=True)
class Constraint:
    """One wish.

    `value` is a day (`Tue`) for the day kinds, minutes for `max_session_min`, a word for `injury`
    (body part), `returning` (from what), `terrain` and `time_of_day`, and None for the flags.
    `scope` belongs to `max_session_min` and says on which days it holds.
    """

    kind: ConstraintKind
    value: str | int | None = None
    scope: Scope | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise _wrong(f"{self.kind!r} is not one of {', '.join(KINDS)}")
        if self.kind == "max_session_min":
            if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value <= 0:
                raise _wrong(f"max_session_min needs whole minutes, not {self.value!r}")
            if self.scope is None:
                object.__setattr__(self, "scope", "all")
            elif self.scope not in SCOPES:
                raise _wrong(f"scope {self.scope!r} is not one of {', '.join(SCOPES)}")
        elif self.scope is not None:
            raise _wrong(f"{self.kind} has no scope")
        elif self.kind in FLAGS:
            if self.value is not None:
                raise _wrong(f"{self.kind} has no value")
        elif not isinstance(self.value, str) or not self.value:
            raise _wrong(f"{self.kind} needs a value")
        elif self.kind in DAY_KINDS and self.value not in _WEEKDAY_NAMES:
            raise _wrong(f"{self.kind}: {self.value!r} is not one of {', '.join(_WEEKDAY_NAMES)}")

    def to_json(self) -> dict[str, Any]:
        """The constraint as it stands in JSON."""
        return {"kind": self.kind, "value": self.value, "scope": self.scope}


def constraint_from_json(data: Any) -> Constraint:
    """A constraint from its JSON form; `value` and `scope` may be missing.

    Raises:
        InputError: not of that form; the field is `constraints`.
    """
    if not isinstance(data, Mapping) or "kind" not in data:
        raise _wrong('write each as {"kind": …, "value": …, "scope": …}')
    if odd := data.keys() - {"kind", "value", "scope"}:
        raise _wrong(f"{', '.join(sorted(map(str, odd)))} is not known")
    return Constraint(data["kind"], data.get("value"), data.get("scope"))


def in_words(constraint: Constraint) -> str:
    """The wish as a plain phrase: "No running on Tuesday", "At most 45 minutes on weekdays"."""
    value = str(constraint.value)
    match constraint.kind:
        case "avoid_day" | "only_day" | "long_run_day":
            return f"{_DAY_WORDS[constraint.kind]} on {_DAY_NAMES[value]}"
        case "max_session_min":
            return f"At most {value} minutes{_SCOPE_WORDS[constraint.scope or 'all']}"
        case "injury":
            return f"Sore {'IT band' if value == 'it band' else value}"
        case "returning":
            return f"Coming back after {_BACK_AFTER.get(value, value)}"
        case "terrain":
            return _TERRAIN_WORDS.get(value, f"Runs on {value}")
        case "time_of_day":
            return _TIME_WORDS.get(value, f"Runs in the {value}")
        case flag:
            return _FLAG_WORDS[flag]


_DAY_NAMES: Mapping[str, str] = dict(
    zip(
        _WEEKDAY_NAMES,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
_SCOPE_WORDS: Mapping[Scope, str] = {
    "all": " a run",
    "weekday": " on weekdays",
    "weekend": " at weekends",
}
_BACK_AFTER: Mapping[str, str] = {
    "break": "a break",
    "injury": "an injury",
    "illness": "an illness",
}
_TERRAIN_WORDS: Mapping[str, str] = {
    "hills": "Runs in hills",
    "trail": "Runs on trails",
    "track": "Runs on a track",
    "treadmill": "Runs on a treadmill",
    "flat": "Runs on flat ground",
}
_TIME_WORDS: Mapping[str, str] = {"lunch": "Runs at lunchtime", "night": "Runs at night"}


def _wrong(problem: str) -> InputError:
    return InputError("constraints", problem)
