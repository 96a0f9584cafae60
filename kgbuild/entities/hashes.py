"""Which pictures may show the same, without a model: perceptual hashes of whole pictures and of windows in them.

A hash is the signs of 63 low frequencies of the cosine transform of 32 x 32 grey levels (Zauner 2010, pHash). That of a
copy differs in a few bits, however it was compressed or scaled; that of a part is like that of the window which it was
cut from. What is like here is laid over each other afterwards (see ``copies``): hashes only propose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from kgbuild.cache import Cache, code_version

FAR = 12  # bits of 63 from which two pictures are not alike
NEAREST = 8  # pictures that are proposed for one
_SIDE, _LOW = 128, 8  # pixels of the thumbnail that windows are cut from; frequencies each way
_SIZES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # of a window's sides
_FLAT = 4.0  # standard deviation of grey levels below which nothing is shown
_ROWS = 64  # pictures compared with all others at a time


def picture_hashes(picture: np.ndarray) -> np.ndarray:
    """Hashes, uint64 (1 + windows,), of uint8 RGB (h, w, 3): the whole first; none of windows that show nothing."""
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    found = []
    for h in _SIZES:
        for w in _SIZES:
            for y in _starts(h):
                for x in _starts(w):
                    window = small[y : y + round(h * _SIDE), x : x + round(w * _SIDE)]
                    if window.std() >= _FLAT:
                        found.append(_hash(cv2.resize(window, (32, 32), interpolation=cv2.INTER_AREA)))
                    elif h == w == 1.0:
                        return np.zeros(0, np.uint64)
    return np.array(found, np.uint64)


def hashes_of(names: Iterable[str], picture: Callable[[str], np.ndarray | None], cache: Cache) -> dict[str, np.ndarray]:
    """``picture_hashes`` by the SHA-256 of pictures; those hashed before are not looked at again."""
    found = {}
    for name in names:
        key = Cache.key(code_version("entities"), name)
        data = cache.get("hashes", key)
        if data is None:
            shown = picture(name)
            data = b"" if shown is None else picture_hashes(shown).astype("<u8").tobytes()
            cache.put("hashes", key, data)
        found[name] = np.frombuffer(data, "<u8").astype(np.uint64)
    return found


def _starts(size: float) -> list[int]:
    """Left edges of windows of a size: a tenth of the picture apart."""
    return [round(_SIDE * n / 10) for n in range(round((1 - size) * 10) + 1)]


def _hash(grey: np.ndarray) -> int:
    import cv2

    low = cv2.dct(grey.astype(np.float32))[:_LOW, :_LOW].ravel()[1:]
    bits = np.packbits(low > np.median(low))
    return int.from_bytes(bits.tobytes(), "big")


def alike(hashes: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Pairs of names whose pictures are alike, or one like a window of the other; ``NEAREST`` of each at most."""
    names = sorted(name for name, own in hashes.items() if len(own))
    whole = np.array([hashes[name][0] for name in names], np.uint64)
    near: list[tuple[int, str, str]] = []
    for i, name in enumerate(names):
        bits = np.full(len(names), 64, np.uint8)
        for start in range(0, len(hashes[name]), _ROWS):
            windows = hashes[name][start : start + _ROWS, None]
            np.minimum(bits, np.bitwise_count(windows ^ whole).min(0), out=bits)
        bits[i] = 64
        for j in np.argsort(bits, kind="stable")[:NEAREST]:
            if bits[j] <= FAR:
                near.append((int(bits[j]), min(name, names[j]), max(name, names[j])))
    return sorted({(a, b) for _, a, b in near})
