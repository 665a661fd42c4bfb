"""Many plans in one go, and checking plan files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from runplan import cli
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from runplan.constraints import Constraint
from runplan.plan_json import plan_to_json
from runplan.request import request_from_json
from runplan.understanding import answers_for
from runplan.writer import finished_plan, write_plan
from tests.support.scripted import GARBAGE, coach_backend, prompt_of

ROOT = Path(__file__).parents[2]
REQUEST = {"race": "10K", "level": "beginner", "weeks": 8, "days_per_week": 4}
GOOD = json.dumps(REQUEST)
# As the program itself, but stopped by SIGINT even where a shell has it ignored.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from runplan.cli import main
sys.exit(main(sys.argv[1:]))
"""


def changed(**changes: Any) -> str:
    return json.dumps({**REQUEST, **changes})


def batch(folder: Path, lines: list[str], *options: str) -> list[dict[str, Any]]:
    requests, out = folder / "requests.jsonl", folder / "plans.jsonl"
    requests.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    assert run_batch(requests, out, *options) == 0
    written = out.read_text("utf-8")
    assert written.endswith("\n") or not lines
    return [json.loads(line) for line in written.split("\n")[:-1]]


def run_batch(requests: Path, out: Path, *options: str) -> int:
    backend = () if "--backend" in options else ("--backend", "coach")
    return cli.main(["batch", str(requests), "--out", str(out), "--quiet", *backend, *options])


def test_answers_keep_the_order_and_hold_the_same_plans_as_alone(tmp_path: Path) -> None:
    weeks = (24, 4, 12, 4, 20)
    answers = batch(tmp_path, [changed(weeks=count, seed=count, name="Zoë") for count in weeks])
    assert [len(answer["weeks"]) for answer in answers] == list(weeks)
    request = request_from_json({**REQUEST, "weeks": 12, "name": "Zoë"})
    alone = plan_to_json(finished_plan(write_plan(request, None, seed=12)))
    assert answers[2] == json.loads(json.dumps(alone))


BAD = [
    (changed(weeks=99), "weeks: "),
    (changed(weeks="8"), "weeks: "),
    (changed(weeks=None), "weeks: is missing"),
    (changed(days_per_week=True), "days_per_week: "),
    (changed(race="100K"), "race: "),
    (changed(level=["beginner"]), "level: "),
    (changed(speed=9), "speed: is not a field"),
    (changed(seed="x"), "seed: "),
    (changed(seed=-1), "seed: "),
    (changed(seed=True), "seed: "),
    (changed(weekly_distance=10**400), "weekly_distance: "),
    (changed(weekly_distance=float("nan")), "weekly_distance: "),
    (changed(longest_run="far"), "longest_run: "),
    (changed(run_days=[1, 2, 3, 4]), "run_days: "),
    (changed(run_days={"Tue": 1}), "run_days: "),
    (changed(race_date="0001-01-01"), "race_date: "),
    (changed(race_date=5), "race_date: "),
    (changed(recent_race={"5K": 1}), "recent_race: "),
    (changed(goal_time=3600), "goal_time: "),
    (changed(max_session_min=45.5), "max_session_min: "),
    (changed(details=7), "details: "),
    ('{"\\ud800": 1}', "is not a field"),
    (changed(race="\ud800"), "race: "),
    ("", "the line is empty"),
    ("   ", "the line is empty"),
    ("[1]", "not a JSON object"),
    ("7", "not a JSON object"),
    ("{", "not JSON"),
    ("[" * 100_000, "not JSON"),
    ("9" * 5000, "not JSON"),
    ("\0", "not JSON"),
    (f"{GOOD} {GOOD}", "not JSON"),
]


def test_a_bad_line_names_its_field_and_never_stops_the_rest(tmp_path: Path) -> None:
    lines = [text for line, _ in BAD for text in (line, GOOD)]
    answers = batch(tmp_path, lines)
    assert len(answers) == len(lines)
    for (line, problem), answer, good in zip(BAD, answers[::2], answers[1::2], strict=True):
        assert list(answer) == ["error"], line[:60]
        assert problem in answer["error"]
        assert len(good["weeks"]) == 8


def test_an_error_is_the_same_in_every_run(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_text(changed(speed=9))
    told = set()
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.jsonl"
        arguments = ["batch", "requests.jsonl", "--out", str(out), "--backend", "coach"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-m", "runplan", *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            timeout=120,
        )
        told.add(out.read_bytes())
    assert len(told) == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n", ""])
def test_line_endings(tmp_path: Path, ending: str) -> None:
    requests, out = tmp_path / "requests.jsonl", tmp_path / "plans.jsonl"
    first = changed(name="a\u2028b\u0085c").encode().decode("unicode_escape").encode("utf-8")
    requests.write_bytes(b"\xef\xbb\xbf" + first + b"\n" + (GOOD + ending).encode())
    assert run_batch(requests, out) == 0
    answers = [json.loads(line) for line in out.read_text("utf-8").split("\n")[:-1]]
    assert [next(iter(answer)) for answer in answers[:2]] == ["schema", "schema"]
    assert answers[0]["request"]["name"] == "a b c"
    assert len(answers) == 2 + (ending == "\n\n")


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    requests, out = tmp_path / "requests.jsonl", tmp_path / "plans.jsonl"
    requests.touch()
    assert run_batch(requests, out) == 0
    assert out.read_bytes() == b""


def test_the_same_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    lines = [changed(seed=seed) for seed in (1, 2)] + [GOOD, changed(seed=None)]
    one, two, other = (
        (batch(tmp_path, lines, *options), (tmp_path / "plans.jsonl").read_bytes())
        for options in ([], [], ["--seed", "5"])
    )
    assert one == two
    assert one[0][:2] == other[0][:2]
    assert [plan["provenance"]["seed"] for plan in one[0]] == [1, 2, 0, 0]
    assert [plan["provenance"]["seed"] for plan in other[0]] == [1, 2, 5, 5]


def test_the_model_is_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    backend = coach_backend(request_from_json(REQUEST), seed=0)

    def load(name: str) -> ScriptedBackend:
        loads.append(name)
        return backend

    monkeypatch.setattr(cli.backends, "load", load)
    answers = batch(tmp_path, [GOOD] * 6, "--backend", "embedded")
    assert loads == ["embedded"]
    assert all(answer == answers[0] for answer in answers)
    assert set(answers[0]["provenance"]["weeks"]) == {"model"}


def test_details_of_all_lines_are_read_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {"not on Tue": ("Tue", "avoid_day"), "long run on Sat": ("Sat", "long_run_day")}
    wishes = {text: Constraint(kind, day) for text, (day, kind) in texts.items()}
    right = {text: (answers_for(text, [wish]) or ("",))[0] for text, wish in wishes.items()}
    asked: list[int] = []

    class Reading(ScriptedBackend):
        def complete(self, jobs: Sequence[Job]) -> Generator[tuple[int, str]]:
            asked.append(len(jobs))
            return super().complete(jobs)

    def answer(job: Job) -> str:
        marked = prompt_of(job).replace("[", "").replace("]", "")
        return next((right[text] for text in texts if text in marked), GARBAGE)

    monkeypatch.setattr(cli.backends, "load", lambda _: Reading(answer))
    confirmed = [{"kind": "heat"}]
    lines = [
        *(changed(details=text) for text in texts),
        "{",
        changed(details="not on Tue", run_days=["Tue", "Thu", "Sun"], days_per_week=3),
        changed(details="not on Tue", constraints=confirmed),
        GOOD,
    ]
    requests, out = tmp_path / "requests.jsonl", tmp_path / "plans.jsonl"
    requests.write_text("\n".join(lines))
    assert cli.main(["batch", str(requests), "--out", str(out), "--understand"]) == 0
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert asked[0] == 3
    assert "error" in answers[2]
    found = [answer["request"]["constraints"] for answer in answers if "request" in answer]
    assert found == [
        *([wish.to_json()] for wish in wishes.values()),
        [],
        [Constraint("heat").to_json()],
        [],
    ]
    assert "Tue" not in answers[0]["request"]["run_days"]
    assert answers[1]["request"]["long_run_day"] == "Sat"
    said = capsys.readouterr().err
    assert said.count("kept: ") == 1
    assert "line 4: kept: --run-days as it is. " in said


@pytest.mark.parametrize(("options", "free"), [([], False), (["--no-grammar"], True)])
def test_no_grammar_frees_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], free: bool
) -> None:
    jobs: list[Job] = []
    backend = ScriptedBackend(lambda job: jobs.append(job) or GARBAGE)
    monkeypatch.setattr(cli.backends, "load", lambda _: backend)
    batch(tmp_path, [GOOD], "--backend", "embedded", *options)
    assert (jobs[0].grammar is None) is free


def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "latin").write_bytes(changed(name="x").encode() + b"\xe9\n")
    for name, problem in (("latin", "not UTF-8"), ("none", "No such file"), (".", "directory")):
        assert run_batch(tmp_path / name, tmp_path / "out") == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert problem in error
    assert list(tmp_path.iterdir()) == [tmp_path / "latin"]


@pytest.mark.parametrize("place", ["nowhere/plans.jsonl", ".", "file/plans.jsonl"])
def test_what_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "file").write_text(GOOD)
    assert run_batch(tmp_path / "file", tmp_path / place) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "out: " in error
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_request_file_itself_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(GOOD)
    assert run_batch(tmp_path / "file", tmp_path / "file") == 0
    assert json.loads((tmp_path / "file").read_text())["schema"] == "runplan/1"


@pytest.mark.parametrize("before", [None, "old"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_half_written_when_stopped(
    tmp_path: Path, how: signal.Signals, before: str | None
) -> None:
    requests, out = tmp_path / "requests.jsonl", tmp_path / "plans.jsonl"
    requests.write_text(f"{changed(weeks=24, days_per_week=7)}\n" * 5000)
    if before:
        out.write_text(before)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "batch", requests, "--out", out, "--backend", "coach"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size for part in tmp_path.glob(".*.part")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    assert (out.read_text() if out.exists() else None) == before
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert error == b"python -m runplan: stopped\n"
        assert list(tmp_path.glob(".*")) == []


def check(*arguments: str | Path) -> int:
    return cli.main(["check", *map(str, arguments)])


@pytest.fixture
def plan() -> dict[str, Any]:
    return plan_to_json(finished_plan(write_plan(request_from_json(REQUEST), None, seed=1)))


def test_check_of_an_own_plan(
    tmp_path: Path, plan: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert check(tmp_path / "plan.json") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 errors, ")
    assert check(tmp_path / "plan.json", "--format", "json") == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert all(set(found) == {"code", "level", "week", "message"} for found in findings)


def test_check_of_a_plan_that_is_too_short(
    tmp_path: Path, plan: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan["weeks"] = plan["weeks"][:4]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8-sig")
    assert check(tmp_path / "plan.json") == 1
    text = capsys.readouterr().out
    assert "error: " in text
    assert check(tmp_path / "plan.json", "--format", "json") == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert "error" in {found["level"] for found in findings}
    for found in findings:
        assert f"{found['message']} [{found['code']}]" in text


def test_check_needs_little(tmp_path: Path) -> None:
    sessions = [{"day": day, "kind": "easy", "distance": 5} for day in ("Tue", "Thu", "Sun")]
    request = {"race": "5K", "level": "beginner", "weeks": 1, "units": "km"}
    data = {"schema": "runplan/1", "request": request, "weeks": [{"sessions": sessions}]}
    (tmp_path / "plan.json").write_text(json.dumps(data))
    assert check(tmp_path / "plan.json") in (0, 1)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": "runplan/2"}', '{"schema": "runplan/1"}', "[" * 100_000, "\ud800"],
    ids=["empty", "cut", "list", "schema", "request", "deep", "surrogate"],
)
def test_check_of_what_is_no_plan(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert check(tmp_path / "plan.json") == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert check(tmp_path / "none.json") == 2


def test_check_of_odd_values_never_breaks(
    tmp_path: Path, plan: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan["request"] |= {"weekly_distance": 10**400, "name": "(", "race_date": "0001-01-01"}
    plan["weeks"][2]["sessions"][0] |= {"kind": "\ud800", "text": "\ud800"}
    plan["weeks"][2]["note"] = "\ud800"
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert check(tmp_path / "plan.json") in (0, 1)
    assert check(tmp_path / "plan.json", "--format", "json") in (0, 1)
    assert capsys.readouterr().err == ""
