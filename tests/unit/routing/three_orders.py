"""The instance of docs/explained.md: three orders, three locations, four things. For a pocket calculator."""

import numpy as np

from routing.labels import Labels
from routing.plan import Plan
from routing.problem import Prices, Problem, Reason
from routing.terms import LineTerm

LOCATIONS = ("Harbour store", "Mill store", "Depot")
SKUS = ("kettle", "vase", "tray")
ORDERS = ("1001", "1002", "1003")
LINES = (("1001", "kettle", 1), ("1002", "kettle", 1), ("1002", "vase", 1), ("1003", "tray", 2))
PAUSED = Reason("is paused until 14:00", least_change="if it were not paused")
LABELS = Labels(LOCATIONS, SKUS)

STOCK = {"kettle": (1, 0, 2), "vase": (0, 2, 1), "tray": (2, 3, 1)}
KG = {"kettle": "1.5", "vase": "1.0", "tray": "0.5"}
LABEL_CENTS = {"1001": (600, 700, 800), "1002": (650, 500, 1500), "1003": (1400, 620, 800)}
PER_KG_CENTS = {"1001": (50, 60, 80), "1002": (60, 50, 120), "1003": (50, 50, 90)}
PACKING_CENTS = (80, 90, 50)
PICKING_CENTS = (110, 120, 40)
BACKORDER_CENTS = {"1001": (1500,), "1002": (1200, 1300), "1003": (1400,)}
KETTLE_AT_HARBOUR_CENTS = 190
"""The only price that the run stored: what the one kettle at the Harbour store is worth."""


def instance() -> Problem:
    """The problem with the stored price."""
    prices = np.zeros((len(SKUS), len(LOCATIONS)))
    prices[SKUS.index("kettle"), LOCATIONS.index("Harbour store")] = KETTLE_AT_HARBOUR_CENTS
    qty = np.array([units for _, _, units in LINES])
    kg = np.array([float(KG[sku]) for _, sku, _ in LINES])
    blocked = np.zeros((len(ORDERS), len(LOCATIONS)), np.uint8)
    blocked[ORDERS.index("1003"), LOCATIONS.index("Mill store")] = 1
    return Problem(
        order_ptr=np.array([0, 1, 3, 4]),
        line_sku=np.array([SKUS.index(sku) for _, sku, _ in LINES]),
        line_qty=qty,
        backorder=np.array([cents for order in ORDERS for cents in BACKORDER_CENTS[order]]),
        stock=np.array([STOCK[sku] for sku in SKUS]),
        capacity=np.full(len(LOCATIONS), 99),
        blocked=blocked,
        reasons=(Reason(""), PAUSED),
        package_terms={
            "label": np.array([LABEL_CENTS[order] for order in ORDERS]),
            "packing": np.array(PACKING_CENTS),
        },
        line_terms={
            "weight": LineTerm(np.array([PER_KG_CENTS[order] for order in ORDERS]), "order", kg * qty),
            "picking": LineTerm(np.array(PICKING_CENTS), "location", qty),
        },
        prices=Prices(prices),
    )


def plan() -> Plan:
    """What the run decided."""
    depot, harbour, mill = (LOCATIONS.index(name) for name in ("Depot", "Harbour store", "Mill store"))
    return Plan.of(instance(), np.array([depot, harbour, mill, -1]))
