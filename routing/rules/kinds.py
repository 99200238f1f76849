"""The table of kinds. Its order is the order in which reasons are given: what lasts longest comes first."""

from routing.rules import kinds_goods as goods
from routing.rules import kinds_network as network
from routing.rules import kinds_orders as orders
from routing.rules import kinds_soft as soft
from routing.rules.rule import Rule

KINDS: dict[str, type[Rule]] = {
    kind.kind: kind
    for kind in (
        network.NeedsBox,
        network.SameCountry,
        orders.Embargo,
        orders.Destination,
        network.Closed,
        network.Offered,
        orders.NeedsCoordinates,
        orders.Pinned,
        orders.Only,
        orders.Exclude,
        orders.Distance,
        orders.Transit,
        orders.OrderValue,
        network.Blackout,
        network.Pause,
        network.PauseService,
        network.CutOff,
        network.Offline,
        network.MaxRejects,
        network.Capacity,
        orders.Remorse,
        orders.Freeze,
        orders.ShipComplete,
        orders.KeepKits,
        orders.MaxPackages,
        goods.Hazmat,
        goods.AgeRestricted,
        goods.ExcludeProducts,
        goods.AskedBefore,
        goods.MinimumConfidence,
        goods.MinimumStock,
        goods.SafetyStock,
        goods.LastUnit,
        soft.WeeksOfSupply,
        soft.SizeRun,
        soft.SalesCredit,
        soft.Prefer,
        soft.KeepReserve,
        soft.Consolidate,
        soft.ProtectLaunch,
        soft.EndOfSeason,
        soft.BalanceLoad,
    )
}
"""Name in a document -> class."""

PLACE_IN_TABLE = {name: number for number, name in enumerate(KINDS)}
