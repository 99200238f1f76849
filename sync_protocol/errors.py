"""What can be wrong with bytes from the other side."""


class ProtocolError(Exception):
    """Bytes that do not follow `docs/protocol.md`. The message names the field and never repeats the payload."""


class BodyError(ProtocolError):
    """One event's body is unreadable. Its entry is kept; the body goes to the dead letters."""


class FrameError(ProtocolError):
    """A whole frame is unreadable or over a limit. It is dropped and counted; a resend brings it again."""
