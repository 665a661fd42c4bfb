"""What the model is asked, in training and in the app alike: the texts of `prompts/`, filled in.

Free text from the runner is cut, kept on one line and cannot form a special token.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from string import Template

from runplan.backends.base import Message
from runplan.briefs import WeekBrief
from runplan.drafts import OutlineLine
from runplan.envelope import Envelope, Slot, WeekRange
from runplan.request import RACE_NAME, PlanRequest
from runplan.units import number

PROMPT_DIR = Path(__file__).resolve().parent.parent / "prompts"
# The model sees this much of the details, in bytes, which bounds the tokens in any script; the checks
# and the page see all of it.
DETAILS_SHOWN = 240


def outline_prompt(envelope: Envelope, targets: Sequence[OutlineLine]) -> tuple[Message, ...]:
    """The messages that ask for an outline with the distances of `targets`, one for each week.

    The focuses of the targets stay out: the model chooses them.
    """
    return _messages(
        "outline",
        runner=runner_text(envelope.request),
        weeks="\n".join(map(_week_target, envelope.weeks, targets)),
    )


def week_prompt(brief: WeekBrief) -> tuple[Message, ...]:
    """The messages that ask for one week."""
    week = brief.week
    line: OutlineLine = week.line
    return _messages(
        "week",
        runner=runner_text(week.request),
        number=str(line.number),
        phase=line.phase,
        distance=number(line.distance),
        long="" if line.long is None else f" long {number(line.long)}",
        focus=line.focus,
        lighter=" lighter" if week.cutback else "",
        benchmark=" benchmark" if week.benchmark else "",
        days="\n".join(
            f"{day} {_slot(week.slots[key])}"
            for day, key in zip(week.days, brief.order, strict=True)
        ),
        openings=" / ".join(brief.openings),
    )


def understand_prompt(shown: str) -> tuple[Message, ...]:
    """The message that asks what the mention marked in a text means.

    Kept short: it is sent for every mention, and most of the rows that a model is trained on are such.
    """
    return (_asked("understand", text=_guarded(shown)),)


def runner_text(request: PlanRequest) -> str:
    """The runner in two lines at most. The name stays out: the model writes `{name}`."""
    text = (
        f"{RACE_NAME[request.race]} {request.level} {request.weeks} weeks "
        f"{request.days_per_week} days {request.units}"
    )
    details = _one_line(request.details)
    return f"{text}\nDetails: {details}" if details else text


def _one_line(details: str) -> str:
    text = _guarded(details)
    data = text.encode()
    if len(data) <= DETAILS_SHOWN:
        return text
    return data[:DETAILS_SHOWN].decode(errors="ignore").rsplit(" ", 1)[0]


def _guarded(text: str) -> str:
    """One line in which no special token stands."""
    return " ".join(text.replace("<|", "< |").split())


def _messages(task: str, **values: str) -> tuple[Message, ...]:
    system: Message = {"role": "system", "content": fill(_template("system"), {})}
    return system, _asked(task, **values)


def _asked(task: str, **values: str) -> Message:
    return {"role": "user", "content": fill(_template(task), values)}


def fill(template: Template, values: Mapping[str, str]) -> str:
    """The template with exactly its variables filled in.

    Raises:
        KeyError: a variable of the template is not given, or one is given that it does not have.
    """
    if odd := set(template.get_identifiers()) ^ values.keys():
        raise KeyError(", ".join(sorted(odd)))
    return template.substitute(values)


@lru_cache
def _template(name: str) -> Template:
    """A prompt text."""
    return Template((PROMPT_DIR / f"{name}.txt").read_text(encoding="utf-8").strip())


def _week_target(week: WeekRange, target: OutlineLine) -> str:
    """The line the outline should have. It looks like the answer, so that it can be copied."""
    long = "" if target.long is None else f" long {number(target.long)}"
    focuses = " ".join(week.focuses)
    return f"{week.number} {week.phase} {number(target.distance)}{long} {focuses}"


def _slot(slot: Slot) -> str:
    """A slot as its session line looks, with the range and the choices that it leaves."""
    parts = [slot.kind]
    if slot.distances:
        parts.append(_range(slot.distances))
    if slot.strides:
        parts += ["strides", *map(str, slot.strides)]
    if slot.finishes:
        parts.append(f"finish {_range(slot.finishes)}")
    text = " ".join(parts)
    return f"{text}: {' '.join(map(str, slot.blocks))}" if slot.blocks else text


def _range(values: tuple[float, ...]) -> str:
    low, high = number(values[0]), number(values[-1])
    return low if low == high else f"{low}-{high}"
