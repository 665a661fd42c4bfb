"""Topics in free text: words, bounds and denials."""

import pytest

from runplan.topics import topics_in


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("", ()),
        ("sore left knee, two toddlers", ("knee", "busy")),
        ("Two toddlers. Sore left knee", ("busy", "knee")),
        ("MY ACHILLES HURTS", ("achilles",)),
        ("I\u2019m 58", ("older",)),
        ("max 58 min on weekdays", ()),
        ("can't do mondays", ()),
        ("3 days max", ()),
        ("back to back days are fine", ()),
        ("coming back after a baby", ("returning",)),
        ("my back is stiff", ("back",)),
        ("flat feet", ("foot",)),
        ("no hills round here", ("flat",)),
        ("stress fracture in my tibia", ("shin",)),
        ("weights on mondays", ("strength",)),
        ("on track for a good year", ()),
        ("want to run sub 45", ("time_goal",)),
    ],
)
def test_topics(text, topics):
    assert topics_in(text) == topics


@pytest.mark.parametrize(
    "text",
    [
        "no injuries",
        "no knee pain any more",
        "never had shin splints",
        "no knee, hip or back problems",
        "I don't have asthma",
        "no problems with knees or shins",
        "had knee trouble years ago but the knee is fine now",
        "achilles has healed",
        "without any calf trouble",
    ],
)
def test_denied_topics_do_not_count(text):
    assert topics_in(text) == ()


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("no asthma but a bad knee", "knee"),
        ("no sprinting please, hamstring", "hamstring"),
        ("no running partner and my knee hurts", "knee"),
        ("knee is ok on the flat but hurts downhill", "knee"),
    ],
)
def test_what_is_not_denied_counts(text, topic):
    assert topic in topics_in(text)
