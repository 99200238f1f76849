"""What ops allow, forbid and price in routing: a rule set is versioned data, compiled to the arrays of a problem.

Pure: values in, values out; the moment is an argument. The path of the data::

    text or JSON -> document.parse -> RuleSet          refused with the path of what is wrong
    RuleSet      -> lint                               contradictions and dead rules, in plain words
    RuleSet + Scene + moment -> compile_rules -> Compiled   what a ``Problem`` takes from rules
    the same + plan and duals of a run -> RuleCosts    what every rule cost

A kind of rule is one class in ``kinds_*.py``: its fields say how they are read, written and described, and its
``apply`` says what it does to a draft. The table is :data:`routing.rules.kinds.KINDS`; nothing else
knows of a kind, but for lint where two kinds may contradict each other.
"""
