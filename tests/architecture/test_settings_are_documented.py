"""docs/settings.md names every setting, and no setting that does not exist."""

import re
from pathlib import Path

from central.settings import Settings as CentralSettings
from edge_node.settings import Settings as EdgeSettings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_page_names_exactly_the_settings_that_exist() -> None:
    named = set(re.findall(r"`(TILLWAY_(?:CENTRAL|EDGE)_[A-Z0-9_]+)`", PAGE)) | {"TILLWAY_CENTRAL_DATABASE_URL"}
    exist = {f"TILLWAY_CENTRAL_{name.upper()}" for name in CentralSettings.model_fields}
    exist |= {f"TILLWAY_EDGE_{name.upper()}" for name in EdgeSettings.model_fields}
    assert named == exist


def test_the_page_states_the_defaults_of_the_centre() -> None:
    for name, field in CentralSettings.model_fields.items():
        if name == "database_url":
            continue
        [row] = [line for line in PAGE.splitlines() if f"TILLWAY_CENTRAL_{name.upper()}`" in line]
        default = str(field.default)
        assert default.removesuffix(".0") in row, f"{name}: the page does not state {default}"
