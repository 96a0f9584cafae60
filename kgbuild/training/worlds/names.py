"""Names of things: made of common words, coined, or of people; what each split of them can never share."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from random import Random

from kgbuild.training.drawings import words

SPLITS = ("train", "dev", "test")
# Of words: up to here for training, up to here for choosing the threshold, the rest for the test.
_SHARES = (0.6, 0.75)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ONSETS = _words("b br c cl d dr f g gr h j k l m n p pl r s st t tr v w z th sk fl")
_VOWELS = _words("a e i o u ae ia io")
_CODAS = _words("n r l s x m nd rt lm ns k th")
_FIRST = _words("""
    Ada Alma Amir Anna Arne Asha Bela Bruno Carla Chen Clara Dario Edith Elif Emil Erik Esra Fiona Frida Gita
    Goran Greta Hana Hugo Ida Ines Ivan Jana Jonas Jun Karim Kira Lars Lea Lena Leo Lina Luis Mara Marco Mei
    Mila Mina Nadia Nils Noor Olga Omar Otto Paula Petra Priya Rafi Rosa Ruth Sami Sara Sven Tara Theo Tilda Uma
    Vera Viktor Wanda Yara Yusuf Zoe
""")
_LAST = _words("""
    Abel Adler Alvarez Bakker Banerjee Berg Bianchi Brandt Castro Cohen Costa Dahl Dubois Eriksen Farkas Ferrari
    Fischer Garcia Gruber Haas Hansen Horvat Ito Jansen Kaya Keller Khan Kimura Kovacs Kumar Larsen Lindgren
    Lopez Maier Mensah Moreau Nagy Nakamura Nguyen Novak Okafor Olsen Papadakis Patel Pereira Petrov Popescu
    Quist Rossi Sato Schmidt Silva Singh Sokolov Tanaka Torres Urban Varga Vogel Weber Winter Wolff Yilmaz Zeman
    Zhang
""")
_MORE = _words("""
    acorn alcove amulet anchor anvil apricot arcade arrow aspen atlas auger awning axle badge badger balcony bamboo
    ballad banner barley basil bastion bayou beaver bellows birch bishop blanket blossom bobbin bonfire border
    boulder bramble breeze brook bugle buckle bunker burrow button cabin cactus candle canyon canvas caravan carbon
    cedar cello chalk chapel cherry chisel cider cinder cipher citadel clover cobalt cockpit comet compass copper
    coral cotton cradle crater cricket crown crystal cypress dagger dahlia delta desert dolphin dragon drum dune
    eagle echo elm ember emerald falcon feather fern ferry fiddle flint flute fossil fountain foxglove furnace
    garnet geyser ginger glacier goblet granite gravel grotto gull hammer harp hatch hawk hazel hedge helmet heron
    hickory hollow horizon hornet ibis iceberg iris iron island ivory ivy jackal jade jasmine jasper jetty juniper
    kelp kestrel kettle lagoon lantern larch lark laurel lava lemon lichen lilac lily linen lizard locket lotus lynx
    magnet magpie mallet mango maple marble marsh meadow mercury mesa meteor mill mint mole monsoon moose moss
    mulberry mustang nectar needle nettle nickel nimbus nutmeg oak oasis obelisk ocean olive onyx opal orbit orchid
    osprey otter owl oyster paddle palm panther papyrus parrot pebble pelican pepper petal phoenix pigeon pine
    plover plum polar pollen pond poplar poppy prairie prism puffin pulsar puma quail quarry quartz quill rabbit
    raven reed reef ridge robin rocket rose ruby rudder saffron sage sail salmon sapphire satchel scarab sequoia
    shale shell sickle sierra silk slate sparrow spruce squall starling stork sugar summit sundial swallow swan
    sycamore talon teak temple thistle thorn thunder tiger timber topaz torch trellis trident tulip tundra turquoise
    umber velvet violet viper walnut walrus willow wolf wren yarrow yew zenith zephyr zinc
""")
_CORPORATE = ("Group", "Works", "Partners", "Ltd", "Holding", "Logistics", "Labs")


@lru_cache
def split_of(word: str) -> str:
    """The split that may make names of a word; decided by its letters alone."""
    number = int(hashlib.sha256(word.lower().encode()).hexdigest()[:8], 16) / 16**8
    return SPLITS[sum(number >= share for share in _SHARES)]


@lru_cache
def _own(kind: str, split: str) -> list[str]:
    stock = {"first": _FIRST, "last": _LAST, "thing": (*words.THINGS, *_MORE), "quality": words.QUALITIES}[kind]
    return sorted({w for w in stock if split_of(w) == split})


def coined(random: Random, split: str) -> str:
    """A word that means nothing: "Drelma"."""
    while True:
        parts = [random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(random.choice((1, 2, 2)))]
        word = "".join(parts) + random.choice(_ONSETS) + random.choice(_VOWELS[:5]) + random.choice(("", *_CODAS))
        if split_of(word) == split and len(word) > 4:
            return word.capitalize()


def _compound(random: Random, split: str) -> str:
    made = [random.choice(_own("thing", split))]
    while len(made) < 3 and random.random() < 0.6:
        made.insert(0, random.choice(_own(random.choice(("thing", "quality")), split)))
    return " ".join(w.capitalize() for w in made)


def new_name(random: Random, kind: str, split: str) -> str:
    """A full name for a thing of a kind (see ``kinds.KINDS``), of words of the split only."""
    if kind == "person":
        return f"{random.choice(_own('first', split))} {random.choice(_own('last', split))}"
    if kind == "company":
        stem = random.choice((coined, lambda r, s: random.choice(_own("last", s))))(random, split)
        return f"{stem} {random.choice(_CORPORATE)}"
    if kind == "town":
        return coined(random, split)
    way = random.random()
    if way < 0.2:
        return coined(random, split)
    if way < 0.4:
        return f"{coined(random, split)} {random.choice(_own('thing', split)).capitalize()}"
    return _compound(random, split)


def short_names(random: Random, name: str, kind: str) -> list[str]:
    """Other ways to write a name: initials, one of its words, as code writes it."""
    parts = name.split()
    if len(parts) == 1:
        return []
    if kind == "person":
        return [parts[-1], f"{parts[0][0]}. {parts[-1]}", parts[0]][: random.choice((1, 2, 3))]
    made = [parts[0] if kind == "company" else random.choice((parts[0], parts[-1]))]
    initials = "".join(p[0] for p in parts)
    if len(initials) > 2:
        made.append(initials)
    if kind not in ("company", "town", "team", "event"):
        made.append(random.choice(("".join(parts), "_".join(parts).lower(), "-".join(parts).lower())))
    random.shuffle(made)
    return made[: random.choice((1, 1, 2))]
