"""What the rows of orders use of the resources that they share."""

from dataclasses import dataclass

from routing.arrays import Floats, Index


@dataclass(frozen=True, eq=False, slots=True)
class Draw:
    """One kind of thing that rows use: ``resource`` (n, r), or (r,) where it is the same for all bundles, and the
    ``units`` (n, m) that each bundle of each order needs of it; (n,) for an order by itself."""

    resource: Index
    units: Floats

    def used(self, bundle: Index, row: Index) -> Index:
        """(e,): the resources that the bundles (e,) use by the rows (e,)."""
        return self.resource[row] if self.resource.ndim == 1 else self.resource[bundle, row]
