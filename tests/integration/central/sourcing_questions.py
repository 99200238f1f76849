"""Questions for the solver: a seeded network with orders, as large as a test wants."""

import random
from uuid import UUID

from central.sourcing.domain import OpenLine, OpenOrder, Place, Snapshot, Steering
from central.sourcing.question import Question, Rules, made_by
from central.sourcing.tariff import Tariff


def question(seed: int = 1, orders: int = 20, places: int = 40, steering: Steering | None = None) -> Question:
    """A network of ``places`` and ``orders`` of up to three lines; the same for the same seed."""
    chance = random.Random(seed)
    network = tuple(
        Place(f"S{n:04}", f"Shop {n}", n % 10 == 0, True, "", n % 7 == 3, True, True, chance.uniform(30, 45),
              chance.uniform(-120, -75), "USD", "US", chance.choice((None, 40)))
        for n in range(places)
    )  # fmt: skip
    skus = [f"sku{n}" for n in range(12)]
    wanted = tuple(
        OpenOrder(
            UUID(int=order + 1), "ship", "", chance.uniform(30, 45), chance.uniform(-120, -75), "US", "USD", None,
            order,
            tuple(OpenLine(UUID(int=1_000 * (order + 1) + n), 1, sku, f"Item {sku}", chance.randint(1, 3), 999, 400)
                  for n, sku in enumerate(chance.sample(skus, chance.randint(1, 3)))),
        )
        for order in range(orders)
    )  # fmt: skip
    available = {(place.location, sku): chance.randint(0, 5) for place in network for sku in skus}
    snapshot = Snapshot(network, wanted, available)
    return Question(
        "USD", snapshot, Tariff(), Rules(), steering or Steering("batch", "quick"), 1_800_000_000_000, made_by()
    )
