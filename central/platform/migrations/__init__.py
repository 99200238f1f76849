"""The schema's history, run by :mod:`central.platform.migrate`."""
