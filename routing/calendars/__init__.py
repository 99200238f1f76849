"""When a location can have work done, when a carrier takes it along, and when it arrives. Pure: no clock.

Moments are milliseconds since 1970 UTC, days are proleptic ordinals (``date.toordinal()``), times of day minutes of a
local day. The path of a promise::

    Hours      -> ready_by        the first open moment at which the pick minutes have passed in opening hours
               -> packed_by       when the same work is done, open or not by then
    Collection -> ship_by         the first collection that it still makes
    Carrier    -> delivery_date   so many business days of the carrier later
               <- latest_start    backwards: when the pick must begin at the latest

Each of these looks ahead a limited number of days; beyond that the answer is a
:class:`~routing.calendars.limits.NoDate` with its reason, never a search without end.
:class:`~routing.calendars.timetable.Timetable` holds the same for many locations as arrays and answers for all of them
at once; the tests hold the two and a minute-by-minute walk together.

**Daylight saving.** A local time means the first moment at which a clock that is never put back would show it, or a
later one. A time that spring skips is the moment of the jump; in the hour that autumn repeats, what has closed stays
closed and what is open stays open, as the business day of :mod:`retail.clock` does.
"""
