"""Order routing: which location sends which line of which order, at the least cost, and why.

Pure: arrays and plain values in, plans and reasons out; no database, clock or files. The path of the data::

    Problem -> split          one order, exactly, on the stock and capacity that are left
            -> source_in_order   a batch, one order after another in priority order -> Plan
    Plan    -> check          prices the plan afresh and lists every violation
            -> explain        why this plan: cost by term, runner-up, what blocked each cheaper one

``Quotes`` (what every usable option would charge for one order) and the partition of its lines stand apart from the
sequence of orders on purpose: an optimiser of the whole batch belongs in ``routing/optimise.py`` as
``optimise(problem, limits) -> Plan``. It takes the same :class:`~routing.problem.Problem`, prices columns with the same
:func:`~routing.split.split` by setting :class:`~routing.problem.Prices` (its duals), and passes the same check.
"""
