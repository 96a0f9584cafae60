"""Makes ``antenna.opus``: espeak-ng says one sentence, a pause, and one word more. Debian package ``espeak-ng``.

python tests/data/speech/make.py
"""

import subprocess
import tempfile
from pathlib import Path

import av
import numpy as np

SAID = ("The antenna was built in California by the United States.", "Scientists in California receive pictures.")
PAUSE = 2.0  # seconds
TAGS = {
    "title": "How the antenna came to be", "artist": "Ada Example", "album": "Talks", "date": "2024-05-01", "language": "eng",
}  # fmt: skip


def main() -> None:
    parts = [part for text in SAID for part in (spoken(text), np.zeros(round(PAUSE * 16000), np.int16))]
    path = Path(__file__).parent / "antenna.opus"
    with av.open(str(path), "w", format="ogg") as out:
        out.metadata.update(TAGS)
        stream = out.add_stream("libopus", rate=48000, layout="mono")
        stream.bit_rate = 32000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=48000, frame_size=960)
        frame = av.AudioFrame.from_ndarray(np.concatenate(parts[:-1])[None], format="s16", layout="mono")
        frame.rate = 16000
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            piece.pts = None
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


def spoken(text: str) -> np.ndarray:
    """Samples int16 at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        subprocess.run(["espeak-ng", "-v", "en-us+f2", "-s", "140", "-w", str(path), text], check=True)
        with av.open(str(path)) as opened:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=16000)
            frames = [part for frame in opened.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([f.to_ndarray()[0] for f in (*frames, *resampler.resample(None))])


if __name__ == "__main__":
    main()
