"""The media type of a file, decided by its bytes; the name is a hint among kinds of text only.

A name that contradicts the bytes (text named as a picture, a picture named as subtitles) is a reason to refuse.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

HEAD = 65536

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"), (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"), (0, b"II*\x00", "image/tiff"), (0, b"MM\x00*", "image/tiff"),
    (0, b"BM", "image/bmp"), (0, b"%!PS", "application/postscript"), (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (0, b"\x1f\x8b", "application/gzip"), (0, b"7z\xbc\xaf", "application/x-7z-compressed"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"fLaC", "audio/flac"), (0, b"ID3", "audio/mpeg"),
)  # fmt: skip

_TEXT_BY_SUFFIX = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".html": "text/html", ".htm": "text/html",
    ".xhtml": "text/html", ".srt": "application/x-subrip", ".vtt": "text/vtt", ".mmd": "text/vnd.mermaid",
    ".mermaid": "text/vnd.mermaid", ".dot": "text/vnd.graphviz", ".gv": "text/vnd.graphviz", ".svg": "image/svg+xml",
    ".puml": "text/x-plantuml", ".plantuml": "text/x-plantuml", ".pu": "text/x-plantuml", ".iuml": "text/x-plantuml",
    ".drawio": "application/vnd.jgraph.mxfile", ".dio": "application/vnd.jgraph.mxfile",
    ".excalidraw": "application/vnd.excalidraw+json",
    ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values",
    ".jsonl": "application/x-ndjson", ".ndjson": "application/x-ndjson",
    ".txt": "text/plain", ".text": "text/plain", ".rst": "text/plain", "": "text/plain",
}  # fmt: skip

# Diagrams as code or in the format of a drawing program.
DIAGRAMS = frozenset({
    "text/vnd.mermaid", "text/vnd.graphviz", "text/x-plantuml", "application/vnd.jgraph.mxfile",
    "application/vnd.excalidraw+json",
})  # fmt: skip


def source_class(media_type: str) -> str:
    """Local name of the class, in the core ontology, of sources of a media type."""
    if media_type.startswith("image/"):
        return "Picture"
    if media_type.startswith("video/"):
        return "Video"
    if media_type.startswith("audio/"):
        return "Audio"
    if media_type in ("application/x-subrip", "text/vtt"):
        return "Subtitles"
    return "Diagram" if media_type in DIAGRAMS else "TextDocument"


_NOT_OURS = frozenset({
    ".py", ".js", ".ts", ".css", ".json", ".xml", ".yaml", ".yml", ".toml", ".ini",
    ".cfg", ".c", ".h", ".cpp", ".java", ".go", ".rs", ".sh", ".bat", ".ipynb", ".log", ".sql", ".tex", ".bib",
    ".ttl", ".nt", ".nq", ".rq", ".m3u8", ".ass",
})  # fmt: skip


# Comments that end at their first end, and are never read another way: there are exponentially many.
_MXFILE = re.compile(r"(?:<\?xml[^>]*>\s*|<!--(?:(?!-->).)*+-->\s*)*+<mx(?:file|GraphModel)\b", re.S)


def media_type(path: Path) -> tuple[str, str]:
    """``(media type, "")``, or ``("", reason)`` for what no reader takes. Reads at most 64 KiB.

    Raises ``OSError`` if the file cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        if head[:4] == b"PK\x03\x04":
            file.seek(0)
            return _zip(path)
    return sniff(head, path.name)


def sniff(head: bytes, name: str) -> tuple[str, str]:
    """As ``media_type``, from the first bytes and the file's name."""
    suffix = PurePosixPath(name).suffix.lower()
    if not head:
        return "", "the file is empty"
    kind, reason = _binary(head)
    if not kind and not reason:
        return _text(head, suffix)
    if kind and _TEXT_BY_SUFFIX.get(suffix, "text/plain") != "text/plain":  # such a file is damaged, not misnamed
        return "", f"its bytes are {kind}, but its name says {suffix}"
    return kind, reason


def _binary(head: bytes) -> tuple[str, str]:
    """As ``sniff`` for formats with a signature; two empty strings for anything else."""
    for offset, magic, kind in _MAGIC:
        if head[offset:].startswith(magic):
            return _matroska(head) if kind == "video/x-matroska" else (kind, "")
    if head[:4] == b"RIFF":
        kind = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}.get(head[8:12], "")
        return (kind, "") if kind else ("", "a RIFF file of unknown kind")
    if head[:4] == b"OggS":
        return _ogg(head)
    if kind := _frames_of_sound(head):
        return kind, ""
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"avif", b"heic", b"mif1", b"heix"):
            return "", "HEIF and AVIF pictures are not read yet"
        return ("audio/mp4", "") if head[8:11] == b"M4A" else ("video/mp4", "")
    if b"%PDF-" in head[:1024]:
        return "application/pdf", ""
    return "", ""


_SOUND = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")  # how the first packet of a track begins, in Ogg
_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # kbit/s, of MPEG-1 layer III
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # of MPEG-2 and 2.5


def _ogg(head: bytes) -> tuple[str, str]:
    """Ogg (RFC 3533) whose first track is sound; a film in it begins with its pictures."""
    packet = 27 + (head[26] if len(head) > 26 else 0)
    return ("audio/ogg" if head[packet:].startswith(_SOUND) else "application/ogg"), ""


def _frames_of_sound(head: bytes) -> str:
    """``audio/mpeg`` or ``audio/aac`` if the bytes begin with two frames of MPEG layer III or of ADTS, else ""."""
    size = _mp3_frame(head[:4])
    if size and _mp3_frame(head[size : size + 4]):
        return "audio/mpeg"
    if len(head) > 7 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if size > 7 and head[size : size + 1] == b"\xff" and head[size + 1] & 0xF6 == 0xF0:
            return "audio/aac"
    return ""


def _mp3_frame(header: bytes) -> int:
    """Bytes of the frame of MPEG layer III that a header begins, 0 if it is none (ISO 11172-3, 2.4.2.3)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2 or header[1] >> 3 & 3 == 1:
        return 0
    version, rate, frequency = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if not 0 < rate < 15 or frequency == 3:
        return 0
    hertz = (44100, 48000, 32000)[frequency] // {3: 1, 2: 2, 0: 4}[version]
    kilobits = (_BITRATES if version == 3 else _BITRATES_2)[rate]
    return (144 if version == 3 else 72) * 1000 * kilobits // hertz + (header[2] >> 1 & 1)


def _matroska(head: bytes) -> tuple[str, str]:
    return ("video/webm" if b"webm" in head[:64] else "video/x-matroska"), ""


_MEMBERS = 1 << 24  # bytes of the list of a container's members: a Word file has some kilobytes


def _listed(path: Path) -> int:
    """Bytes of a zip container's list of members; in the form for huge ones, more than any. Looks at its end alone."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65_600))
        tail = file.read(65_600)
    plain = tail[-22:-18] == b"PK\x05\x06" and tail[-2:] == b"\0\0"  # without a comment, as zipfile looks for it first
    at = len(tail) - 22 if plain else tail.rfind(b"PK\x05\x06")
    huge = tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")
    return _MEMBERS + 1 if huge else int.from_bytes(tail[at + 12 : at + 16], "little")


def _zip(path: Path) -> tuple[str, str]:
    if _listed(path) > _MEMBERS:  # this is the parent process, which no limit protects
        return "", "a zip container with more members than any docx has"
    try:
        with zipfile.ZipFile(BytesIO(path.read_bytes()) if path.stat().st_size < 1 << 20 else path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "", "a damaged zip container"
    if "word/document.xml" in names:
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""
    return "", "a zip container that is no docx"


def utf16(head: bytes) -> str:
    """The UTF-16 encoding of a text, by its mark or by every other byte being zero; else ""."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    pairs = len(head) // 2
    for encoding, first, second in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if pairs > 1 and head[first::2].count(0) > 0.6 * pairs and head[second::2].count(0) < 0.05 * pairs:
            return encoding
    return ""


def _not_text(head: bytes) -> str:
    """Why bytes are no text, "" if they are: a text may hold a few control characters."""
    controls = sum(c < 9 or (13 < c < 32 and c != 27) for c in head)
    if controls > len(head) / 10:
        return "binary data of unknown kind"
    if b"\x00" in head:
        try:
            head[: len(head) - 4].decode("utf-8")
        except UnicodeDecodeError:
            return "binary data of unknown kind"
    return ""


def _text(head: bytes, suffix: str) -> tuple[str, str]:
    encoding = utf16(head)
    if not encoding and (wrong := _not_text(head)):
        return "", wrong
    text = head.decode(encoding or "utf-8", "ignore").lstrip("\ufeff \t\r\n")
    lower = text[:4096].lower()
    if drawn := _drawing(text, suffix):
        return drawn
    if suffix in _NOT_OURS:
        return "", f"no reader for {suffix} files"
    hint = _TEXT_BY_SUFFIX.get(suffix)
    if hint is None:  # a text file that calls itself a picture, a video or anything else
        return "", f"its bytes are text, but its name says {suffix}"
    if lower.startswith(("<?xml", "<svg", "<!--", "<!doctype svg")) and "<svg" in lower:
        return "image/svg+xml", ""
    if lower.startswith(("<!doctype html", "<html")):
        return "text/html", ""
    if text.startswith("WEBVTT"):
        return "text/vtt", ""
    if hint == "application/x-subrip" or (
        hint == "text/plain" and re.match(r"\d+\s*\n\d\d:\d\d:\d\d[,.]\d{1,3} --> ", text)
    ):
        return ("application/x-subrip", "") if "-->" in text else ("", "named .srt, but holds no cue")
    if hint == "application/x-ndjson" and not re.match(r"\{", text):
        return "", f"named {suffix}, but its first line is no JSON object"
    if hint == "image/svg+xml":
        return "", "named .svg, but holds no <svg> element"
    if hint == "text/html" and "<" not in text:
        return "text/plain", ""
    return hint, ""


def _drawing(text: str, suffix: str) -> tuple[str, str] | None:
    """The formats of drawing programs, also under the general suffixes .xml and .json; None for anything else."""
    hint = _TEXT_BY_SUFFIX.get(suffix)
    if suffix in (".drawio", ".dio", ".xml") and _MXFILE.match(text):
        return "application/vnd.jgraph.mxfile", ""
    if suffix in (".excalidraw", ".json") and re.search(r'^\{[^{}\[\]]*"type"\s*:\s*"excalidraw"', text):
        return "application/vnd.excalidraw+json", ""
    if hint == "application/vnd.jgraph.mxfile":
        return "", "named like a draw.io file, but holds no <mxfile> element"
    if hint == "application/vnd.excalidraw+json":
        return "", "named .excalidraw, but is no Excalidraw scene"
    return None
