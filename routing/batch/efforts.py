"""How much work a run may do, by name."""

from routing.batch.blocks import Work
from routing.batch.master import Search
from routing.batch.solve import Effort

QUICK = Effort(
    name="quick", ascents=30, escapes=6, rounds=4, converged=1e-3,
    dive=Work(columns=8_000, slack=0.1, search=Search(gap=1e-2, nodes=1, improvements=3)),
    waves=(Work(columns=4_000, slack=0.1, search=Search(gap=1e-3, nodes=1)),),
)  # fmt: skip
"""Within a few percent, for a look ahead."""

STANDARD = Effort(
    name="standard", ascents=40, escapes=10, rounds=6, converged=2e-4,
    dive=Work(columns=32_000, slack=0.3, search=Search(gap=4e-3, nodes=1, improvements=5)),
    waves=(
        Work(columns=6_000, slack=0.1, search=Search(gap=1e-3, nodes=1)),
        Work(columns=10_000, slack=0.6, search=Search(gap=2e-4, nodes=1)),
    ),
)  # fmt: skip
"""What the centre runs every few seconds."""

THOROUGH = Effort(
    name="thorough", ascents=60, escapes=16, rounds=10, converged=1e-4,
    dive=Work(columns=40_000, slack=0.3, search=Search(gap=1e-3, nodes=20)),
    waves=(
        Work(columns=12_000, slack=0.1, search=Search(gap=2e-4, nodes=50)),
        Work(columns=16_000, slack=0.3, search=Search(gap=1e-4, nodes=50)),
        Work(columns=16_000, slack=1.0, search=Search(gap=1e-4, nodes=50)),
    ),
)  # fmt: skip
"""As good as it gets, at several times the work."""

EFFORTS = {effort.name: effort for effort in (QUICK, STANDARD, THOROUGH)}
