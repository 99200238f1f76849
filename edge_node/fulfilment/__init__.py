"""Online orders in the store: offers, pick lists, and what staff do with them.

:mod:`.task` is the life of a task, pure; :mod:`.offers` answers the centre; :mod:`.picking` decides what staff may do;
:mod:`.handheld` takes the handhelds' events.
"""
