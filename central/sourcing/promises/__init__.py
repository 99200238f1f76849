"""What a shopper may be promised for a cart: where it can be collected and when, when it can arrive and for how much.

A promise reserves nothing. It is computed from the stock of this moment, the network as it was a moment ago, and the
calendars; see :mod:`.domain`.
"""
