"""Items, barcodes, tax codes and prices: what the fleet may sell."""
