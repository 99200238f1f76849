"""How the program runs on this machine: environment variables with the prefix ``TILLWAY_EDGE_``.

What the store is stands in the manifest (:mod:`.manifest`); a setting given here overrules it.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from edge_node.manifest import Address, Manifest, as_refusal


class Settings(BaseSettings):
    """The settings. ``dir`` is the data folder: database, manifest, grant, logs of children."""

    model_config = SettingsConfigDict(env_prefix="TILLWAY_EDGE_", frozen=True)

    dir: Path = Path("/var/lib/tillway")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    lan_host: str | None = None
    lan_port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """0 takes any free port; `running.json` in the data folder tells which."""
    broker_host: str | None = None
    broker_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    replica: str | None = None
    """Overrules the manifest's; an empty text turns the replica off."""

    def overrule(self, manifest: Manifest) -> Manifest:
        """The manifest with what this machine says otherwise."""
        lan = manifest.lan.model_copy(update=_given(host=self.lan_host, port=self.lan_port))
        broker = manifest.broker
        if self.broker_host is not None or self.broker_port is not None:
            known = broker or Address(host="127.0.0.1", port=1883)
            broker = known.model_copy(update=_given(host=self.broker_host, port=self.broker_port))
        replica = manifest.replica if self.replica is None else self.replica
        return manifest.model_copy(update={"lan": lan, "broker": broker, "replica": replica})


def load_settings(folder: Path | None = None) -> Settings:
    """The settings of the environment; ``folder`` overrules the data folder. It is made absolute.

    Raises :class:`Refused` for a variable that cannot be used.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise as_refusal(error) from error
    return settings.model_copy(update={"dir": (folder or settings.dir).absolute()})


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
