import numpy as np
import pytest

from kgbuild.mentions.lettering import close_box


def _box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float32)


@pytest.fixture
def sign() -> np.ndarray:
    """A picture with three upright bars, 4 wide and 20 high, in the box (40, 30, 72, 50)."""
    picture = np.full((80, 120), 255, np.uint8)
    for x in (40, 54, 68):
        picture[30:50, x : x + 4] = 0
    return picture


def test_wide_and_close_boxes_of_one_text_become_alike(sign: np.ndarray) -> None:
    wide, usual = close_box(sign, _box(30, 18, 82, 62)), close_box(sign, _box(34, 24, 78, 56))
    assert np.array_equal(wide, usual)
    assert np.array_equal(wide, _box(35, 25, 77, 55))


def test_a_stroke_through_the_box_is_no_letter(sign: np.ndarray) -> None:
    sign[:, 61:63] = 0
    found = close_box(sign, _box(34, 20, 78, 60))
    assert found[:, 1].tolist() == [25, 25, 55, 55]
    assert found[:, 0].tolist() == [34, 78, 78, 34]  # where a stroke ends is not known


def test_boxes_without_whole_letters_stay(sign: np.ndarray) -> None:
    blank, inside = _box(80, 5, 110, 20), _box(41, 33, 71, 47)
    assert np.array_equal(close_box(sign, blank), blank)
    assert np.array_equal(close_box(sign, inside), inside)


def test_an_upright_line_stays() -> None:
    picture = np.full((100, 60), 255, np.uint8)
    picture[20:80:10, 25:35] = 0
    box = _box(20, 10, 40, 90)
    assert np.array_equal(close_box(picture, box), box)
