"""The stock of every location: ledger, reservations, what can be promised."""
