"""The tables that ingest writes. They are defined in the platform, because every context may read them."""

from central.platform.event_log import CENTRE_BOX, dead_letter, event, log_entry

__all__ = ["CENTRE_BOX", "dead_letter", "event", "log_entry"]
