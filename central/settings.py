"""The centre's settings, from the environment: ``TILLWAY_CENTRAL_`` and the name in capitals, or ``DATABASE_URL``."""

from pathlib import Path

from pydantic import AliasChoices, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from central.sourcing.domain import Effort
from central.sourcing.promises.services import DEFAULT_SERVICES, parse_holidays, parse_services
from retail.errors import Refused


class Settings(BaseSettings):
    """Every knob of the centre, with its unit in its name and its default beside it."""

    model_config = SettingsConfigDict(env_prefix="TILLWAY_CENTRAL_", extra="ignore")

    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_URL", "TILLWAY_CENTRAL_DATABASE_URL", "database_url"),
        description="PostgreSQL to use; empty: an embedded one below data_dir",
    )
    data_dir: Path = Field(default=Path(".run/central"), description="where the embedded PostgreSQL lives")
    database_pool_size: int = Field(default=15, ge=3, le=200)

    http_host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless stated")
    http_port: int = Field(default=8080, ge=0, le=65535, description="0: any free port")

    broker_host: str = "127.0.0.1"
    broker_port: int = Field(default=1883, ge=1, le=65535)

    outbox_lanes: int = Field(default=4, ge=1, le=64, description="messages of the outbox done at the same time")
    outbox_attempts_max: int = Field(default=8, ge=1, description="tries before a message is parked")

    offer_timeout_s: float = Field(default=180.0, gt=0, description="an unanswered offer is taken back after this")
    start_timeout_s: float = Field(default=1800.0, gt=0, description="an assigned task not started is taken back then")
    takeback_interval_s: float = Field(default=5.0, gt=0, description="how often such tasks are looked for")
    pick_minutes: int = Field(default=60, ge=1, description="time to pick where an order has no promise")

    silent_s: float = Field(default=180.0, gt=0, description="a box that said nothing for so long is asked for nothing")
    sourcing_interval_s: float = Field(default=2.0, gt=0, description="longest wait before open orders are routed")
    sourcing_effort: Effort = Field(default="standard", description="one-by-one, quick, standard or thorough")
    sourcing_deadline_s: float = Field(default=180.0, gt=0, description="a solver that takes longer is killed")
    sourcing_settled_s: float = Field(default=5.0, ge=0, description="an unanswered offer may be moved after this")
    sourcing_move_cents: int = Field(default=100, ge=0, description="least saving for which an offer is moved")
    late_day_cents: int = Field(default=2_000, ge=0, le=100_000, description="price of a day behind a promise; 0: none")
    sourcing_renew_s: float = Field(default=60.0, gt=0, description="prices of contested stock are renewed after this")
    sourcing_renew_units: int = Field(default=200, ge=1, description="or after so many units were asked for at them")
    sourcing_price_age_s: float = Field(default=300.0, gt=0, description="older prices are not used")
    sourcing_replay_days: int = Field(default=14, ge=0, description="inputs of runs are kept for so long")
    sourcing_replay_mb: int = Field(default=1024, ge=0, description="and up to so many megabytes of them")

    promise_refresh_s: float = Field(default=2.0, gt=0, description="how often promises read the network and its load")
    pickup_km: float = Field(default=100.0, gt=0, description="how far a shopper is sent to collect")
    carrier_services: str = Field(default=DEFAULT_SERVICES, description="name, days, cut-off, transit days, price")
    carrier_holidays: str = Field(default="", description="dates on which carriers do not work, by commas")

    log_level: str = "INFO"

    @field_validator("carrier_services", "carrier_holidays")
    @classmethod
    def _understood(cls, text: str, info: ValidationInfo) -> str:
        try:
            parse_services(text) if info.field_name == "carrier_services" else parse_holidays(text)
        except Refused as error:
            raise ValueError(str(error)) from error
        return text
