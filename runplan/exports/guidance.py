"""How to use a plan: what each kind of session is for, and what to do along the way.

Why a session, how hard, how to see whether it works, and what to do when life or pain gets in the
way. Chosen for this plan: only its kinds of session, only what its runner said. Where no source is
named it is what coaches usually advise, on the careful side. Knows nothing of layout.
"""

from collections.abc import Iterator

from runplan.constraints import ConstraintKind
from runplan.exports import wording
from runplan.paces import paces_for, predict_seconds, race_seconds
from runplan.plan import Plan
from runplan.units import METRES_PER_KM, METRES_PER_MILE, clock, number

# Kind of session → what it is for, and how hard it is on a scale of 10 or by how much one can talk.
SESSIONS = {
    "easy": "Builds endurance while you recover. Effort 3 of 10: whole sentences come easily.",
    "recovery": "Loosens tired legs. Effort 2 of 10: it may feel too slow.",
    "long": "Teaches heart, legs and head to keep going. Effort 3–4 of 10: you could talk all the "
    "way.",
    "marathon": "Makes a steady pace a habit. Effort 5 of 10: short sentences.",
    "tempo": "Raises the pace you can hold for an hour. Effort 6 of 10: a few words at a time.",
    "intervals": "Raise how much oxygen you can use. Effort 8 of 10: hard, and the last as fast as "
    "the first.",
    "trial": "Shows where you stand. Effort 9 of 10: all you can hold evenly to the end.",
    "reps": "Make your stride quick and light. Effort 8 of 10, but short: rest fully in between.",
    "hills": "Build strength with less pounding. Effort 7–8 of 10 uphill, by feel, not by pace.",
    "fartlek": "Gets you used to changes of pace. Effort 5–7 of 10 in the quick parts, by feel.",
    "runwalk": "Lets you run longer, safely. Effort 3–4 of 10: walk before you need to.",
    "race": "What it was all for. Hold back in the first third, then trust your training.",
    "cross": "Keeps you fit without the impact. Effort 3–4 of 10.",
    "strength": "Makes you sturdier and saves energy on the run. End each set with two more left "
    "in you.",
}

# Carbohydrate in exercise: 30–60 g an hour (American College of Sports Medicine), up to 90 g from two
# and a half hours on (Jeukendrup, Sports Science Exchange 108).
FUEL_FROM_MIN, FUEL_MORE_FROM_MIN = 90, 150

# What the runner said → label, advice. Treadmill: Jones & Doust 1996 (1 % makes up for the missing
# wind).
_SAID: dict[tuple[ConstraintKind, str | None], tuple[str, str]] = {
    ("heat", None): (
        "Heat",
        "Go by effort, not by pace, early or late in the day. The body takes one to two weeks to "
        "get used to it; dizziness, chills or confusion mean stop and cool down.",
    ),
    ("cold", None): (
        "Cold",
        "Warm up longer, dress in layers and cover hands and ears. On ice take shorter steps, or "
        "move a fast session to another day or indoors.",
    ),
    ("altitude", None): (
        "Altitude",
        "Above about 1500 m the same effort is slower: go by effort. Keep the first week up there "
        "easy, and drink more than usual.",
    ),
    ("terrain", "treadmill"): (
        "Treadmill",
        "An incline of 1 % comes close to flat ground outside. If you can, run outside now and "
        "then before the race.",
    ),
    ("terrain", "trail"): (
        "Trails",
        "Pace means little on rough ground: keep the effort, and count the time instead.",
    ),
    ("first_race", None): (
        "Your first race",
        "Finishing is the goal. Wear, eat and drink nothing new, start slower than you want to, "
        "and walk through the aid stations if you like.",
    ),
}
_NEEDS_A_DOCTOR = ("injury", "surgery", "pregnancy")


def sections(plan: Plan) -> list[tuple[str, list[tuple[str, str]]]]:
    """The guidance as (heading, rows of label and text)."""
    return [("Your sessions", sessions(plan)), ("Along the way", along_the_way(plan))]


def sessions(plan: Plan) -> list[tuple[str, str]]:
    """The kinds of session in the plan as (name, what it is for and how hard)."""
    names = {wording.kind_name(session) for week in plan.weeks for session in week.sessions}
    known = ((wording.KIND_NAME[kind], text) for kind, text in SESSIONS.items())
    return [(name, text) for name, text in known if name in names]


def along_the_way(plan: Plan) -> list[tuple[str, str]]:
    """What to watch and what to do when something changes, as (label, advice)."""
    return [
        # How one feels shows strain better than most measurements do (Saw, BJSM 2016).
        (
            "How you are doing",
            "Note how easy runs feel, your sleep and your resting heart rate. Heavy legs, bad nights "
            "or a pulse 5 to 10 beats above your usual for three days: swap the next hard session "
            "for an easy run or rest.",
        ),
        *_benchmarks(plan),
        (
            "Missed sessions",
            "Let one or two go and carry on; never add them to other days. After a week off go "
            "back one week in the plan; after two or more, write a new plan from where you are.",
        ),
        ("Pain", _pain(plan)),
        (
            "Recovery",
            "Sleep seven to nine hours and eat enough; training works while you rest. Keep easy "
            "days easy, and rest days free.",
        ),
        *_fuel(plan),
        *_said(plan),
    ]


def _benchmarks(plan: Plan) -> Iterator[tuple[str, str]]:
    trials = [
        (week.number, session.day, metres)
        for week in plan.weeks
        for session in week.sessions
        if (metres := wording.trial_metres(session)) is not None
    ]
    if not trials:
        return
    when = ", ".join(f"week {number} ({day})" for number, day, _ in trials)
    lengths = sorted({metres for _, _, metres in trials})
    vdot = paces_for(plan.request).vdot
    equal = "; ".join(_as_5k(metres, vdot) for metres in lengths)
    yield (
        "Benchmarks",
        f"Time trial in {when}: run it hard and evenly. {equal}. Enter that as your recent race and "
        "write the plan again, and your paces follow.",
    )


def _as_5k(metres: float, vdot: float) -> str:
    trial, race = predict_seconds(vdot, metres), race_seconds(vdot, "5K")
    miles = metres / METRES_PER_MILE
    whole_miles = abs(miles - round(miles)) < 0.01
    length = f"{round(miles)} mi" if whole_miles else f"{number(metres / METRES_PER_KM)} km"
    return (
        f"{race / trial:.2f} times your time for {length} is your time for 5K (as you are now, "
        f"{clock(round(trial))} makes {clock(round(race))})"
    )


def _pain(plan: Plan) -> str:
    hurt = [str(said.value) for said in plan.request.constraints if said.kind == "injury"]
    before = (
        f"Watch your {' and '.join(hurt)}: if it is worse the morning after a run, the next run is "
        "an easy one or rest. "
        if hurt
        else ""
    )
    return before + (
        "Stop when pain is sharp, grows as you run or changes how you run, and walk home. Start "
        "again when walking and hopping do not hurt; see a physiotherapist if they still do after "
        "a week."
    )


def _fuel(plan: Plan) -> Iterator[tuple[str, str]]:
    longest = {
        week.number: max(
            (s.duration_min or 0 for s in week.sessions if s.kind != "race"), default=0
        )
        for week in plan.weeks
    }
    lasting = {week: minutes for week, minutes in longest.items() if minutes > FUEL_FROM_MIN}
    if not lasting:
        return
    weeks = f"week{'s' if len(lasting) > 1 else ''} {wording.spans(list(lasting))}"
    more = (
        ", up to 90 g in the longest once your stomach is used to it"
        if max(lasting.values()) > FUEL_MORE_FROM_MIN
        else ""
    )
    yield (
        "Food and drink",
        f"Runs over 90 min ({weeks}): eat beforehand, take 30 to 60 g of carbohydrate an hour"
        f"{more}, drink to thirst, and try out what you will use in the race.",
    )


def _said(plan: Plan) -> Iterator[tuple[str, str]]:
    for said in plan.request.constraints:
        value = said.value if isinstance(said.value, str) else None
        if known := _SAID.get((said.kind, value)):
            yield known
        elif said.kind == "returning":
            first = (
                f"After {value}, have your doctor or physiotherapist agree before you start. "
                if value in _NEEDS_A_DOCTOR
                else ""
            )
            yield (
                "Coming back",
                f"{first}Take the first two weeks gently: fitness comes back faster than tendons "
                "and bones adapt.",
            )
