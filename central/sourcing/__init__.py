"""Decides where open orders go: a snapshot, a plan of `routing`, its explanation, and the offers that follow."""
