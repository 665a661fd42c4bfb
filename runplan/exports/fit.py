"""The running sessions as FIT workouts for a watch: a ZIP with one file per session."""

import io
import zipfile
import zlib
from datetime import UTC, datetime, timedelta

from fit_tool.fit_file_builder import FitFileBuilder
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.workout_message import WorkoutMessage
from fit_tool.profile.messages.workout_step_message import WorkoutStepMessage
from fit_tool.profile.profile_type import (
    FileType,
    Intensity,
    Manufacturer,
    Sport,
    WorkoutStepDuration,
    WorkoutStepTarget,
)

from runplan.exports import wording
from runplan.exports.steps import blocks, step_name
from runplan.plan import RUN_KINDS, PaceRange, Plan, Session, Step
from runplan.units import Units, metres_per

# Files say when they were made; a fixed day keeps two exports of a plan equal.
_MADE = datetime(2025, 1, 1, tzinfo=UTC)
# The oldest time a ZIP entry can have.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# A single pace gets this much room on each side: a watch beeps whenever the runner leaves the range.
_ROOM = 0.02
# Longest name that watches show; FIT keeps names in UTF-8.
_NAME_BYTES = 40

_INTENSITY = {
    "warmup": Intensity.WARMUP,
    "cooldown": Intensity.COOLDOWN,
    "recovery": Intensity.RECOVERY,
    "walk": Intensity.RECOVERY,
}


def write(plan: Plan) -> bytes:
    """A ZIP of FIT workouts named like `week03-thu-hills.fit`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as folder:
        for week, rows in wording.day_rows(plan):
            for place, row in enumerate(rows):
                runs = [session for session in row.sessions if session.kind in RUN_KINDS]
                for index, session in enumerate(runs):
                    again = f"-{index + 1}" if index else ""
                    stem = f"week{week.number:02d}-{row.day.lower()}-{session.kind}{again}"
                    made = _MADE + timedelta(days=7 * week.number + place, seconds=index)
                    title = f"W{week.number} {row.day} {wording.session_label(session, plan)}"
                    entry = zipfile.ZipInfo(f"{stem}.fit", _ZIP_TIME)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    folder.writestr(entry, workout(session, plan.request.units, title, made))
    return archive.getvalue()


def workout(session: Session, units: Units, title: str, made: datetime) -> bytes:
    """One session as a FIT workout file."""
    steps = _messages(session, units)
    head = FileIdMessage()
    head.type = FileType.WORKOUT
    head.manufacturer = Manufacturer.DEVELOPMENT.value
    head.product = 0
    head.time_created = round(made.timestamp() * 1000)
    # A device tells files apart by this number.
    head.serial_number = zlib.crc32(f"{title}{session}".encode()) or 1
    summary = WorkoutMessage()
    summary.workout_name = _short(title)
    summary.sport = Sport.RUNNING
    summary.num_valid_steps = len(steps)
    builder = FitFileBuilder(auto_define=True)
    builder.add_all([head, summary, *steps])
    return bytes(builder.build_bytes())


def _messages(session: Session, units: Units) -> list[WorkoutStepMessage]:
    messages: list[WorkoutStepMessage] = []
    for block in blocks(session, units):
        first = len(messages)
        for step in block.steps:
            messages.append(_step(step, units, len(messages)))
        if block.repeat > 1:
            back = WorkoutStepMessage()
            back.message_index = len(messages)
            back.duration_type = WorkoutStepDuration.REPEAT_UNTIL_STEPS_CMPLT
            back.duration_step = first
            back.target_repeat_steps = block.repeat
            messages.append(back)
    return messages


def _step(step: Step, units: Units, index: int) -> WorkoutStepMessage:
    message = WorkoutStepMessage()
    message.message_index = index
    message.workout_step_name = step_name(step)
    message.intensity = _INTENSITY.get(step.kind, Intensity.ACTIVE)
    if step.distance_m is not None:
        message.duration_type = WorkoutStepDuration.DISTANCE
        message.duration_distance = step.distance_m
    elif step.duration_s is not None:
        message.duration_type = WorkoutStepDuration.TIME
        message.duration_time = step.duration_s
    else:
        message.duration_type = WorkoutStepDuration.OPEN
    if step.pace is None:
        message.target_type = WorkoutStepTarget.OPEN
    else:
        message.target_type = WorkoutStepTarget.SPEED
        message.target_value = 0
        low, high = speeds(step.pace, units)
        message.custom_target_speed_low = low
        message.custom_target_speed_high = high
    return message


def speeds(pace: PaceRange, units: Units) -> tuple[float, float]:
    """A pace range as the slowest and fastest speed in m/s, a single pace with a little room."""
    fast, slow = pace
    room = _ROOM if fast == slow else 0.0
    return metres_per(units) / (slow * (1 + room)), metres_per(units) / (fast * (1 - room))


def _short(text: str) -> str:
    return text.encode()[:_NAME_BYTES].decode(errors="ignore").rstrip(" ,")
