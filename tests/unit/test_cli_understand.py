"""The command `understand`: one text, a file, the standard input, and what is wrong with them."""

import io
import json
from contextlib import closing
from pathlib import Path

import pytest

from runplan import cli
from runplan.backends import load
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from tests.support.tiny_gguf import write_tiny_gguf

KNEE = {"kind": "injury", "value": "knee", "scope": None}
ANSWERS = {"[knee]": "injury", "[Tue]": "avoid", "[45min]": "weekday", "[weekdays]": "no"}
LONG = "not on Tuesday, at most 45 min on weekdays"


def answer(job: Job) -> str:
    shown = job.messages[-1]["content"]
    return next((said for mark, said in ANSWERS.items() if mark in shown), "nothing of the kind")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    backend = ScriptedBackend(answer, order=lambda count: range(count)[::-1])
    monkeypatch.setattr(load, "load", lambda name: None if name == "coach" else backend)
    return backend


def run(*arguments: str | Path) -> int:
    """The exit code, also where argparse raises it."""
    try:
        return cli.main(["understand", *map(str, arguments)])
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.usefixtures("backend")
def test_a_text_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(LONG) == 0
    said = capsys.readouterr()
    assert said.out == "No running on Tuesday\nAt most 45 minutes on weekdays\n"
    assert said.err == ""


@pytest.mark.usefixtures("backend")
def test_a_text_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sore knee", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {"constraints": [KNEE]}


@pytest.mark.usefixtures("backend")
def test_a_text_that_asks_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("I love running") == 0
    assert capsys.readouterr().out == "Nothing to plan around\n"


LINES = [
    '{"text": "sore knee", "id": 3}',
    "not JSON",
    '"my knee"',
    "",
    '{"details": "knee"}',
    '{"text": 5}',
    '{"text": "sore achilles"}',
    f'"{"x" * 501}"',
    '"half a pair \\ud83d, a knee\\u2028"',
    '"nothing much"',
]
KNEES, EMPTY = [0, 2, 8], [9]


def test_a_file_gives_a_line_for_each_line(
    backend: ScriptedBackend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(LINES) + "\n", "utf-8")
    assert run(path, "--format", "json", "--seed", "4") == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == len(LINES)
    for number, told in enumerate(answers):
        if number in KNEES:
            assert told == {"constraints": [KNEE]}
        elif number in EMPTY:
            assert told == {"constraints": []}
        else:
            assert list(told) == ["error"]
    assert {job.seed for job in backend.jobs} == {4}
    assert run(path, "--quiet") == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines()[0] == "Sore knee"
    assert said.out.splitlines()[1].startswith("error: not JSON")


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("sore knee\nand nothing else\n", ["Sore knee"]),
        ('"sore knee"\n{"text": "hello"}\n', ["Sore knee", "Nothing to plan around"]),
    ],
)
def test_the_standard_input_is_a_text_or_lines(
    data: str, told: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(data))
    assert run("-") == 0
    assert capsys.readouterr().out.splitlines() == told


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["sore knee", "--backend", "coach"], "backend: the coach has no model"),
        (["sore knee", "--backend", "other"], "--backend"),
        (["x" * 501], "text: is longer than 500 characters"),
        (["missing.jsonl"], "missing.jsonl: No such file"),
        (["sore knee", "--seed", "-1"], "seed: -1"),
        (["sore knee", "--seed", "x"], "--seed"),
        (["sore knee", "--format", "pdf"], "--format"),
        ([], "TEXT|FILE.jsonl"),
    ],
)
def test_bad_input_is_one_clear_line(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert named.lower() in said.err.lower()


@pytest.mark.usefixtures("backend")
def test_an_answer_that_cannot_be_read_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sore achilles") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_no_model_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(load.MODEL_VARIABLE, "/nowhere/model.gguf")
    assert run("sore knee") == 1
    assert "/nowhere/model.gguf" in capsys.readouterr().err


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_tiny_gguf(path)
    return path


def test_a_model_that_knows_nothing_still_answers_in_the_grammar(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(load.MODEL_VARIABLE, str(tiny))
    loaded = load.load("embedded")
    assert loaded is not None
    with closing(loaded):
        monkeypatch.setattr(load, "load", lambda _: loaded)
        text = "not Tue, max 45 min, ITBS, back from injury, no hills, hot, run/walk, no intervals, 6am"
        assert run(text, "--format", "json") == 0
        worst = " ".join(["plantar fasciitis"] * 29)[:500]
        assert run(worst, "--format", "json") == 0
        assert run("知" * 480 + " sore knee", "--format", "json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(each) for each in told] == [["constraints"]] * 3
