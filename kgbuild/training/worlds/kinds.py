"""What the things of a world can be, how they are drawn, what they do, and what worlds are about. Words of our own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: the class that a text extractor gives it, nouns, pictograms, shapes, what it does.

    ``deeds`` are ends of sentences about it alone; they tell the kind to who knows the words, without naming it.
    """

    name: str
    label: str
    nouns: tuple[str, ...]
    pictograms: tuple[int, ...]
    shapes: tuple[str, ...]
    deeds: tuple[str, ...]


KINDS = (
    Kind("service", "Thing", ("service", "software system", "module", "component"), (0xF233, 0xF1B2, 0xF013),
         ("rectangle", "rounded"), ("answers within twenty milliseconds", "was restarted after the last deployment",
         "logs every request it gets", "runs in two copies behind a balancer", "returned error codes all morning")),
    Kind("database", "Thing", ("database", "data store", "archive of records", "registry"), (0xF1C0, 0xF0A0),
         ("cylinder",), ("keeps two years of records", "is backed up every night", "holds about four million rows",
         "needs a new index on the date column", "ran out of disk space on Sunday")),
    Kind("queue", "Thing", ("message queue", "broker", "event bus", "mail queue"), (0xF0E0, 0xF1B3),
         ("parallelogram", "hexagon"), ("delivers each message at least once", "holds messages for seven days",
         "was full of undelivered messages", "keeps its order per key", "lost three events during the outage")),
    Kind("person", "Person", ("engineer", "manager", "analyst", "nurse", "planner", "technician"), (0xF007,),
         ("actor", "ellipse"), ("is on holiday until Monday", "wrote the minutes of the meeting", "joined in spring",
         "asked for a second opinion", "will give the talk on Thursday", "has worked here for nine years")),
    Kind("team", "Organisation", ("team", "crew", "department", "working group"), (0xF0C0,), ("ellipse", "rounded"),
         ("meets every Tuesday", "is looking for two new colleagues", "moved to the second floor",
          "shares one inbox", "has eleven members")),
    Kind("company", "Organisation", ("company", "firm", "supplier", "manufacturer"), (0xF1AD, 0xF275),
         ("rectangle", "octagon"), ("sent its invoice late", "was founded forty years ago", "raised its prices",
         "employs about three hundred people", "signed the contract in March")),
    Kind("town", "Place", ("town", "district", "village", "valley"), (0xF0AC,), ("cloud", "ellipse"),
         ("lies two hours to the north", "was flooded in autumn", "has about nine thousand inhabitants",
          "is reached by a narrow road", "celebrates its market in May")),
    Kind("building", "Place", ("warehouse", "station", "plant", "hall"), (0xF275, 0xF1AD), ("octagon", "rectangle"),
         ("has a new roof", "closes its gates at six", "is heated with waste heat", "has room for forty pallets",
          "was inspected by the fire brigade")),
    Kind("device", "Thing", ("sensor", "device", "meter", "controller"), (0xF2DB, 0xF10B, 0xF109),
         ("hexagon", "rounded"), ("reports a reading every minute", "runs on two batteries", "lost its calibration",
         "is mounted above the door", "shows a red light when it fails")),
    Kind("vehicle", "Thing", ("truck", "van", "delivery vehicle"), (0xF0D1,), ("parallelogram", "rounded"),
         ("needs new tyres", "carries up to nine tonnes", "leaves the yard at five", "was stuck in the snow",
          "burns less fuel than the old one")),
    Kind("document", "Thing", ("report", "handbook", "contract", "form"), (0xF15B, 0xF02D, 0xF07B),
         ("parallelogram", "rectangle"), ("has forty pages", "was signed by both sides", "has a chapter on safety",
         "is filed under last year", "must be filled in by hand")),
    Kind("product", "Thing", ("product", "tool", "appliance", "article"), (0xF0AD, 0xF217), ("diamond", "rectangle"),
         ("sells best in winter", "comes in three sizes", "has a warranty of two years", "was recalled in June",
          "is made of aluminium")),
    Kind("event", "Event", ("conference", "audit", "campaign", "exercise"), (0xF0F3, 0xF0E7), ("diamond", "ellipse"),
         ("lasts three days", "was put off by a week", "starts with a speech", "drew two hundred visitors",
          "ends on Friday at noon")),
    Kind("key", "Thing", ("key", "certificate", "token", "access card"), (0xF084, 0xF023), ("hexagon", "diamond"),
         ("expires in ninety days", "must be renewed every year", "opens the outer gate", "was revoked yesterday",
          "is kept in a safe")),
)  # fmt: skip


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a relation is called (the relation head's classes), how it is written, and between which kinds it is told.
RELATIONS: dict[str, tuple[tuple[str, ...], frozenset[str], frozenset[str]]] = {
    "sendsTo": (
        ("sends its results to", "reports to", "passes orders on to", "forwards everything to"),
        _names("service queue device person team company"),
        _names("service queue database person team company"),
    ),
    "uses": (
        ("uses", "depends on", "works with", "cannot do without"),
        _names("service person team company device"),
        _names("service database queue device vehicle document product key"),
    ),
    "partOf": (
        ("is part of", "belongs to", "is one half of"),
        _names("service device person team building product"),
        _names("service team company building product event"),
    ),
    "locatedIn": (
        ("stands in", "is found in", "has its seat in"),
        _names("device company building vehicle team event"),
        _names("town building"),
    ),
    "responsibleFor": (
        ("looks after", "is responsible for", "maintains", "pays for"),
        _names("person team company"),
        _names("service database queue building device vehicle document product event key"),
    ),
    "about": (
        ("is about", "describes", "deals with"),
        _names("document event"),
        _names("service database team company town building device product key"),
    ),
}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a part of a world is about: its words stand in the texts around the things."""

    name: str
    words: tuple[str, ...]


DOMAINS = tuple(
    Domain(name, tuple(words.split()))
    for name, words in (
        ("hospital", "patients wards surgery beds medicine nurses diagnosis blood therapy visits"),
        ("shop", "customers orders baskets prices discounts shelves returns payments parcels receipts"),
        ("farm", "fields cattle milk harvest tractors barns seeds fodder irrigation orchards"),
        ("harbour", "ships containers cranes tides cargo docks customs anchors pilots ferries"),
        ("school", "pupils lessons exams teachers classes homework grades timetables essays terms"),
        ("bank", "accounts loans interest savings transfers cheques credit branches tellers debts"),
        ("railway", "trains platforms tickets signals delays tracks passengers wagons tunnels timetables"),
        ("observatory", "stars telescopes antennas orbits spectra spacecraft mirrors planets comets domes"),
        ("kitchen", "recipes ovens menus dishes guests bread spices waiters dough cellars"),
        ("power", "turbines voltage grids cables transformers outages load reactors meters substations"),
        ("theatre", "stages actors rehearsals costumes tickets scenery curtains scripts premieres orchestras"),
        ("weather", "storms forecasts rain clouds pressure winds temperatures warnings floods radar"),
        ("printing", "presses paper ink plates newspapers covers binding proofs editions typefaces"),
        ("mine", "shafts ore drills tunnels conveyors blasting lamps coal ventilation wagons"),
    )
)
