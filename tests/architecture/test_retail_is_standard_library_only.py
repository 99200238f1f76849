"""The language of the trade runs anywhere that Python does: at a register, in a solver's process, in a notebook."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

RETAIL = Path(__file__).parents[2] / "retail"
MODULES = sorted(RETAIL.rglob("*.py"))


def foreign_imports(source: str) -> Iterator[str]:
    """Top-level packages that ``source`` imports anywhere in it, other than the standard library and retail."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        else:
            continue
        packages = (name.partition(".")[0] for name in names)
        yield from (package for package in packages if package not in sys.stdlib_module_names | {"retail"})


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_retail_imports_only_the_standard_library_and_itself(module: Path) -> None:
    assert list(foreign_imports(module.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import msgspec", ["msgspec"]),
        ("from numpy.linalg import norm", ["numpy"]),
        ("def late():\n    import json, central.orders", ["central"]),
        ("import json\nfrom retail.money import Money\nfrom . import tax", []),
    ],
)
def test_a_foreign_import_is_found_wherever_it_hides(source: str, found: list[str]) -> None:
    assert list(foreign_imports(source)) == found


def test_the_modules_that_others_rely_on_are_looked_at() -> None:
    assert {"money.py", "basket.py", "ids.py", "clock.py"} <= {module.name for module in MODULES}
