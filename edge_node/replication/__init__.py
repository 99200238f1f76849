"""The second copy of the database: litestream watched, and a box made anew from it.

:mod:`.control` speaks to the running litestream, :mod:`.watch` knows how old the copy is, :mod:`.restore` brings a
copy back.
"""
