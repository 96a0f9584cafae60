"""PP-OCR by rapidocr and onnxruntime, at the cost that a screen picture needs.

The picture is looked at in its own size. No crop goes through the line-direction classifier, which turns clean
lines over. Each crop is read alone: a batch pads all to its widest, which costs more than it saves on one thread,
and a line would read differently beside other lines. So a crop seen before need not be read again.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np

from kgbuild.mentions.lettering import close_box
from kgbuild.mentions.unread import LETTERS, contrast, darkened, unread

_AREA = 4_000_000  # pixels: larger pictures are looked at reduced to that
_WIDE = 8  # widths to a height from which a picture is laid on a higher ground: the network finds more there
_WIDEST = 6000  # pixels of width up to which it is
_SMALL = 1100  # pixels of the longer side below which small type is likely: its boxes are closer when enlarged
_ENLARGED = (1.5, 2.0)
_PLENTY = 1_600_000  # pixels to which small pictures are enlarged rather
_HEIGHT = 48  # of what the recogniser takes, in pixels
_SQUEEZE = 0.85  # width of a crop as it is read first; for a sure answer that is enough
_LONG = 8  # heights from which a crop is a line of many letters: cut close to them, it may be narrower still
_CLOSE = 0.1  # heights of its letters that such a crop has above and below them
_NARROW = 0.6
_SURE = 0.97
_ROOM = 3  # heights that a crop is wide when it is read again
_CERTAIN = 0.9  # score of what detection passed over
_LONE = 0.95  # score of a letter that stands alone: arrowheads are read as V, A and 4
_TILT = 0.06  # slope from which a line is cut out along its slant
_REMEMBERED = 50_000  # crops
_FAINT = 24  # grey levels from its ground at which a pixel is ink


class Found(NamedTuple):
    """A line of text: its corners in pixels, float32 (4, 2) from the top left on, what it says, how surely."""

    corners: np.ndarray
    text: str
    score: float


class PpOcr:
    """Reads pictures; remembers the crops that it has read."""

    def __init__(self) -> None:
        self._engine = _engine()
        self._known: dict[tuple[bytes, tuple[int, ...]], tuple[str, float]] = {}

    def __call__(self, picture: np.ndarray) -> list[Found]:
        """Lines of text in a picture: uint8 RGB, shape (h, w, 3)."""
        import cv2

        picture = np.ascontiguousarray(picture[:, :, ::-1])
        places = self.detect(picture)
        strength = contrast(picture)
        found, dark = [], None
        for corners in places:
            line = self._line(corners, cut(picture, corners))
            if line is None or line.score < _CERTAIN:
                dark = darkened(strength) if dark is None else dark
                line = max(line, self._line(corners, cut(dark, corners)), key=_score)
            found.append(line)
        for corners in unread(strength, places):
            dark = darkened(strength) if dark is None else dark
            line = self._line(corners, cut(dark, corners))
            if _score(line) >= _CERTAIN and line is not None and sum(c.isalnum() for c in line.text) >= LETTERS - 1:
                found.append(line)
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        return [
            line._replace(corners=close_box(grey, line.corners))
            for line in found
            if line is not None and not (len(line.text) == 1 and line.score < _LONE)
        ]

    def _line(self, corners: np.ndarray, crop: np.ndarray) -> Found | None:
        start, end = extent(crop)
        if end - start < 2:
            return None
        text, score = self.read(np.ascontiguousarray(crop[:, start:end]))
        return Found(corners, text, score) if text.strip() else None

    def detect(self, picture: np.ndarray) -> np.ndarray:
        """Corners of the lines in a picture (BGR): float32 (n, 4, 2), each from its top left on."""
        import cv2

        h, w = picture.shape[:2]
        scale = float(np.clip((_PLENTY / (h * w)) ** 0.5, *_ENLARGED)) if max(h, w) < _SMALL else 1.0
        scale = min(scale, (_AREA / (h * w)) ** 0.5)
        if scale != 1:
            way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
            picture = cv2.resize(picture, (max(1, round(w * scale)), max(1, round(h * scale))), interpolation=way)
        # A wide, low picture is laid on a ground of a quarter of its width, unless that would be a hundred megapixels.
        self._engine.width_height_ratio = _WIDE if picture.shape[1] <= _WIDEST else -1
        result = self._engine(picture, use_det=True, use_cls=False, use_rec=False)
        if result.boxes is None:
            return np.zeros((0, 4, 2), dtype=np.float32)
        return np.asarray(result.boxes, dtype=np.float32) / np.float32(scale)

    def read(self, crop: np.ndarray) -> tuple[str, float]:
        """What a crop says, with the mean score of its characters."""
        key = (crop.tobytes(), crop.shape)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            is_long = crop.shape[1] >= _LONG * crop.shape[0]
            best = self._recognise(low(crop), _NARROW) if is_long else self._recognise(crop, _SQUEEZE)
            if best[1] < _SURE:
                best = max(best, self._recognise(roomy(crop), 1.0), key=lambda r: r[1])
            self._known[key] = best
        return self._known[key]

    def _recognise(self, crop: np.ndarray, squeeze: float) -> tuple[str, float]:
        import cv2

        width = max(8, round(crop.shape[1] * _HEIGHT / crop.shape[0] * squeeze))
        crop = cv2.resize(crop, (width, _HEIGHT), interpolation=cv2.INTER_CUBIC)
        result = self._engine(crop, use_det=False, use_cls=False, use_rec=True)
        return (str(result.txts[0]), float(result.scores[0])) if result.txts else ("", 0.0)


def _engine() -> Any:
    """The loaded models; one thread, so that sums do not depend on the machine's load."""
    from rapidocr import RapidOCR

    class Engine(RapidOCR):
        def crop_text_regions(self, img: np.ndarray, det_boxes: np.ndarray) -> list[np.ndarray]:
            return []  # cut out here, where no warp is needed

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return Engine(
        params={
            "Global.log_level": "error",
            "Global.text_score": 0.0,
            "Global.use_preprocess_img": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": 1 << 20,
            "Det.unclip_ratio": 1.5,
            "Rec.rec_img_shape": [3, _HEIGHT, 8],
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
        }
    )


def _score(line: Found | None) -> float:
    return line.score if line is not None else 0.0


def cut(picture: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The pixels of a line; of a slanted one, turned level; of an upright one, turned by a quarter."""
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int)
    way = corners[1] - corners[0]
    if abs(way[1]) > _TILT * max(1.0, float(np.hypot(*way))):
        from rapidocr.utils.process_img import get_rotate_crop_image

        return np.asarray(get_rotate_crop_image(picture, corners.copy()))
    crop = picture[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return np.rot90(crop) if crop.shape[0] >= 1.5 * crop.shape[1] else crop


def roomy(crop: np.ndarray) -> np.ndarray:
    """A short crop with ground at both sides: one letter is read better so."""
    import cv2

    height, width = crop.shape[:2]
    side = max(0, round(_ROOM * height) - width) // 2
    ground = [float(v) for v in np.median(crop.reshape(-1, 3), axis=0)]
    return cv2.copyMakeBorder(crop, 0, 0, side, side, cv2.BORDER_CONSTANT, value=ground) if side else crop


def low(crop: np.ndarray) -> np.ndarray:
    """The rows of a crop that hold ink, with a little margin; all without any."""
    runs = _runs(np.asarray(_ink(crop).any(axis=1)))
    if not runs:
        return crop
    top, bottom = runs[0][0], runs[-1][1]
    margin = max(1, round(_CLOSE * (bottom - top)))
    return crop[max(0, top - margin) : bottom + margin]


def _ink(crop: np.ndarray) -> np.ndarray:
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_BGR2GRAY).astype(np.int16)
    return np.asarray(np.abs(grey - int(np.median(grey))) > _FAINT)


def extent(crop: np.ndarray) -> tuple[int, int]:
    """The columns of a crop that hold ink, with a little margin; (0, 0) without any."""
    ink = _ink(crop)
    runs = _runs(np.asarray(ink.any(axis=0)))
    if not runs:
        return 0, 0
    height, width = ink.shape
    margin = max(2, round(0.12 * height))
    return max(0, runs[0][0] - margin), min(width, runs[-1][1] + margin)


def _runs(filled: np.ndarray) -> list[tuple[int, int]]:
    """The stretches of true values: half-open (start, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
