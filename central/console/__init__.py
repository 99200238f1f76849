"""The console: pages on which central ops see the fleet, the orders, why each went where it went, and what needs them.

It reads the tables of all contexts and decides nothing: :mod:`.reads` asks, :mod:`.labels` finds the words,
:mod:`.http` answers, templates show. ``/styleguide`` shows every part that pages are made of.
"""
