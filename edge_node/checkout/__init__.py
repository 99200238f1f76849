"""The till: what a basket costs, and selling it.

:mod:`.pricing` rings a basket up, :mod:`.sell` turns it into a sale, :mod:`.receipt` says what the receipt shows.
"""
