"""How the devices of a box are doing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """One device. ``state`` is absent, claimed, ready, degraded or error; ``detail`` is a sentence for people."""

    name: str
    kind: str
    state: str
    detail: str
