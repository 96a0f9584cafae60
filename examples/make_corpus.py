"""Draw the example corpus again: python examples/make_corpus.py (needs the extra ``dev``).

The texts are written by hand and stay as they are; this script draws the pictures, the
PDF, the DOCX and the video. Facts: NASA, ESA and STScI public pages on the James Webb
Space Telescope.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import docx
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Image as PdfImage
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

CORPUS = Path(__file__).parent / "corpus"
INK, PAPER, BLUE, GOLD, GREY = "#1d2433", "#ffffff", "#dbe7ff", "#ffe9b3", "#eef0f4"
FPS, SECONDS = 10, 7


@dataclass(frozen=True)
class Node:
    """A box of a diagram: label (lines parted by newline), centre, fill."""

    label: str
    x: int
    y: int
    fill: str = BLUE
    w: int = 210
    h: int = 84


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def diagram(
    title: str, size: tuple[int, int], nodes: dict[str, Node], edges: list[tuple[str, str, str]]
) -> Image.Image:
    """Boxes with straight arrows between their borders and labels on the arrows."""
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((size[0] / 2, 34), title, INK, font(30), anchor="mm")
    for a, b, label in edges:
        start, end = border(nodes[a], nodes[b]), border(nodes[b], nodes[a])
        draw.line((start, end), INK, 3)
        arrowhead(draw, start, end)
        if label:
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
            box = draw.textbbox(middle, label, font(20), anchor="mm")
            draw.rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), PAPER)
            draw.text(middle, label, INK, font(20), anchor="mm")
    for node in nodes.values():
        box = (node.x - node.w / 2, node.y - node.h / 2, node.x + node.w / 2, node.y + node.h / 2)
        draw.rounded_rectangle(box, 12, node.fill, INK, 3)
        draw.multiline_text((node.x, node.y), node.label, INK, font(22), anchor="mm", align="center")
    return picture


def border(a: Node, b: Node) -> tuple[float, float]:
    """Where the line from the centre of ``a`` to that of ``b`` leaves the box of ``a``."""
    dx, dy = b.x - a.x, b.y - a.y
    t = min((a.w / 2 + 3) / abs(dx) if dx else math.inf, (a.h / 2 + 3) / abs(dy) if dy else math.inf)
    return a.x + t * dx, a.y + t * dy


def arrowhead(draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float]) -> None:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [(end[0] - 18 * math.cos(angle + turn), end[1] - 18 * math.sin(angle + turn)) for turn in (-0.4, 0.4)]
    draw.polygon([end, *wings], INK)


def observatory() -> Image.Image:
    nodes = {
        "ota": Node("Optical Telescope\nElement", 200, 150, GOLD),
        "isim": Node("Integrated Science\nInstrument Module", 560, 150, GOLD, 240),
        "icdh": Node("ISIM Command and\nData Handling", 560, 330, BLUE, 240),
        "ssr": Node("Solid State\nRecorder", 560, 500),
        "bus": Node("Spacecraft Bus", 200, 500),
        "shield": Node("Sunshield", 200, 330, GREY),
        "antenna": Node("High Gain\nAntenna", 910, 500),
    }
    edges = [
        ("ota", "isim", "light"), ("isim", "icdh", "pixels"), ("icdh", "ssr", "science data"), ("bus", "ssr", "power"),
        ("shield", "ota", "shade"), ("ssr", "antenna", "Ka-band"),
    ]  # fmt: skip
    return diagram("James Webb Space Telescope: on board", (1080, 600), nodes, edges)


def ground_segment() -> Image.Image:
    nodes = {
        "jwst": Node("JWST", 150, 300, GOLD, 160),
        "goldstone": Node("Goldstone", 430, 150),
        "madrid": Node("Madrid", 430, 300),
        "canberra": Node("Canberra", 430, 450),
        "jpl": Node("Jet Propulsion\nLaboratory", 720, 300),
        "moc": Node("Mission Operations\nCenter", 1010, 300, GREY, 230),
        "mast": Node("MAST archive", 1010, 470, GREY, 230),
    }
    edges = [
        ("jwst", "goldstone", ""), ("jwst", "madrid", "Ka-band"), ("jwst", "canberra", ""), ("goldstone", "jpl", ""),
        ("madrid", "jpl", ""), ("canberra", "jpl", ""), ("jpl", "moc", ""), ("moc", "mast", "raw data"),
    ]  # fmt: skip
    return diagram("Deep Space Network and ground segment", (1180, 560), nodes, edges)


def poster(title: str, lines: list[str], size: tuple[int, int] = (960, 540)) -> Image.Image:
    """A slide: a title and lines of text."""
    picture = Image.new("RGB", size, "#0f1b33")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, size[0], 10), "#e0b040")
    draw.text((60, 80), title, "#ffd36b", font(44), anchor="lm")
    for n, line in enumerate(lines):
        draw.text((60, 170 + 58 * n), line, "#ffffff", font(30), anchor="lm")
    return picture


def mirror() -> Image.Image:
    """The 18 hexagons of the primary mirror."""
    picture = Image.new("RGB", (700, 640), PAPER)
    draw = ImageDraw.Draw(picture)
    radius = 66
    for q in range(-2, 3):
        for r in range(-2, 3):
            if 0 < max(abs(q), abs(r), abs(q + r)) <= 2:
                x, y = 350 + radius * 1.5 * q, 310 + radius * math.sqrt(3) * (r + q / 2)
                corners = [(x + 62 * math.cos(a * math.pi / 3), y + 62 * math.sin(a * math.pi / 3)) for a in range(6)]
                draw.polygon(corners, "#f0c64d", "#8a6a10")
    draw.text((350, 310), "Primary Mirror", INK, font(15), anchor="mm")
    draw.text((350, 615), "18 segments, 6.5 m, gold on beryllium", INK, font(22), anchor="mm")
    return picture


def write_pdf(path: Path) -> None:
    styles, data = getSampleStyleSheet(), BytesIO()
    mirror().save(data, "PNG")
    data.seek(0)
    story = [
        Paragraph("Mission brief: the James Webb Space Telescope", styles["Title"]),
        Paragraph(
            "The James Webb Space Telescope was launched on 25 December 2021 on an Ariane 5 rocket from the Guiana Space "
            "Centre in Kourou, French Guiana. The launch was operated by Arianespace, a company from France.", styles["BodyText"],
        ),
        Paragraph(
            "Northrop Grumman was the main contractor of the observatory. The telescope is named after James E. Webb, who "
            "led NASA from 1961 to 1968. John C. Mather, an American astrophysicist, was the senior project scientist.",
            styles["BodyText"],
        ),
        Spacer(1, 12),
        PdfImage(ImageReader(data).fp, 300, 274),
        Paragraph("Figure 1: The Primary Mirror of Webb.", styles["Italic"]),
        Spacer(1, 12),
        Paragraph(
            "The Sunshield keeps the Optical Telescope Element below 50 kelvin. The Solid State Recorder holds science data "
            "until the High Gain Antenna sends them to the Deep Space Network.", styles["BodyText"],
        ),
    ]  # fmt: skip
    SimpleDocTemplate(str(path), pagesize=A4, title="Mission brief", invariant=1).build(story)


def write_docx(path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "Operations note"
    document.add_heading("Operations note", 1)
    document.add_paragraph(
        "The Space Telescope Science Institute in Baltimore, Maryland, operates Webb for NASA. Its Mission Operations Center "
        "sends commands through the Deep Space Network, which is managed by the Jet Propulsion Laboratory in Pasadena, California."
    )
    document.add_heading("Contacts with the telescope", 2)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Station", "Country", "Operator"), strict=True):
        cell.text = text
    for row in (
        ("Goldstone", "United States", "NASA"),
        ("Madrid", "Spain", "INTA"),
        ("Canberra", "Australia", "CSIRO"),
    ):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph(
        "After each contact the raw data go to MAST, the Mikulski Archive for Space Telescopes, at the same institute."
    )
    document.save(str(path))


SLIDES = [
    (
        "Webb in half a minute",
        ["James Webb Space Telescope", "NASA, ESA and CSA", "Launched 25 December 2021"],
    ),
    ("Four instruments", ["NIRCam", "NIRSpec", "MIRI", "NIRISS"]),
    None,  # the diagram of the ground segment
    ("Deep Space Network", ["Goldstone, California", "Madrid, Spain", "Canberra, Australia"]),
    ("Where the data live", ["Mission Operations Center", "MAST archive, Baltimore", "Open to everybody"]),
]
SPEECH = [
    "The James Webb Space Telescope is the largest telescope that was ever sent to space.",
    "NIRCam was built by the University of Arizona. MIRI was built in Europe and at JPL.",
    "The recorder is emptied through the antenna, and the Deep Space Network listens.",
    "One of the three stations, Goldstone, Madrid or Canberra, always sees the telescope.",
    "From the Mission Operations Center in Baltimore the data go to the MAST archive.",
]


def write_video(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "26", "preset": "slow", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for n, slide in enumerate(SLIDES):
            picture = poster(*slide) if slide else fitted(ground_segment())
            for i in range(FPS * SECONDS):
                frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
                frame.pts = n * FPS * SECONDS + i
                container.mux(stream.encode(frame))
        container.mux(stream.encode())


def fitted(picture: Image.Image) -> Image.Image:
    """The picture on a white slide."""
    slide = Image.new("RGB", (960, 540), PAPER)
    picture = picture.resize((960, round(picture.height * 960 / picture.width)), Image.Resampling.LANCZOS)
    slide.paste(picture, (0, (540 - picture.height) // 2))
    return slide


def write_subtitles(path: Path) -> None:
    lines = []
    for n, text in enumerate(SPEECH):
        start, end = n * SECONDS, (n + 1) * SECONDS
        lines.append(f"{n + 1}\n00:00:{start:02d},500 --> 00:00:{end - 1:02d},800\n{text}\n")
    path.write_text("\n".join(lines), "utf-8")


def main() -> None:
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / "pictures").mkdir(exist_ok=True)
    observatory().save(CORPUS / "pictures" / "on-board.png", optimize=True)
    ground_segment().save(CORPUS / "pictures" / "ground-segment.png", optimize=True)
    poster(
        "Who built what",
        ["NIRCam: University of Arizona", "NIRSpec: European Space Agency", "MIRI: Jet Propulsion Laboratory", "NIRISS: Canadian Space Agency",
         "Spacecraft Bus: Northrop Grumman"],
    ).save(CORPUS / "pictures" / "who-built-what.png", optimize=True)  # fmt: skip
    write_pdf(CORPUS / "mission-brief.pdf")
    write_docx(CORPUS / "operations-note.docx")
    write_video(CORPUS / "tour.mp4")
    write_subtitles(CORPUS / "tour.srt")


if __name__ == "__main__":
    main()
