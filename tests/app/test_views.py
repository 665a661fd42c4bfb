from datetime import date

from app import charts, downloads, plan_view
from runplan.exports import FORMATS, export
from runplan.plan import Session
from runplan.writer import finished_plan, write_plan
from tests.support.plans import make_plan, make_request


def test_chart_parts_add_up_to_the_week() -> None:
    for week in make_plan().weeks:
        assert sum(charts.week_parts(week).values()) == week.distance


def test_chart_in_words_names_every_week_and_the_unit() -> None:
    words = charts.describe(make_plan(make_request(units="mi")))
    assert all(f"week {number} " in words for number in range(1, 9))
    assert " in mi" in words
    assert "with a long run of 9" in words


def test_provenance_counts_the_weeks() -> None:
    words = plan_view.provenance(make_plan())
    assert words.startswith("6 of 8 weeks were written by the model (hand-built); ")
    assert "1 of 8 weeks was rewritten by the model after a check" in words
    assert "1 of 8 weeks was written by the rule-based coach" in words


def test_file_names_differ_and_say_what_they_hold() -> None:
    plan = make_plan(make_request(race="half", weeks=12))
    names = [downloads.file_name(plan, name) for name in FORMATS]
    assert names[0] == "runplan-half-12-weeks.txt"
    assert len(set(names)) == len(names)


def test_builders_make_the_export() -> None:
    plan = make_plan()
    assert downloads.builder(plan, "csv")() == export(plan, "csv")


def test_a_start_that_has_passed_is_pointed_out_once() -> None:
    request = make_request(race_date=date(2027, 4, 25))
    late = finished_plan(write_plan(request, None, today=date(2027, 4, 1)))
    assert [found.code for found in late.findings].count("start_in_past") == 1
    early = finished_plan(write_plan(request, None, today=date(2027, 1, 1)))
    assert "start_in_past" not in [found.code for found in early.findings]


def test_detail_leaves_out_what_stands_before_it() -> None:
    plan = make_plan()
    long = Session("Sun", "long", 9.0, 60, "Long run 9 km at 6:12–6:44 /km, easy")
    assert plan_view.detail(long, plan) == "At 6:12–6:44 /km, easy"
    tempo = Session("Tue", "tempo", 7.0, 43, "Tempo 7 km: 2 × 8 min at 5:20 /km")
    assert plan_view.detail(tempo, plan) == "2 × 8 min at 5:20 /km"
    foreign = Session("Tue", "tempo", 7.0, 43, "Warm up, then run 7 km fast")
    assert plan_view.detail(foreign, plan) == foreign.text
