"""Mentions of one source that are one thing by the source's own word: equal names and coreference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from kgbuild.entities.keys import alike, compatible, guard, is_name, is_task, key, name_of
from kgbuild.entities.union import Union
from kgbuild.mentions.names import is_acronym
from kgbuild.mentions.photos import is_seen
from kgbuild.mentions.records import is_row
from kgbuild.types import Mention

_DESCRIBING = "open/"  # agents of this name add noun phrases that open relations need
TYPING = "text/"  # agents of this name give every mention a class
_GENERIC = 2  # other names with a word at one end from which that word is a common noun
READ = frozenset({"picture", "frame"})  # modalities whose letters were read from pixels and may be misread


@dataclass(frozen=True, slots=True)
class Group:
    """Mentions held to be one thing: its main name, all names, type and source.

    ``guard`` is the type that keeps unlike things apart. ``described``: nobody names or marks it, it is only described.
    ``seen``: a picture shows it, and nobody says which one of its kind it is: it is itself only.
    """

    id: str
    key: str
    name: str
    keys: tuple[str, ...]
    type: str
    guard: str
    source: str
    mentions: tuple[Mention, ...]
    described: bool = False
    seen: bool = False


def group(mentions: Sequence[Mention], known: Container[str]) -> list[Group]:
    """Groups of the mentions whose ids are ``known``, in the order of their ids: that of the mentions is no matter."""
    ordered = sorted({m.id: m for m in mentions if m.id in known and is_name(m.surface)}.values(), key=lambda m: m.id)
    union = Union(len(ordered))
    by_cluster: dict[tuple[str, str], list[int]] = {}
    by_key: dict[tuple[str, str, bool], list[int]] = {}
    seen = Counter((m.target.source, key(called(m))) for m in ordered if is_seen(m))
    for i, m in enumerate(ordered):
        if m.cluster:
            by_cluster.setdefault((m.target.source, m.cluster), []).append(i)
        here = m.target.source, key(called(m))
        if not is_row(m) and not (is_seen(m) and seen[here] > 1):  # two rows, or objects, of one name are two things
            shown = seen[here] == 1 and m.nominal and m.modality in READ  # words about a picture mean its one object
            by_key.setdefault((*here, shown), []).append(i)
    holders: dict[str, dict[str, set[str]]] = {}
    for source, name, _ in by_key:
        if " " in name:
            for word in (name.split()[0], name.split()[-1]):
                holders.setdefault(source, {}).setdefault(word, set()).add(name)
    for (source, _), same in by_cluster.items():
        _join_coreferent(ordered, same, union, holders.get(source, {}))
    for same in by_key.values():
        _join_same_name(ordered, same, union)
    return sorted((make([ordered[i] for i in members]) for members in union.groups()), key=lambda g: g.id)


def called(mention: Mention) -> str:
    """The name that a mention gives to its thing."""
    return name_of(mention.surface, mention.label)


def _join_coreferent(
    mentions: Sequence[Mention], cluster: list[int], union: Union, holders: Mapping[str, set[str]]
) -> None:
    """Names of a coreference cluster that are alike; a short name that fits several goes to the commonest one.

    A word at an end of other names too ("API" of "Read API" and "Write API") is no short name for one of them.
    ``holders`` are the names of the source by their first and last words.
    """
    names: dict[str, list[int]] = {}
    for i in cluster:
        names.setdefault(called(mentions[i]), []).append(i)
    own = {key(name) for name in names}
    person = main_type([mentions[i] for i in cluster]) == "Person"
    for same in names.values():
        for i in same[1:]:
            union.join(same[0], i)
    ordered = sorted(names, key=lambda n: (-len(n.split()), -len(names[n]), n))
    for n, short in enumerate(ordered):
        others = holders.get(key(short), set()) - own
        if len(others) >= _GENERIC and not person:
            continue
        longer = [name for name in ordered[:n] if _fits(short, name, person)]
        if longer:
            best = max(longer, key=lambda name: (len(names[name]), name))
            union.join(names[best][0], names[short][0])
    for i in cluster:
        if mentions[i].nominal:  # a description has no name to be compared by
            union.join(cluster[0], i)


def _fits(short: str, long: str, person: bool) -> bool:
    """Whether a name may be short for a longer one."""
    return alike(long, short) and (person or not (_begins(short, long) or is_task(long, short)))


def _begins(short: str, long: str) -> bool:
    """Whether a name is the first part of a compound: "Master-Slave Failover" is no "Master"."""
    return long.casefold().startswith(f"{short.casefold()}-")


def _join_same_name(mentions: Sequence[Mention], same: list[int], union: Union) -> None:
    """Equal names in one source are one thing unless their types say otherwise; unknown types join the commonest."""
    if len(same) == 1:
        return
    labels = {i: guard(mentions[i].label, mentions[i].surface) for i in same}
    counts = Counter(label for label in labels.values() if label != "Thing")
    leader = {t: next(i for i in same if labels[i] == t) for t in counts}
    common = min(counts, key=lambda t: (-counts[t], t)) if counts else ""
    for i in same:
        label = labels[i]
        home = label if label in leader else common
        if home and compatible(common, home):
            home = common
        union.join(leader[home] if home else same[0], i)


def make(mentions: list[Mention]) -> Group:
    """The group of some mentions, the first of which gives it its id and source."""
    name = preferred(mentions)
    keys = {key(called(m)) for m in mentions}
    kind = main_type(mentions)
    return Group(
        mentions[0].id, key(name), name, tuple(sorted(keys)), kind, guard(kind, name), mentions[0].target.source,
        tuple(mentions), all(m.nominal and m.agent.startswith(_DESCRIBING) for m in mentions),
        any(map(is_seen, mentions)),
    )  # fmt: skip


def preferred(mentions: Sequence[Mention]) -> str:
    """The best name: proper before nominal, long form before acronym, full name of a person, written before read
    from pixels, then the commonest.
    """
    name, *others = {called(m) for m in mentions}
    if not others:
        return name
    counts = Counter(called(m) for m in mentions)
    proper = {called(m) for m in mentions if not m.nominal and m.surface != m.surface.lower()}
    written = {called(m) for m in mentions if m.modality not in READ}
    person = main_type(mentions) == "Person"

    def rank(name: str) -> tuple[bool, bool, bool, bool, int, int, str]:
        spelt_out = any(is_acronym(name.removesuffix("s"), other) for other in proper)
        short = person and " " not in name and any(" " in other for other in proper)
        return (name not in proper, spelt_out, short, name not in written, -counts[name], -len(name), name)

    return min(counts, key=rank)


def main_type(mentions: Sequence[Mention]) -> str:
    """The class with most weight. ``Thing`` counts where an agent has chosen it among classes, else hardly."""
    weights: dict[str, float] = {}
    for m in mentions:
        chosen = m.label != "Thing" or m.agent.startswith(TYPING)
        weights[m.label] = weights.get(m.label, 0.0) + m.score * (1.0 if chosen else 0.02)
    return min(weights, key=lambda t: (-round(weights[t], 6), t)) if weights else "Thing"
