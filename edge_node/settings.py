"""How the program runs on this machine: environment variables with the prefix ``TILLWAY_EDGE_``.

What the store is stands in the manifest (:mod:`.manifest`); a setting given here overrules it.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from edge_node.manifest import Address, Manifest


class Settings(BaseSettings):
    """The settings. ``dir`` is the data folder: database, manifest, grant, logs of children."""

    model_config = SettingsConfigDict(env_prefix="TILLWAY_EDGE_", frozen=True)

    dir: Path = Path("/var/lib/tillway")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    lan_host: str = ""
    lan_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    broker_host: str = ""
    broker_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    replica: str | None = None
    """Overrules the manifest's; an empty text turns the replica off."""

    def overrule(self, manifest: Manifest) -> Manifest:
        """The manifest with what this machine says otherwise."""
        lan = Address(host=self.lan_host or manifest.lan.host, port=self.lan_port or manifest.lan.port)
        broker = manifest.broker
        if self.broker_host or self.broker_port:
            host = self.broker_host or (broker.host if broker else "127.0.0.1")
            port = self.broker_port or (broker.port if broker else 1883)
            broker = Address(host=host, port=port)
        replica = manifest.replica if self.replica is None else self.replica
        return manifest.model_copy(update={"lan": lan, "broker": broker, "replica": replica})
