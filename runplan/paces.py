"""Training paces and race equivalence after Daniels and Gilbert.

Source: J. Daniels & J. Gilbert, *Oxygen Power* (1979): the oxygen cost of running at a velocity, and
the fraction of VO2max that can be held for a time. Check value: 5K in 27:00 is VDOT 34.963.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from runplan.plan import PaceRange
from runplan.request import RACE_KM, RACE_NAME, PlanRequest, Race
from runplan.units import METRES_PER_KM, Units, clock, metres_per, pace

# Used when neither a result nor a goal is known; always marked as estimated.
LEVEL_VDOT: Mapping[str, float] = {"beginner": 32.0, "intermediate": 42.0, "advanced": 52.0}

# Share of VO2max in training zones (Daniels' Running Formula; printed bands differ between
# editions: threshold 86–88 or 83–88, interval 97–100, repetition 105–110).
EASY_SHARE = (0.70, 0.62)
TEMPO_SHARE = 0.88
INTERVAL_SHARE = 0.975
REP_SHARE = 1.07

# Share of the maximum heart rate in them (Daniels, the same book). Repetitions are over before the
# heart has caught up, so they have none.
HEART_SHARE: Mapping[str, tuple[float, float]] = {
    "easy": (0.65, 0.79),
    "marathon": (0.80, 0.89),
    "tempo": (0.88, 0.92),
    "interval": (0.98, 1.0),
}

ZONES = ("easy", "marathon", "tempo", "interval", "rep")
WALK_S_PER_KM = 600.0

# From shorter races the marathon is predicted at least this much too fast for half of the runners
# (Vickers & Vertosick 2016, n=2303); up to the half marathon predictions hold.
MARATHON_OPTIMISM_S = 600.0

# Bounds of the search for a race time: world-record pace to a slow walk.
_FASTEST_M_PER_MIN, _SLOWEST_M_PER_MIN = 450.0, 50.0


@dataclass(frozen=True)
class Paces:
    """Training zones in seconds per `units`, each (fast, slow), and where they come from in words."""

    vdot: float
    units: Units
    # VDOT and unit decide the zones, which as a mapping have no hash.
    zones: Mapping[str, PaceRange] = field(hash=False)
    source: str
    estimated: bool

    def s_per_km(self, zone: str) -> float:
        """The middle of a zone in seconds per km."""
        return self._middles[zone]

    @cached_property
    def _middles(self) -> Mapping[str, float]:
        metres = metres_per(self.units)
        return {
            zone: (fast + slow) / 2 * METRES_PER_KM / metres
            for zone, (fast, slow) in self.zones.items()
        }

    def text(self, zone: str) -> str:
        """A zone as a runner reads it: `5:06–5:24 /km`."""
        return self._texts[zone]

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return {
            zone: pace(slow, self.units)
            if fast == slow
            else f"{clock(fast)}–{pace(slow, self.units)}"
            for zone, (fast, slow) in self.zones.items()
        }


def oxygen_cost(velocity: float) -> float:
    """VO2 in ml/kg/min of running at `velocity` metres per minute."""
    return -4.60 + 0.182258 * velocity + 0.000104 * velocity**2


def sustainable_fraction(minutes: float) -> float:
    """The fraction of VO2max that can be held for `minutes`."""
    return (
        0.8 + 0.1894393 * math.exp(-0.012778 * minutes) + 0.2989558 * math.exp(-0.1932605 * minutes)
    )


def vdot_of(distance_m: float, seconds: float) -> float:
    """The VDOT of a race result.

    Raises:
        ValueError: distance or time is not positive.
    """
    if distance_m <= 0 or seconds <= 0:
        raise ValueError("a race needs a positive distance and time")
    minutes = seconds / 60
    return oxygen_cost(distance_m / minutes) / sustainable_fraction(minutes)


def velocity_at(vo2: float) -> float:
    """The velocity in metres per minute whose oxygen cost is `vo2` (inverse of `oxygen_cost`)."""
    a, b, c = 0.000104, 0.182258, -4.60 - vo2
    return (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)


@lru_cache(maxsize=1024)
def predict_seconds(vdot: float, distance_m: float) -> float:
    """The race time in seconds at a VDOT, by bisection (VDOT falls as the time grows)."""
    fast = distance_m / _FASTEST_M_PER_MIN * 60
    slow = distance_m / _SLOWEST_M_PER_MIN * 60
    for _ in range(60):
        middle = (fast + slow) / 2
        if vdot_of(distance_m, middle) > vdot:
            fast = middle
        else:
            slow = middle
    return (fast + slow) / 2


def race_seconds(vdot: float, race: Race) -> float:
    """The predicted time of one of the four races, in seconds."""
    return predict_seconds(vdot, RACE_KM[race] * METRES_PER_KM)


def race_range(request: PlanRequest) -> tuple[float, float]:
    """The likely time of the goal race in seconds, from fast to slow.

    A marathon predicted from anything but a marathon may take longer: the middle of the range is
    where half of the runners finish. Elsewhere both ends are the same.
    """
    fast = race_seconds(_fitness(request)[0], request.race)
    known = request.recent_race.race if request.recent_race else None
    measured = known == "marathon" or (known is None and request.goal_time is not None)
    if request.race != "marathon" or measured:
        return fast, fast
    return fast, fast + 2 * MARATHON_OPTIMISM_S


def race_prediction(request: PlanRequest) -> str:
    """The likely time of the goal race in words: `about 49:10`, `3:25:00 to 3:45:00`."""
    fast, slow = map(_rounded, race_range(request))
    return f"about {fast}" if fast == slow else f"{fast} to {slow}"


@lru_cache(maxsize=256)
def paces_for(request: PlanRequest) -> Paces:
    """The runner's paces from a recent race, else the goal time, else the level's default."""
    return _paces(request.units, *_fitness(request))


@lru_cache(maxsize=256)
def _paces(units: Units, vdot: float, source: str, estimated: bool) -> Paces:
    """One object for all runners of the same fitness, so that what is worked out of it is shared."""
    return Paces(vdot, units, zones_at(vdot, units), source, estimated)


def zones_at(vdot: float, units: Units) -> dict[str, PaceRange]:
    """The five zones at a VDOT, whole seconds per unit (nearest), each (fast, slow)."""
    metres = metres_per(units)

    def at_share(share: float) -> int:
        return round(metres / velocity_at(share * vdot) * 60)

    marathon = round(race_seconds(vdot, "marathon") * metres / (RACE_KM["marathon"] * 1000))
    return {
        "easy": (at_share(EASY_SHARE[0]), at_share(EASY_SHARE[1])),
        "marathon": (marathon, marathon),
        "tempo": (at_share(TEMPO_SHARE),) * 2,
        "interval": (at_share(INTERVAL_SHARE),) * 2,
        "rep": (at_share(REP_SHARE),) * 2,
    }


def heart_rate_zones(max_heart_rate: int) -> dict[str, tuple[int, int]]:
    """The heart rate in beats a minute that each zone settles at, (low, high)."""
    return {
        zone: (round(low * max_heart_rate), round(high * max_heart_rate))
        for zone, (low, high) in HEART_SHARE.items()
    }


def _rounded(seconds: float) -> str:
    """A predicted time without false precision: to 10 s below 30 min, else to the minute."""
    grain = 10 if seconds < 1800 else 60
    return clock(math.floor(seconds / grain + 0.5) * grain)


def _fitness(request: PlanRequest) -> tuple[float, str, bool]:
    recent = request.recent_race
    if recent is not None:
        vdot = vdot_of(RACE_KM[recent.race] * 1000, recent.seconds)
        return vdot, f"your {RACE_NAME[recent.race]} in {clock(recent.seconds)}", False
    if request.goal_time is not None:
        vdot = vdot_of(RACE_KM[request.race] * 1000, request.goal_time)
        goal = f"your goal of {clock(request.goal_time)} for the {RACE_NAME[request.race]}"
        return vdot, goal, False
    return LEVEL_VDOT[request.level], f"a typical {request.level} (estimated)", True
