"""The drawing of gaps over time."""

import math
import re
from xml.etree import ElementTree

from tests.bench.gap_plot import HEIGHT, LEFT, RIGHT, WIDTH, Curve, gap_plot

SVG = "{http://www.w3.org/2000/svg}"
SMALL = Curve("S", [(0.4, math.inf), (0.6, 2.6), (1.3, 0.35), (2.5, 0.09)])
LARGE = Curve("L <1>", [(30.0, 4.0), (110.0, 0.5)])


def test_every_curve_is_drawn_within_the_axes_and_named_at_its_end() -> None:
    root = ElementTree.fromstring(gap_plot([SMALL, LARGE], "Gaps & time"))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert "S: 0.09 %" in texts and "L <1>: 0.5 %" in texts
    assert root.findtext(f"{SVG}title") == "Gaps & time"
    for circle in root.iter(f"{SVG}circle"):
        assert LEFT <= float(circle.attrib["cx"]) <= WIDTH - RIGHT
        assert 0 <= float(circle.attrib["cy"]) <= HEIGHT


def test_a_gap_holds_until_the_next_one_is_known() -> None:
    root = ElementTree.fromstring(gap_plot([SMALL], ""))
    [path] = [each.attrib["d"] for each in root.iter(f"{SVG}path") if each.attrib["class"] == "c0"]
    assert re.fullmatch(r"M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){2}", path)


def test_equal_factors_are_equally_far_apart() -> None:
    root = ElementTree.fromstring(gap_plot([Curve("x", [(1.0, 10.0), (10.0, 1.0), (100.0, 0.1)])], ""))
    [path] = [each.attrib["d"] for each in root.iter(f"{SVG}path") if each.attrib["class"] == "c0"]
    start, *steps = [float(each) for each in re.findall(r"[\d.]+", path)]
    assert math.isclose(steps[1] - start, steps[3] - steps[1], abs_tol=0.2)


def test_a_drawing_without_any_plan_has_axes_only() -> None:
    root = ElementTree.fromstring(gap_plot([Curve("none", [(1.0, math.inf)])], ""))
    assert not list(root.iter(f"{SVG}circle"))


def test_labels_of_curves_that_end_at_one_place_do_not_touch() -> None:
    root = ElementTree.fromstring(gap_plot([Curve("a", [(1.0, 1.0)]), Curve("b", [(1.0, 1.0)])], ""))
    one, other = (float(each.attrib["y"]) for each in root.iter(f"{SVG}text") if each.attrib["class"] in ("t0", "t1"))
    assert abs(one - other) >= 16
