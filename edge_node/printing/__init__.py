"""The print queue: slips wait in the database, are printed in order, and are done when the printer has proved it.

:mod:`.queue` decides, :mod:`.worker` carries out, :mod:`.slips` says how a document reads on paper.
"""
