"""Constraints in words, as the runner is shown them."""

import pytest

from runplan.constraints import FLAGS, Constraint, in_words


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        (Constraint("avoid_day", "Tue"), "No running on Tuesday"),
        (Constraint("only_day", "Sat"), "Running on Saturday"),
        (Constraint("long_run_day", "Sun"), "Long run on Sunday"),
        (Constraint("max_session_min", 45, "weekday"), "At most 45 minutes on weekdays"),
        (Constraint("max_session_min", 120, "weekend"), "At most 120 minutes at weekends"),
        (Constraint("max_session_min", 60), "At most 60 minutes a run"),
        (Constraint("injury", "achilles"), "Sore achilles"),
        (Constraint("injury", "it band"), "Sore IT band"),
        (Constraint("returning", "break"), "Coming back after a break"),
        (Constraint("returning", "surgery"), "Coming back after surgery"),
        (Constraint("terrain", "trail"), "Runs on trails"),
        (Constraint("terrain", "sand"), "Runs on sand"),
        (Constraint("time_of_day", "morning"), "Runs in the morning"),
        (Constraint("time_of_day", "night"), "Runs at night"),
        (Constraint("no_speedwork"), "No speedwork"),
    ],
)
def test_in_words(constraint: Constraint, words: str) -> None:
    assert in_words(constraint) == words


def test_every_flag_has_words_of_its_own() -> None:
    assert len({in_words(Constraint(flag)) for flag in FLAGS}) == len(FLAGS)
