"""The rules-based coach: draws a plan from the envelope, deterministic given a seed.

It is the teacher that writes the training data, and the last resort when no model answers well.
"""

import random
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from runplan.briefs import WeekBrief
from runplan.drafts import Blocks, OutlineLine, SessionDraft, WeekDraft
from runplan.envelope import Envelope, Slot, week_envelope
from runplan.grid import middle
from runplan.notation import week_facts
from runplan.notes import write_note
from runplan.units import from_km

# How far a week may rise over the biggest one so far, and a long run over the longest of the last
# weeks: by a share or by a few km. The ranges of the envelope leave room for more.
WEEK_RISE, WEEK_STEP_KM = 1.18, 1.9
LONG_RISE, LONG_STEP_KM, LONG_WEEKS = 1.2, 2.4, 4
# Redraws of a week's sessions when they repeat the week before.
REDRAWS = 12
# How often a week of an outline leaves the middle of its range, for variety.
ASTRAY_SHARE = 0.2


def write_outline(envelope: Envelope, seed: int) -> tuple[OutlineLine, ...]:
    """One line per week, inside the envelope."""
    rng = random.Random(f"outline {seed}")
    request = envelope.request
    step, long_step = from_km(WEEK_STEP_KM, request.units), from_km(LONG_STEP_KM, request.units)
    lines: list[OutlineLine] = []
    for week in envelope.weeks:
        weeks = [line.distance for line in lines]
        longs = [request.longest_run or 0.0, *(line.long or 0.0 for line in lines)]
        focus = rng.choice(_fresh(week.focuses, lines))
        smooth = _no_leap(week.distances, max(weeks, default=0.0), WEEK_RISE, step)
        distance = _near(middle(week.distances), smooth, rng)
        long = None
        if week.longs:
            smooth = _no_leap(week.longs, max(longs[-LONG_WEEKS:]), LONG_RISE, long_step)
            long = _near(middle(week.longs), smooth, rng)
        lines.append(OutlineLine(week.number, week.phase, distance, long, focus))
    return tuple(lines)


def write_week(
    envelope: Envelope, line: OutlineLine, seed: int, avoid: Collection[WeekDraft] = ()
) -> WeekDraft:
    """The sessions and the note of one week; unlike the weeks in `avoid` where there is a choice."""
    notes = [draft.note for draft in avoid]
    return follow(week_brief(envelope, line, seed, notes), seed, avoid)


def week_brief(
    envelope: Envelope, line: OutlineLine, seed: int, told: Collection[str] = ()
) -> WeekBrief:
    """What the seed draws for one week; the notes in `told` have been given to other weeks."""
    rng = random.Random(f"brief {seed} {line.number}")
    week = week_envelope(envelope, line)
    note = write_note(week_facts(week), rng, told)
    return WeekBrief(week, rng.choice(week.arrangements), note)


def week_briefs(
    envelope: Envelope, lines: Iterable[OutlineLine], seed: int
) -> tuple[WeekBrief, ...]:
    """A brief for each line, no two with the same note."""
    briefs: list[WeekBrief] = []
    for line in lines:
        briefs.append(week_brief(envelope, line, seed, [brief.note for brief in briefs]))
    return tuple(briefs)


def follow(brief: WeekBrief, seed: int, avoid: Collection[WeekDraft] = ()) -> WeekDraft:
    """The week that was asked for; its sessions unlike those of `avoid` where there is a choice."""
    week = brief.week
    rng = random.Random(f"week {seed} {week.line.number}")
    taken = [draft.sessions for draft in avoid]
    for attempt in range(REDRAWS):
        # Settling leads small weeks to the same few distances; later draws do without it.
        drawn = _sessions(brief, rng, settle=attempt < REDRAWS // 2)
        low, high = week.total
        if attempt and not low <= sum(session.distance or 0.0 for session in drawn) <= high:
            continue
        sessions = drawn
        if sessions not in taken:
            break
    return WeekDraft(sessions, brief.note)


def _no_leap(
    values: tuple[float, ...], highest: float, rise: float, step: float
) -> tuple[float, ...]:
    """The values that are no large step up from `highest`; all of them when nothing came before."""
    top = max(highest * rise, highest + step)
    return tuple(value for value in values if value <= top or not highest) or values[:1]


def _fresh(focuses: Sequence[str], lines: Sequence[OutlineLine]) -> Sequence[str]:
    """The focuses that the line before has not; all of them where that leaves none."""
    return [focus for focus in focuses if not lines or focus != lines[-1].focus] or focuses


def _near(target: float, values: tuple[float, ...], rng: random.Random) -> float:
    """The target mostly, else another of the values; the nearest one when it is not among them."""
    if rng.random() < ASTRAY_SHARE:
        return rng.choice(values)
    return min(values, key=lambda value: abs(value - target))


def _sessions(brief: WeekBrief, rng: random.Random, *, settle: bool) -> tuple[SessionDraft, ...]:
    week = brief.week
    slots = [week.slots[key] for key in brief.order]
    drawn = [_draw(slot, rng) for slot in slots]
    distances = [draw.distance for draw in drawn]
    low, high = week.total
    if settle or not low <= sum(filter(None, distances)) <= high:
        distances = _settled(brief, distances)
    return tuple(
        [
            SessionDraft(day, slot.kind, distance, draw.strides, draw.finish, draw.blocks)
            for day, slot, distance, draw in zip(week.days, slots, distances, drawn, strict=True)
        ]
    )


class _Draw(NamedTuple):
    """What is drawn from a slot."""

    distance: float | None
    strides: int
    finish: float
    blocks: Blocks | None


def _draw(slot: Slot, rng: random.Random) -> _Draw:
    return _Draw(
        rng.choice(slot.distances) if slot.distances else None,
        rng.choice(slot.strides) if slot.strides else 0,
        rng.choice(slot.finishes) if slot.finishes else 0.0,
        rng.choice(slot.blocks) if slot.blocks else None,
    )


def _settled(brief: WeekBrief, drawn: Sequence[float | None]) -> list[float | None]:
    """The distances, easy ones moved step by step until the week is as near its line as it gets."""
    week = brief.week
    settled = list(drawn)
    easy = [
        (index, week.slots[key].distances)
        for index, key in enumerate(brief.order)
        if key in ("easy", "strides", "recovery", "runwalk")
    ]
    # Distances are halves and whole numbers, so that sums of them are exact in any order.
    gap = week.line.distance - sum(filter(None, drawn))
    for _ in range(64):
        step = 1 if gap > 0 else -1
        best = None
        for index, values in easy:
            distance = settled[index] or 0.0
            place = values.index(distance) + step
            if not 0 <= place < len(values):
                continue
            left = abs(gap - (values[place] - distance))
            # Among equal gains, the run furthest from its neighbours' lengths moves.
            rank = (left, distance if gap > 0 else -distance)
            if left < abs(gap) and (best is None or rank < best[0]):
                best = (rank, index, values[place])
        if best is None:
            break
        _, index, distance = best
        gap -= distance - (settled[index] or 0.0)
        settled[index] = distance
    return settled
