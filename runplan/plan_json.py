"""The plan JSON (`runplan/1`): writing ours, reading anyone's.

A plan from elsewhere may leave out almost everything, so reading gives a `PlanFile`: what stands in
the file, with nothing invented. Only plans written by this project can be turned back into a `Plan`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from runplan.errors import PlanFormatError
from runplan.plan import Finding, PaceRange, Phase, Plan, Provenance, Session, Step, Week
from runplan.request import DAYS, LEVELS, RACES, request_from_json
from runplan.units import UNITS

SCHEMA = "runplan/1"
# No plan is longer than this; a larger number is a damaged file.
MAX_FILE_WEEKS = 60


@dataclass(frozen=True)
class PlanFile:
    """A plan file as read: the request's raw fields (the four needed ones checked) and the weeks.

    `stated` holds each week's own total where the file gives one, in the order of `weeks`.
    """

    request: Mapping[str, Any]
    paces: Mapping[str, PaceRange]
    weeks: tuple[Week, ...]
    stated: tuple[float | None, ...]
    provenance: Provenance | None


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The JSON form of a plan, ready for `json.dumps`."""
    provenance = plan.provenance
    return {
        "schema": SCHEMA,
        "request": plan.request.to_json(),
        "paces": {zone: list(pace) for zone, pace in plan.paces.items()},
        "weeks": [_week_to_json(week) for week in plan.weeks],
        "provenance": {
            "backend": provenance.backend,
            "model": provenance.model,
            "seed": provenance.seed,
            "weeks": list(provenance.weeks),
        },
        "findings": [finding_to_json(finding) for finding in plan.findings],
    }


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """One finding as `{"code", "level", "week", "message"}`."""
    return {
        "code": finding.code,
        "level": finding.level,
        "week": finding.week,
        "message": finding.message,
    }


def read_plan_file(text: str) -> PlanFile:
    """Read a plan in the JSON of this project, whoever wrote it.

    Raises:
        PlanFormatError: not JSON, another schema, or a needed field is missing or of the wrong kind.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise PlanFormatError(f"not JSON: {error}") from None
    except RecursionError:
        raise PlanFormatError("not a plan: nested too deeply") from None
    _expect(isinstance(data, dict), "the file is not a JSON object")
    _expect(data.get("schema") == SCHEMA, f'schema: expected "{SCHEMA}"')
    request = _request(data.get("request"))
    weeks = data.get("weeks")
    if not isinstance(weeks, list) or len(weeks) > MAX_FILE_WEEKS:
        raise PlanFormatError(f"weeks: expected a list of at most {MAX_FILE_WEEKS}")
    return PlanFile(
        request=request,
        paces=_paces(data.get("paces") or {}),
        weeks=tuple(_week(entry, index + 1) for index, entry in enumerate(weeks)),
        stated=tuple(_number(entry, "distance", f"week {i + 1}") for i, entry in enumerate(weeks)),
        provenance=_provenance(data.get("provenance")),
    )


def plan_from_json(text: str) -> Plan:
    """Read back a plan this project wrote.

    Raises:
        PlanFormatError: unreadable, or a plan from elsewhere with no provenance.
        InputError: its request is not valid.
    """
    file = read_plan_file(text)
    if file.provenance is None:
        raise PlanFormatError("provenance: missing, so this plan was not written by this project")
    return Plan(request_from_json(file.request), file.paces, file.weeks, file.provenance)


def _week_to_json(week: Week) -> dict[str, Any]:
    return {
        "number": week.number,
        "phase": week.phase,
        "distance": week.distance,
        "note": week.note,
        "sessions": [
            {
                "day": session.day,
                "kind": session.kind,
                "distance": session.distance,
                "duration_min": session.duration_min,
                "text": session.text,
                "steps": [_step_to_json(step) for step in session.steps],
            }
            for session in week.sessions
        ],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "repeat": step.repeat,
        "kind": step.kind,
        "distance_m": step.distance_m,
        "duration_s": step.duration_s,
        "pace": list(step.pace) if step.pace else None,
    }


def _request(data: Any) -> dict[str, Any]:
    _expect(isinstance(data, dict), "request: missing or not an object")
    for key, allowed in (("race", RACES), ("level", LEVELS), ("units", UNITS)):
        _expect(data.get(key) in allowed, f"request.{key}: expected one of {', '.join(allowed)}")
    weeks = data.get("weeks")
    _expect(
        isinstance(weeks, int) and not isinstance(weeks, bool) and 1 <= weeks <= MAX_FILE_WEEKS,
        f"request.weeks: expected a whole number from 1 to {MAX_FILE_WEEKS}",
    )
    run_days = data.get("run_days")
    if run_days is not None:
        _expect(
            isinstance(run_days, list) and all(day in DAYS for day in run_days),
            f"request.run_days: expected a list of {', '.join(DAYS)}",
        )
    return cast(dict[str, Any], data)


def _week(data: Any, number: int) -> Week:
    _expect(isinstance(data, dict), f"week {number}: not an object")
    entries = data.get("sessions")
    if not isinstance(entries, list):
        raise PlanFormatError(f"week {number}: sessions is missing or not a list")
    sessions = tuple(_session(entry, number) for entry in entries)
    stated = _number(data, "distance", f"week {number}")
    total = sum(session.distance or 0.0 for session in sessions)
    given = data.get("number", number)
    _expect(isinstance(given, int), f"week {number}: number is not a whole number")
    return Week(
        number=given,
        phase=cast(Phase, str(data.get("phase") or "")),
        distance=total if stated is None else stated,
        note=str(data.get("note") or ""),
        sessions=sessions,
    )


def _session(data: Any, week: int) -> Session:
    where = f"week {week}, a session"
    _expect(isinstance(data, dict), f"{where}: not an object")
    day, kind = data.get("day"), data.get("kind")
    _expect(day in DAYS, f"{where}: day {day!r} is not one of {', '.join(DAYS)}")
    _expect(isinstance(kind, str) and kind, f"{where}: kind is missing")
    duration = _number(data, "duration_min", where)
    steps = data.get("steps") or []
    _expect(isinstance(steps, list), f"{where}: steps is not a list")
    return Session(
        day=str(day),
        kind=str(kind),
        distance=_number(data, "distance", where),
        duration_min=None if duration is None else round(duration),
        text=str(data.get("text") or ""),
        steps=tuple(_step(step, where) for step in steps),
    )


def _step(data: Any, where: str) -> Step:
    _expect(isinstance(data, dict), f"{where}: a step is not an object")
    pace = data.get("pace")
    repeat = _number(data, "repeat", where)
    return Step(
        kind=str(data.get("kind") or ""),
        repeat=1 if repeat is None else int(repeat),
        distance_m=_number(data, "distance_m", where),
        duration_s=_number(data, "duration_s", where),
        pace=None if pace is None else _pace(pace, where),
    )


def _paces(data: Any) -> dict[str, PaceRange]:
    _expect(isinstance(data, dict), "paces: not an object")
    return {str(zone): _pace(pace, f"paces.{zone}") for zone, pace in data.items()}


def _pace(data: Any, where: str) -> PaceRange:
    if not (
        isinstance(data, list)
        and len(data) == 2
        and all(_is_number(value) and value > 0 for value in data)
    ):
        raise PlanFormatError(f"{where}: a pace is a pair of seconds per unit")
    return round(data[0]), round(data[1])


def _provenance(data: Any) -> Provenance | None:
    if not isinstance(data, dict) or not isinstance(data.get("weeks"), list):
        return None
    seed = data.get("seed") or 0
    _expect(isinstance(seed, int), "provenance: seed is not a whole number")
    return Provenance(
        backend=str(data.get("backend")),
        model=str(data.get("model")),
        seed=int(seed),
        weeks=tuple(data["weeks"]),
    )


def _number(data: Mapping[str, Any], key: str, where: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if not _is_number(value):
        raise PlanFormatError(f"{where}: {key} {value!r} is not a sensible number")
    return float(value)


def _is_number(value: Any) -> bool:
    """A number that can stand for a distance, a time or a pace; NaN is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6


def _expect(condition: Any, problem: str) -> None:
    if not condition:
        raise PlanFormatError(problem)
