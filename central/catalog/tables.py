"""The tables of the catalogue: items, their barcodes, tax codes and prices."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from central.platform.tables import metadata, moment, one_of, required, tenant

DEFAULT_PRICE_LIST = "standard"

tax_code = Table(
    "tax_code",
    metadata,
    tenant(),
    required("code", Text),
    required("rate_ppm", Integer),
    required("inclusive", Boolean),
    PrimaryKeyConstraint("tenant", "code"),
)
"""Rates in millionths; ``inclusive`` says whether prices contain the tax."""

item = Table(
    "item",
    metadata,
    tenant(),
    required("sku", Text),
    required("name", Text),
    required("unit", Text),
    required("tax_code", Text),
    required("weight_g", Integer, "0"),
    required("age_minimum", Integer, "0"),
    required("hazard", Text, "''"),
    required("department", Text, "''"),
    required("tags", ARRAY(Text, as_tuple=True), "'{}'"),
    required("withdrawn", Boolean, "false"),
    moment("changed_at"),
    PrimaryKeyConstraint("tenant", "sku"),
    ForeignKeyConstraint(["tenant", "tax_code"], ["tax_code.tenant", "tax_code.code"]),
    one_of("unit", "unit", "each", "gram"),
)
"""What is sold. ``weight_g`` is the weight of one piece, 0 where unknown; ``tags`` what rules may call it by."""

item_gtin = Table(
    "item_gtin",
    metadata,
    tenant(),
    required("gtin14", Text),
    required("sku", Text),
    PrimaryKeyConstraint("tenant", "gtin14"),
    ForeignKeyConstraint(["tenant", "sku"], ["item.tenant", "item.sku"], ondelete="CASCADE"),
    Index(None, "tenant", "sku"),
)
"""Barcodes, 14 digits, each of one item."""

price = Table(
    "price",
    metadata,
    tenant(),
    required("price_list", Text, f"'{DEFAULT_PRICE_LIST}'"),
    required("sku", Text),
    required("currency", Text),
    required("effective_ms", BigInteger, "0"),
    required("price", BigInteger),
    moment("changed_at"),
    PrimaryKeyConstraint("tenant", "price_list", "sku", "currency", "effective_ms"),
    ForeignKeyConstraint(["tenant", "sku"], ["item.tenant", "item.sku"], ondelete="CASCADE"),
)
"""Minor units per piece, or per 1000 g, from ``effective_ms`` on."""
