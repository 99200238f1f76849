"""The language of the trade: money, quantities, goods, baskets and receipts, as pure values and functions.

Standard library only. Nothing here reads a clock, a file or a network; :mod:`retail.clock` and :mod:`retail.ids` are
the two doors through which time and chance come in.
"""
