import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from runplan import cli
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from runplan.constraints import Constraint
from runplan.errors import BackendError
from runplan.exports import FORMATS
from runplan.plan_json import plan_from_json
from runplan.request import request_from_json
from runplan.understanding import answers_for, understand_jobs
from tests.support.scripted import GARBAGE, coach_backend, is_retry, prompt_of, week_of

ROOT = Path(__file__).parents[2]
NEEDED = ["--race", "10K", "--level", "beginner", "--weeks", "8", "--days", "4"]
COACH = ["--backend", "coach"]
WRITE = ["write", *NEEDED, *COACH]
REQUEST = {"race": "10K", "level": "beginner", "weeks": 8, "days_per_week": 4}
MAGIC = {"xlsx": b"PK", "fit": b"PK", "pdf": b"%PDF", "ics": b"BEGIN:VCALENDAR", "json": b"{"}


def run(*arguments: str | Path) -> int:
    """The exit code of a command, also where argparse raises it."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


def python(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "runplan", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
        **{"capture_output": True, **options},
    )


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("python -m runplan")
    return said.err


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_to_a_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"plan.{FORMATS[name].extension}"
    done = run(*WRITE, "--race-date", "2027-04-25", "--format", name, "--out", out)
    assert done == 0
    assert out.read_bytes().startswith(MAGIC.get(name, b""))
    assert list(tmp_path.iterdir()) == [out]
    said = capsys.readouterr()
    assert said.out == ""
    assert f"written: {out}" in said.err
    if MAGIC.get(name) == b"PK":
        assert zipfile.ZipFile(out).testzip() is None


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in cli.BINARY])
def test_text_formats_go_to_the_terminal(
    name: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    options = ["--race-date", "2027-04-25", "--format", name, "--quiet"]
    assert run(*WRITE, *options) == 0
    said = capsysbinary.readouterr()
    assert run(*WRITE, *options, "--out", tmp_path / "plan") == 0
    assert said.out == (tmp_path / "plan").read_bytes() != b""
    assert said.err == b""


def test_every_option_reaches_the_plan(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    options = (
        "--name Zoë --units mi --run-days Tue,Thu,Sat,Sun --long-run-day Sat --weekly-distance 15.5 "
        "--longest-run 5 --recent-race 5K=25:00 --goal-time 55:00 --race-date 2027-04-25 "
        "--max-session-min 90 --age 48 --max-heart-rate 181 --seed 7 --no-grammar --format json"
    ).split()
    assert run(*WRITE, *options, "--details", "sore knee", "--out", out) == 0
    plan = plan_from_json(out.read_text("utf-8"))
    assert plan.request == request_from_json(
        {
            **REQUEST,
            "name": "Zoë",
            "units": "mi",
            "run_days": ["Tue", "Thu", "Sat", "Sun"],
            "long_run_day": "Sat",
            "weekly_distance": 15.5,
            "longest_run": 5.0,
            "recent_race": "5K=25:00",
            "goal_time": "55:00",
            "race_date": "2027-04-25",
            "max_session_min": 90,
            "age": 48,
            "max_heart_rate": 181,
            "details": "sore knee",
        }
    )
    assert plan.provenance.seed == 7


BAD = [
    (["--weeks", "eight"], "weeks"),
    (["--weeks", "3"], "weeks"),
    (["--weeks", "25"], "weeks"),
    (["--weeks", "-8"], "weeks"),
    (["--weeks", "8.5"], "weeks"),
    (["--days", "2"], "days_per_week"),
    (["--days", "8"], "days_per_week"),
    (["--days", ""], "days_per_week"),
    (["--race", "100K"], "race"),
    (["--race", "5k\n--race"], "race"),
    (["--level", "pro"], "level"),
    (["--units", "miles"], "units"),
    (["--run-days", "Tue,Thu,Sat,Sonntag"], "run_days"),
    (["--run-days", "Tue,Thu"], "run_days"),
    (["--run-days", "Tue,Tue,Thu,Sun"], "run_days"),
    (["--long-run-day", "someday"], "long_run_day"),
    (["--long-run-day", "Mon", "--run-days", "Tue,Thu,Sat,Sun"], "long_run_day"),
    (["--weekly-distance", "many"], "weekly_distance"),
    (["--weekly-distance", "-1"], "weekly_distance"),
    (["--weekly-distance", "nan"], "weekly_distance"),
    (["--weekly-distance", "1e999"], "weekly_distance"),
    (["--weekly-distance", "20", "--longest-run", "21"], "longest_run"),
    (["--longest-run", "101"], "longest_run"),
    (["--recent-race", "5K"], "recent_race"),
    (["--recent-race", "7K=30:00"], "recent_race"),
    (["--recent-race", "5K=4:00"], "recent_race"),
    (["--recent-race", "5K=25:99"], "recent_race"),
    (["--goal-time", "fast"], "goal_time"),
    (["--goal-time", "5:00:00"], "goal_time"),
    (["--race-date", "25.4.2027"], "race_date"),
    (["--race-date", "2027-02-30"], "race_date"),
    (["--race-date", "0001-01-01"], "race_date"),
    (["--race-date", "9999-12-31"], "race_date"),
    (["--max-session-min", "long"], "max_session_min"),
    (["--max-session-min", "10"], "max_session_min"),
    (["--age", "old"], "age"),
    (["--max-heart-rate", "99"], "max_heart_rate"),
    (["--name", "x" * 61], "name"),
    (["--details", "x" * 501], "details"),
    (["--seed", "x"], "seed"),
    (["--seed", "-1"], "seed"),
    (["--format", "docx"], "format"),
    (["--format", "ics"], "race_date"),
    (["--format", "pdf"], "out"),
    (["--format", "xlsx"], "out"),
    (["--format", "fit"], "out"),
    (["--backend", "oracle"], "--backend"),
    (["--speed", "9\n9"], "--speed"),
    (["--name"], "--name"),
]


@pytest.mark.parametrize(("options", "field"), BAD, ids=[" ".join(bad[0])[:40] for bad in BAD])
def test_bad_input_is_one_line_that_names_the_field(
    options: list[str], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*WRITE, *options) == 2
    assert (field if field.startswith("--") else f"{field}: ") in one_line(capsys)


def test_what_would_make_the_plan_better_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*WRITE, "--weekly-distance", "15", "--out", tmp_path / "plan") == 0
    said = capsys.readouterr().err
    assert "would make the plan fit better: --longest-run: the long runs" in said
    assert "--recent-race: your paces" in said
    assert "--weekly-distance" not in said


@pytest.mark.parametrize("name", ["race", "level", "weeks", "days"])
def test_a_missing_option_is_named(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = NEEDED.index(f"--{name}")
    assert run("write", *NEEDED[:place], *NEEDED[place + 2 :], *COACH) == 2
    assert f"--{name}" in one_line(capsys)


@pytest.mark.parametrize("arguments", [[], ["paint"], ["batch"], ["check"], ["batch", "x.jsonl"]])
def test_a_wrong_command_is_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    one_line(capsys)


@pytest.mark.parametrize("command", [[], ["write"], ["batch"], ["check"]])
def test_help_shows_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command, "--help") == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert "python -m runplan write --race 10K" in text


@pytest.mark.parametrize("place", ["nowhere/plan.txt", ".", "file/plan.txt"])
def test_an_unwritable_file_is_named(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run(*WRITE, "--quiet", "--out", tmp_path / place) == 1
    line = one_line(capsys)
    assert "out:" in line
    assert ".part" not in line
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_file_is_replaced_through_its_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    assert run(*WRITE, "--out", tmp_path / "link") == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() != "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = python(*WRITE, "--quiet", cwd=tmp_path, capture_output=False, stdout=full, stderr=-1)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in done.stderr
    done = python(*WRITE, "--quiet", "--out", "/dev/full", cwd=tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in done.stderr
    assert Path("/dev/full").is_char_device()


def test_a_reader_that_leaves_is_no_error_message(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = python(*WRITE, "--quiet", cwd=tmp_path, capture_output=False, stdout=writer, stderr=-1)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_pipe_by_name_is_written_to(tmp_path: Path) -> None:
    done = python(*WRITE, "--quiet", "--out", "/dev/stdout", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"10K training plan")


def test_the_terminal_may_know_only_ascii(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = python(*WRITE, "--name", "Łukasz 李", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["request"]["name"] == "Łukasz 李"


def test_without_a_model_the_coach_is_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNPLAN_MODEL", "/nowhere/model.gguf")
    assert run("write", *NEEDED, "--format", "json", "--quiet") == 0
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "/nowhere/model.gguf" in said.err
    assert "coach writes instead" in said.err
    assert json.loads(said.out)["provenance"]["backend"] == "coach"


def test_a_damaged_model_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setenv("RUNPLAN_MODEL", str(tmp_path / "model.gguf"))
    assert run("write", *NEEDED, "--quiet") == 0
    assert "coach writes instead" in capfd.readouterr().err


def test_repairs_and_failures_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def instead(job: Job) -> str | None:
        if week_of(job) == 6 and is_retry(job):
            raise BackendError("the engine died")
        return GARBAGE if week_of(job) == 6 else None

    backend = coach_backend(request_from_json(REQUEST), instead, seed=0)
    monkeypatch.setattr(cli.backends, "load", lambda _: backend)
    assert run("write", *NEEDED) == 0
    said = capsys.readouterr().err
    assert "outline of 8 weeks ready (model)" in said
    assert "the model failed (the engine died); the coach writes the rest" in said
    assert "week 6 rewritten (coach): the note is missing" in said


@pytest.mark.parametrize(("options", "free"), [([], False), (["--no-grammar"], True)])
def test_no_grammar_frees_the_model(
    options: list[str], free: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ScriptedBackend(lambda _: GARBAGE)
    monkeypatch.setattr(cli.backends, "load", lambda _: backend)
    assert run("write", *NEEDED, *options, "--quiet") == 0
    assert [job.grammar is None for job in backend.jobs if not is_retry(job)] == [free] * 9


def test_ctrl_c_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.backends, "load", stop)
    assert run("write", *NEEDED) == 130
    assert "stopped" in one_line(capsys)


DETAILS = "I can't run on Tue, and at most 45 min on weekdays"
ASKED = (Constraint("avoid_day", "Tue"), Constraint("max_session_min", 45, "weekday"))


def reading_backend(answer: str | None = None) -> ScriptedBackend:
    """A model that reads DETAILS as ASKED, or answers so, and leaves the plan to the coach."""
    right = answers_for(DETAILS, ASKED)
    assert right is not None
    said = dict(zip(map(prompt_of, understand_jobs(DETAILS, 0)), right, strict=True))
    return ScriptedBackend(
        lambda job: (answer or said[prompt_of(job)]) if prompt_of(job) in said else GARBAGE
    )


@pytest.fixture
def details(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a plan with DETAILS, read by `reading_backend`."""
    monkeypatch.setattr(cli.backends, "load", lambda _: reading_backend())
    return ["write", *NEEDED, "--details", DETAILS, "--format", "json", "--understand"]


def test_details_are_read_told_and_applied(
    details: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*details) == 0
    said = capsys.readouterr()
    read = "I read in your details: no running on Tuesday; at most 45 minutes on weekdays\n"
    assert read in said.err
    assert "kept" not in said.err
    plan = plan_from_json(said.out)
    assert plan.request.constraints == ASKED
    sessions = [session for week in plan.weeks for session in week.sessions]
    assert "Tue" not in {session.day for session in sessions}
    weekday = [s.duration_min or 0 for s in sessions if s.day in ("Mon", "Wed", "Thu", "Fri")]
    assert 0 < max(weekday) <= 45


def test_options_go_before_details_and_that_is_told(
    details: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*details, "--run-days", "Tue,Thu,Sat,Sun") == 0
    said = capsys.readouterr()
    assert said.err.count("kept: --run-days as it is. ") == 1
    assert plan_from_json(said.out).request.run_days == ("Tue", "Thu", "Sat", "Sun")


def test_details_are_left_unread_unless_asked(
    details: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*details[:-1]) == 0
    said = capsys.readouterr()
    assert "I read" not in said.err
    assert "--understand has the model read wishes" in said.err
    assert plan_from_json(said.out).request.constraints == ()


def test_reading_without_a_model_is_told_to_be_impossible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*WRITE, "--details", DETAILS, "--understand") == 0
    assert "details are not read without a model" in capsys.readouterr().err
    assert run(*WRITE, "--details", DETAILS, "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_a_model_that_fails_at_reading_is_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(job: Job) -> str:
        raise BackendError("out of memory")

    monkeypatch.setattr(cli.backends, "load", lambda _: ScriptedBackend(fail))
    assert run("write", *NEEDED, "--details", DETAILS, "--quiet", "--understand") == 0
    assert "the details were not read: out of memory" in capsys.readouterr().err


def test_an_answer_out_of_the_grammar_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.backends, "load", lambda _: reading_backend("perhaps"))
    assert run("write", *NEEDED, "--details", DETAILS, "--format", "json", "--understand") == 0
    said = capsys.readouterr()
    assert "I read" not in said.err
    assert plan_from_json(said.out).request.constraints == ()
