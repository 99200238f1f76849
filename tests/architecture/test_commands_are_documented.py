"""The README names every command, each command answers --help, and each program names an extra that is missing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PROGRAMS = {"edge-node": "edge_node", "central": "central", "tillway-sim": "simulators"}


def documented(program: str) -> set[str]:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"^{program} ((?:[a-z-]+ \| )*[a-z-]+)  ", readme, re.MULTILINE)
    return set(line.split(" | "))


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", PROGRAMS[program], *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_readme_names_the_commands_that_exist_and_each_has_help(program: str) -> None:
    usage = run(program, "--help")
    assert usage.returncode == 0, usage.stderr
    for command in documented(program):
        assert re.search(rf"^    ? ?{command}\b", usage.stdout, re.MULTILINE), f"{program} has no {command}"
    known = set(re.findall(r"^    ? ?([a-z][a-z-]+)  ", usage.stdout, re.MULTILINE))
    assert known <= documented(program), f"the README does not name {known - documented(program)}"


@pytest.mark.parametrize(
    ("program", "missing"), [("edge-node", "serial"), ("central", "sqlalchemy"), ("tillway-sim", "rich")]
)
def test_a_program_without_its_extra_says_which_one_to_install(program: str, missing: str) -> None:
    blocked = f"""
import importlib.util, runpy, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {missing!r} else real(name, *rest)
sys.argv = [{program!r}, "--help"]
runpy.run_module({PROGRAMS[program]!r}, run_name="__main__")
"""
    outcome = subprocess.run([sys.executable, "-c", blocked], cwd=PROJECT, capture_output=True, text=True, check=False)
    extra = {"edge-node": "edge", "central": "central", "tillway-sim": "sim"}[program]
    assert outcome.returncode == 69
    assert missing in outcome.stderr
    assert f"tillway[{extra}]" in outcome.stderr
