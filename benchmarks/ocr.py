"""Speed and character error of OCR against rapidocr's defaults, in one session on one thread.

    python benchmarks/ocr.py ../shared/diagrams [--every 4] [--pages 12]

Two kinds of pictures with known text: the diagrams of a folder (``png/``, ``gold/``: what is read inside a
node's box against its label) and pages drawn here (lines of words in several typefaces and sizes, light and dark).
Prints words per second of processor time and the character error (edit distance over true characters, blanks
not counted) of both readers, and the ratio of their speeds. Both read every picture anew, but rapidocr with its
defaults on one thread; no text is filtered by score.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein

from kgbuild.config import Config
from kgbuild.mentions.ocr import Line, Ocr

Truth = Sequence[tuple[str, tuple[float, float, float, float]]]
_FACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono-Bold", "LiberationSans-Regular", "LiberationSerif-Regular")
_TEXT = (
    "queue cache Service token retry Gateway index shard replica Load Balancer write-ahead log region user_id metric "
    "event 42 v1.2 HTTP/2 topic Consumer batch stream 99.9% disk key/value broker Scheduler node lease quorum email "
    "image thumbnail worker backlog (async) TLS port 8080 schema migration rollback Feature store object bucket"
)
_WORDS = _TEXT.split()


@dataclass(slots=True)
class Tally:
    """What one reader did: seconds of processor time, true words and characters, wrong characters."""

    seconds: float = 0.0
    words: int = 0
    characters: int = 0
    wrong: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, truth: Truth, lines: Sequence[Line], seconds: float, name: str) -> None:
        self.seconds += seconds
        for text, box in truth:
            want, got = plain(text), plain(" ".join(n.text for n in inside(lines, box)))
            wrong = min(len(want), Levenshtein.distance(want, got))
            self.words += len(text.split())
            self.characters += len(want)
            self.wrong += wrong
            if wrong:
                self.misses.append(f"{name}: {text!r} read as {got!r}")

    @property
    def speed(self) -> float:
        return self.words / self.seconds

    @property
    def error(self) -> float:
        return self.wrong / self.characters


def plain(text: str) -> str:
    return " ".join(text.split())


def inside(lines: Sequence[Line], box: tuple[float, float, float, float]) -> list[Line]:
    """The lines whose centre lies in a box, row by row."""
    near = [n for n in lines if box[0] <= (n.x0 + n.x1) / 2 <= box[2] and box[1] <= (n.y0 + n.y1) / 2 <= box[3]]
    rows: list[list[Line]] = []
    for n in sorted(near, key=lambda n: n.y0 + n.y1):
        if rows and (n.y0 + n.y1) / 2 < rows[-1][0].y1 - 0.25 * rows[-1][0].height:
            rows[-1].append(n)
        else:
            rows.append([n])
    return [n for row in rows for n in sorted(row, key=lambda n: n.x0)]


def diagrams(folder: Path, every: int) -> Iterator[tuple[str, bytes, Truth]]:
    for path in sorted((folder / "gold").glob("*.json"))[::every]:
        gold = json.loads(path.read_text("utf-8"))
        # Words of edges are in the measure of speed only through the time that they cost.
        truth = [(n["label"], tuple(n["box"])) for n in gold["nodes"] if n["label"].isascii()]
        yield path.stem, (folder / "png" / f"{path.stem}.png").read_bytes(), truth


def pages(count: int, seed: int = 7) -> Iterator[tuple[str, bytes, Truth]]:
    """Drawn pages of 20 lines: 11 to 28 px type, black on white or light on dark, some lines in columns."""
    rng = random.Random(seed)
    for number in range(count):
        ground, ink = rng.choice([("white", "black"), ("#f4f6f8", "#223344"), ("#1e1e1e", "#d4d4d4")])
        picture = Image.new("RGB", (1280, 720), ground)
        draw, truth, y = ImageDraw.Draw(picture), [], 24
        while y < 680:
            size = rng.choice((11, 12, 13, 14, 16, 18, 22, 28))
            font = face(rng.choice(_FACES), size)
            for x in (30, 680) if rng.random() < 0.5 else (30,):
                text = " ".join(rng.choices(_WORDS, k=rng.randint(2, 8)))
                left, top, right, bottom = draw.textbbox((x, y), text, font)
                if right < x + (600 if x > 30 else 1230):
                    draw.text((x, y), text, ink, font)
                    truth.append((text, (left - 3, top - 3, right + 3, bottom + 3)))
                    if right > 660:
                        break
            y += int(size * rng.choice((1.5, 1.8, 2.4)))
        data = BytesIO()
        picture.save(data, "PNG")
        yield f"page {number}", data.getvalue(), truth


def face(name: str, size: int) -> Any:
    try:
        return ImageFont.truetype(f"{name}.ttf", size)
    except OSError:  # a machine without these typefaces
        return ImageFont.load_default(size)


def ours() -> Callable[[bytes], list[Line]]:
    return Ocr(Config.load(overrides={"ocr.min_score": 0.0})).lines


def defaults() -> Callable[[bytes], list[Line]]:
    """Rapidocr as it comes, but on one thread and silent."""
    import numpy as np
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{k}_op_num_threads": 1 for k in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "error", "Global.text_score": 0.0, **threads})

    def read(png: bytes) -> list[Line]:
        with Image.open(BytesIO(png)) as image:
            result = engine(np.asarray(image.convert("RGB"))[:, :, ::-1])
        if result.boxes is None:
            return []
        return [
            Line(text, *map(float, (*box.min(axis=0), *box.max(axis=0))), float(score))
            for box, text, score in zip(result.boxes, result.txts, result.scores, strict=True)
        ]

    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="png/ and gold/ of diagrams")
    parser.add_argument("--every", type=int, default=1, help="only every so many diagrams")
    parser.add_argument("--pages", type=int, default=12, help="drawn pages")
    parser.add_argument("--misses", action="store_true", help="print what we read wrongly")
    options = parser.parse_args()
    readers = {"kgbuild": ours(), "rapidocr": defaults()}
    kinds = {"drawn pages": pages(options.pages)}
    if options.folder:
        kinds = {"diagrams": diagrams(options.folder, options.every), **kinds}
    for read in readers.values():  # models are loaded before the clock runs
        read(next(pages(1, seed=1))[1])  # a page of its own: what is read again is remembered
    for kind, pictures in kinds.items():
        tallies = {name: Tally() for name in readers}
        for name, png, truth in pictures:
            for reader, read in readers.items():
                started = time.process_time()
                lines = read(png)
                tallies[reader].add(truth, lines, time.process_time() - started, name)
        for reader, t in tallies.items():
            print(f"{kind}, {reader}: {t.words} words, {t.speed:.1f} words/s, character error {t.error:.4f}")
        print(f"{kind}: {tallies['kgbuild'].speed / tallies['rapidocr'].speed:.2f} times as fast")
        if options.misses:
            print(*tallies["kgbuild"].misses, sep="\n")


if __name__ == "__main__":
    main()
