"""Plans of the model that ships obey what was confirmed: the constraints of the held-out phrasings."""

from contextlib import closing
from itertools import cycle
from pathlib import Path

from finetune.phrasings import read_phrasings
from finetune.wish_rows import PHRASINGS, PLAIN
from runplan.backends.llama_cpp import LlamaCppBackend
from runplan.merging import merge
from runplan.request import LEVELS, RACES, PlanRequest
from runplan.writer import finished_plan, write_plan
from tests.support.obedience import broken

SHIPPED = Path(__file__).parents[2] / "models" / "nano" / "nano.gguf"
EVERY = 12  # of the 398 texts that ask for something; all of them take minutes


def test_confirmed_constraints_are_obeyed_in_the_models_plans() -> None:
    wished = [p.constraints for path in (PHRASINGS, PLAIN) for p in read_phrasings(path)]
    forms = zip(cycle(RACES), cycle(LEVELS), cycle((5, 9, 12, 7, 16)), cycle((3, 4, 6, 5)))
    obeyed = 0
    with closing(LlamaCppBackend(SHIPPED)) as backend:
        for wishes, form in list(zip(filter(None, wished), forms))[::EVERY]:
            request = merge(PlanRequest(*form), sorted(wishes, key=str), ()).request
            plan = finished_plan(write_plan(request, backend, seed=1))
            assert broken(plan, request.constraints) == [], (form, wishes)
            assert [f for f in plan.findings if f.level == "error"] == [], (form, wishes)
            obeyed += len(request.constraints)
    assert obeyed > 40
