"""Words that give a question its form. Lower case; verbs and nouns in base form."""

from __future__ import annotations

QUESTION = frozenset(("who", "whom", "whose", "what", "which", "where", "when", "how"))
AUXILIARY = frozenset((
    "do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "can", "could", "will", "would", "may",
    "might", "be", "been", "being",
))  # fmt: skip
BE = frozenset(("is", "are", "was", "were", "be", "been", "being"))
DO = frozenset(("do", "does", "did"))
IMPERATIVE = frozenset(("list", "name", "give", "tell", "show", "find"))
RELATIVE = frozenset(("that", "which", "who", "whom", "where"))
SMALL = frozenset((
    "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "and", "or", "into", "through",
    "be", "do", "have", "it", "its", "this", "these", "those", "there", "all", "any", "me", "us", "please", "other",
    "first", "out", "up", "according", "than", "also", "that", "not", "will", "would", "can", "his", "her", "their",
))  # fmt: skip
PREPOSITIONS = frozenset(
    ("of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "into", "through", "between")
)

# Nouns that any thing is one of.
ANYTHING = frozenset(("thing", "component", "part", "element", "node", "box", "block", "item", "entity", "one", "name"))
# Whose answer the question word asks for, as classes of the general ontology.
AGENTS = ("Person", "Organisation")

# What drawn arrows say of their two ends, from start to tip: nearly nothing else, and rather something else.
DRAWN = frozenset(("connect", "link", "lead", "point", "feed", "flow", "join", "attach", "wire"))
PASSED_ON = frozenset((
    "send", "go", "pass", "forward", "call", "contact", "deliver", "transmit", "output", "give", "provide", "use",
    "write", "read", "query", "supply", "move", "transfer", "publish", "talk",
))  # fmt: skip
# "A is connected to B" is said for "A connects to B".
JOINED = frozenset(("connected", "linked", "joined", "attached", "wired"))
# Verbs whose subject gets what the other end gives.
CONVERSE = frozenset(("receive", "get", "take", "obtain", "accept", "fetch", "pull"))
BETWEEN = frozenset(("between", "lie", "stand", "sit", "be", "come"))

# Verbs that say the same of a thing and who or what it comes from, or of a thing and who runs it.
ALIKE = (
    frozenset(("make", "build", "manufacture", "construct", "produce", "assemble")),
    frozenset(("run", "operate", "manage", "maintain")),
)

# Comparisons: (property words that are compared, whether the smaller value wins, what is compared).
COMPARED: dict[str, tuple[tuple[str, ...], bool, str]] = {
    "first": ((), True, "time"), "earlier": ((), True, "time"), "earliest": ((), True, "time"),
    "last": ((), False, "time"), "later": ((), False, "time"), "latest": ((), False, "time"),
    "before": ((), True, "time"), "after": ((), False, "time"),
    "older": (("found", "inception", "bear"), True, "time"), "oldest": (("found", "inception", "bear"), True, "time"),
    "younger": (("found", "inception", "bear"), False, "time"), "newer": (("found", "inception"), False, "time"),
    "larger": (("measure", "area", "population", "size"), False, "quantity"),
    "bigger": (("measure", "area", "population", "size"), False, "quantity"),
    "smaller": (("measure", "area", "population", "size"), True, "quantity"),
    "longer": (("length", "measure"), False, "quantity"), "shorter": (("length", "measure"), True, "quantity"),
    "higher": (("height", "elevation", "measure"), False, "quantity"),
    "more": ((), False, "count"), "fewer": ((), True, "count"), "most": ((), False, "count"),
}  # fmt: skip

# Modalities of what is drawn.
DRAWINGS = frozenset(("picture", "frame", "drawing", "diagram"))
TIMES = frozenset(("year", "date", "day", "month", "time"))
# Questions about the sources themselves.
SHOWING = frozenset(("show", "depict", "draw", "mention", "appear", "say", "name", "contain", "picture", "display"))
NAMING = frozenset(("mention", "say", "name", "contain"))
# How a thing is told, by modalities.
PUT: dict[str, tuple[str, ...]] = {
    "draw": ("picture", "drawing", "diagram", "label", "frame"), "show": ("picture", "drawing", "frame"),
    "picture": ("picture", "drawing"), "write": ("text",), "describe": ("text",), "mention": ("text", "cue"),
    "say": ("cue",), "speak": ("cue",), "film": ("frame",),
}  # fmt: skip
SOURCES: dict[str, frozenset[str]] = {
    "picture": frozenset(("picture", "drawing")), "image": frozenset(("picture", "drawing")),
    "figure": frozenset(("picture", "drawing")), "diagram": frozenset(("picture", "drawing", "diagram")),
    "drawing": frozenset(("picture", "drawing")), "poster": frozenset(("picture", "drawing")),
    "screenshot": frozenset(("picture",)), "video": frozenset(("frame", "cue")),
    "talk": frozenset(("frame", "cue")), "tour": frozenset(("frame", "cue")), "film": frozenset(("frame", "cue")),
    "recording": frozenset(("frame", "cue")), "lecture": frozenset(("frame", "cue")),
    "slide": frozenset(("frame",)), "frame": frozenset(("frame",)), "subtitle": frozenset(("cue",)),
    "speaker": frozenset(("cue",)), "document": frozenset(("text",)), "text": frozenset(("text",)),
    "source": frozenset(), "file": frozenset(), "page": frozenset(("text",)),
}  # fmt: skip
MOMENTS = frozenset(("second", "seconds", "minute", "minutes"))
