"""Word error rate of a model of speech on sentences that espeak-ng says (Debian package ``espeak-ng``).

    python benchmarks/speech.py [--model pocketsphinx] [--voices en-us+f2 en-us] [--limit 20]

The sentences are those of ``examples/corpus`` without digits and abbreviations, so that what is said is what is
written; capitals and punctuation do not count. A synthetic voice is harder for a model that has only heard people:
the figure is not what a recording of people gives. Prints one line a voice: word error rate (jiwer: substitutions,
deletions and insertions over words said), words, and seconds of processor time per second of sound.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import jiwer

from kgbuild.config import Config
from kgbuild.mentions.speech import samples
from kgbuild.models.speech import recogniser
from kgbuild.sources import discover
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits

CORPUS = Path(__file__).parents[1] / "examples" / "corpus"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="pocketsphinx", help="as models.speech names it")
    parser.add_argument("--voices", nargs="+", default=["en-us+f2", "en-us"])
    parser.add_argument("--limit", type=int, default=20, help="sentences")
    args = parser.parse_args()
    config = Config.load(overrides={"models.speech": args.model})
    said = sentences(config)[: args.limit]
    hear = recogniser(config)
    for voice in args.voices:
        heard, seconds, began = [], 0.0, time.process_time()
        for sentence in said:
            sound = samples(synthesised(sentence, voice, config))
            seconds += len(sound) / 16000
            heard.append(plain(" ".join(w.text for w in hear(sound).words)))
        cost = (time.process_time() - began) / seconds
        truth = [plain(s) for s in said]
        words = sum(len(s.split()) for s in truth)
        rate = jiwer.wer(truth, heard)
        print(f"{args.model} {voice}: word error rate {rate:.3f} of {words} words, {cost:.2f} s a second")


def sentences(config: Config) -> list[str]:
    """Sentences of the example corpus that are said as they are written, each once, in the order of the files."""
    found: dict[str, None] = {}
    limits = Limits.of(config)
    for source in discover(CORPUS, config)[0]:
        if source.media_type.startswith(("image/", "video/")):
            continue
        for segment in read_file(CORPUS / source.path, source, limits).segments:
            if segment.modality in ("text", "cue"):
                found |= dict.fromkeys(re.findall(r"(?<![^.!?]\s)[A-Z][^.!?]+[.!?]", segment.text))
    return [s for s in found if len(s.split()) > 4 and not re.search(r"\d|[A-Z][A-Za-z]*[A-Z]|[():;&/]", s)]


def synthesised(sentence: str, voice: str, config: Config) -> bytes:
    """FLAC of a sentence as the reader of audio files hands it on."""
    limits = replace(Limits.of(config), speech=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), sentence], check=True)
        ((source,), _) = discover(path, config)
        (flac,) = read_file(path, source, limits).blobs.values()
    return flac


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


if __name__ == "__main__":
    main()
