"""Worlds told in words: a few sentences about some things of a domain."""

from __future__ import annotations

from random import Random

from kgbuild.training.worlds.kinds import RELATIONS
from kgbuild.training.worlds.tale import Tale
from kgbuild.training.worlds.world import Thing, World
from kgbuild.types import Mention, RelationMention, Segment, Target, TextPosition

_AGENT = "worlds/1"
_NEUTRAL = (
    "{a} comes up again in the notes about the {w}.", "More about {a} follows below.",
    "We talked about {a} and the {w}.", "{a} was mentioned twice on that day.", "Much has been said of {a} already.",
    "As for {a}, nothing is decided yet.", "Ask for {a} if in doubt.", "The list begins with {a}.",
    "Nobody could say what happened to {a} before the {w} were counted.", "{a} was new to most of the readers.",
    "See the page on {a} for the rest.", "The plan names {a} twice.", "Then there is {a}.",
)  # fmt: skip
_ABOUT = (
    "The {w} and the {v} come first here.", "This part deals with {w}, {v} and what lies between them.",
    "Last year the {w} took most of the time.", "Without {w} there would be no {v}.", "It is all about {w}.",
    "First the {w}, then the {v}.", "Costs for {w} and {v} went up again.", "Here are our notes on {w}.",
)  # fmt: skip
_DEFINED = (
    "{a} is a {n} for the {w}.", "{a} is the {n} that {rest}.", "The {n} {a} {rest}.", "{a}, a {n}, {rest}.",
    "A {n} called {a} takes care of the {w}.", "Among the {w} there is a {n}, {a}.", "{a} ({n}) {rest}.",
    "For the {w} we rely on {a}, the {n}.", "Our {n} is called {a}; it {rest}.",
)  # fmt: skip
_RELATED = (
    "{a} {verb} {b}.",
    "Since spring {a} {verb} {b}.",
    "{a} {verb} {b} when the {w} are late.",
    "{a} {rest} and {verb} {b}.",
    "The {n} {a} {verb} {b}.",
    "Everybody knows that {a} {verb} {b}.",
    "It is {a} that {verb} {b}.",
    "Because of the {w}, {a} {verb} {b}.",
    "{a} still {verb} {b}, and the {w} stay as they are.",
)
_INTRODUCING = ("The {n} {a} {verb} {b}.", "{a}, a {n}, {verb} {b}.", "{a} is a {n} that {rest} and {verb} {b}.")
_INTRODUCED = 0.7  # share of the things that a text introduces when it names them first
_FOUND = 0.6  # share of the relations told that an extractor finds


def write(world: World, random: Random, tale: Tale, *, number: int, about: list[Thing]) -> None:
    """A text of about a dozen sentences, one passage, added to the tale."""
    source = f"w{world.seed}/text{number}"
    called = {t.id: t.names[0] if random.random() < 0.7 else random.choice(t.names) for t in world.things}
    words, text, passage = about[0].domain.words, "", len(tale.segments)
    told: set[int] = set()
    for thing in [*about, *random.choices(about, k=max(2, len(about) // 2))]:
        if random.random() < 0.2:
            text += _fill(random, random.choice(_ABOUT), words) + " "
        new = thing.id not in told and random.random() < _INTRODUCED
        told.add(thing.id)
        sentence, ends, relation = _sentence(world, random, thing, words, new=new)
        shown = sentence
        spans = []
        for slot, t in ends:
            name = called[t.id] if random.random() < 0.85 else random.choice(t.names)
            at = shown.index(slot)
            shown = shown[:at] + name + shown[at + len(slot) :]
            spans.append((at, name, t))
        made = []
        for at, name, t in spans:
            id = f"{source}#m{len(tale.mentions)}"
            place = Target(source, (TextPosition(len(text) + at, len(text) + at + len(name)),))
            tale.mentions.append(
                Mention(id, place, name, t.kind.label, 1.0, _AGENT, segment=f"{source}#s{passage}", context=shown)
            )
            tale.gold[id] = t.id
            made.append(id)
        if relation and random.random() < _FOUND:
            id, place = (
                f"{source}#r{len(tale.relations)}",
                Target(source, (TextPosition(len(text), len(text) + len(shown)),)),
            )
            tale.relations.append(RelationMention(id, made[0], relation, made[1], place, 1.0, _AGENT, shown))
            tale.stated[id] = relation
        text += shown + " "
    tale.segments.append(Segment(f"{source}#s{passage}", Target(source, (TextPosition(0, len(text)),)), "text", text))


def _fill(random: Random, form: str, words: tuple[str, ...], **more: str) -> str:
    w, v = random.sample(words, 2)
    made = form.format(w=w, v=v, **more)
    return made[0].upper() + made[1:]


def _sentence(
    world: World, random: Random, thing: Thing, words: tuple[str, ...], *, new: bool
) -> tuple[str, list[tuple[str, Thing]], str]:
    """A sentence with slots, the things in them in the order of the sentence, the relation it states or ""."""
    noun, rest = random.choice(thing.kind.nouns), random.choice(thing.kind.deeds)
    a, b = "\u241fa\u241f", "\u241fb\u241f"
    own = [r for r in world.relations if r[0] == thing.id]
    way = random.random()
    if new:  # what a text speaks of for the first time, it introduces
        if own and way < 0.5:
            _, name, other = random.choice(own)
            verb, form = random.choice(RELATIONS[name][0]), random.choice(_INTRODUCING)
            text = _fill(random, form, words, a=a, b=b, verb=verb, rest=rest, n=noun)
            return text, [(a, thing), (b, world.things[other])], name
        return _fill(random, random.choice(_DEFINED), words, a=a, n=noun, rest=rest), [(a, thing)], ""
    if own and way < 0.5:
        _, name, other = random.choice(own)
        verb = random.choice(RELATIONS[name][0])
        text = _fill(random, random.choice(_RELATED), words, a=a, b=b, verb=verb, rest=rest, n=noun)
        return text, [(a, thing), (b, world.things[other])], name
    if way < 0.6:
        return _fill(random, random.choice(_DEFINED), words, a=a, n=noun, rest=rest), [(a, thing)], ""
    if way < 0.9:
        return f"{a} {rest}.", [(a, thing)], ""
    return _fill(random, random.choice(_NEUTRAL), words, a=a), [(a, thing)], ""
