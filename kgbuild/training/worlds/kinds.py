"""What the things of a world can be, how they are drawn, what they do and how they are related. Words of our own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: the class that a text extractor gives it, nouns, pictograms, shapes, what it does.

    ``deeds`` are ends of sentences about it alone; they tell the kind to who knows the words, without naming it.
    ``often``: how often worlds have it, beside the others.
    """

    name: str
    label: str
    nouns: tuple[str, ...]
    pictograms: tuple[int, ...]
    shapes: tuple[str, ...]
    deeds: tuple[str, ...]
    often: int = 1


KINDS = (
    Kind("service", "Thing", ("service", "software system", "module", "component"), (0xF233, 0xF1B2, 0xF013),
         ("rectangle", "rounded"), ("answers within twenty milliseconds", "was restarted after the last deployment",
         "logs every request it gets", "runs in two copies behind a balancer", "returned error codes all morning"), 3),
    Kind("database", "Thing", ("database", "data store", "archive of records", "registry"), (0xF1C0, 0xF0A0),
         ("cylinder",), ("keeps two years of records", "is backed up every night", "holds about four million rows",
         "needs a new index on the date column", "ran out of disk space on Sunday"), 2),
    Kind("queue", "Thing", ("message queue", "broker", "event bus", "mail queue"), (0xF0E0, 0xF1B3),
         ("parallelogram", "hexagon"), ("delivers each message at least once", "holds messages for seven days",
         "was full of undelivered messages", "keeps its order per key", "lost three events during the outage"), 2),
    Kind("person", "Person", ("engineer", "manager", "analyst", "nurse", "planner", "technician"), (0xF007,),
         ("actor", "ellipse"), ("is on holiday until Monday", "wrote the minutes of the meeting", "joined in spring",
         "asked for a second opinion", "will give the talk on Thursday", "has worked here for nine years"), 3),
    Kind("team", "Organisation", ("team", "crew", "department", "working group"), (0xF0C0,), ("ellipse", "rounded"),
         ("meets every Tuesday", "is looking for two new colleagues", "moved to the second floor",
          "shares one inbox", "has eleven members"), 2),
    Kind("company", "Organisation", ("company", "firm", "supplier", "manufacturer"), (0xF1AD, 0xF275),
         ("rectangle", "octagon"), ("sent its invoice late", "was founded forty years ago", "raised its prices",
         "employs about three hundred people", "signed the contract in March"), 2),
    Kind("town", "Place", ("town", "district", "village", "valley"), (0xF0AC,), ("cloud", "ellipse"),
         ("lies two hours to the north", "was flooded in autumn", "has about nine thousand inhabitants",
          "is reached by a narrow road", "celebrates its market in May")),
    Kind("building", "Place", ("warehouse", "station", "plant", "hall"), (0xF275, 0xF1AD), ("octagon", "rectangle"),
         ("has a new roof", "closes its gates at six", "is heated with waste heat", "has room for forty pallets",
          "was inspected by the fire brigade")),
    Kind("device", "Thing", ("sensor", "device", "meter", "controller"), (0xF2DB, 0xF10B, 0xF109),
         ("hexagon", "rounded"), ("reports a reading every minute", "runs on two batteries", "lost its calibration",
         "is mounted above the door", "shows a red light when it fails"), 2),
    Kind("vehicle", "Thing", ("truck", "van", "delivery vehicle"), (0xF0D1,), ("parallelogram", "rounded"),
         ("needs new tyres", "carries up to nine tonnes", "leaves the yard at five", "was stuck in the snow",
          "burns less fuel than the old one")),
    Kind("document", "Thing", ("report", "handbook", "contract", "form"), (0xF15B, 0xF02D, 0xF07B),
         ("parallelogram", "rectangle"), ("has forty pages", "was signed by both sides", "has a chapter on safety",
         "is filed under last year", "must be filled in by hand"), 2),
    Kind("product", "Thing", ("product", "tool", "appliance", "article"), (0xF0AD, 0xF217), ("diamond", "rectangle"),
         ("sells best in winter", "comes in three sizes", "has a warranty of two years", "was recalled in June",
          "is made of aluminium")),
    Kind("event", "Event", ("conference", "audit", "campaign", "exercise"), (0xF0F3, 0xF0E7), ("diamond", "ellipse"),
         ("lasts three days", "was put off by a week", "starts with a speech", "drew two hundred visitors",
          "ends on Friday at noon")),
    Kind("key", "Thing", ("key", "certificate", "token", "access card"), (0xF084, 0xF023), ("hexagon", "diamond"),
         ("expires in ninety days", "must be renewed every year", "opens the outer gate", "was revoked yesterday",
          "is kept in a safe")),
    Kind("machine", "Thing", ("machine", "press", "pump", "boiler"), (0xF085, 0xF12E),
         ("octagon", "rectangle"), ("needs new seals", "was switched off for repairs",
         "turns out ninety pieces an hour", "is oiled every week", "hums louder than last year"), 2),
    Kind("process", "Thing", ("job", "workflow", "procedure", "batch run"), (0xF021, 0xF0AE),
         ("rounded", "parallelogram"), ("starts at two in the morning", "takes forty minutes", "has five steps",
         "stopped halfway through", "must finish before the next one begins"), 2),
    Kind("page", "Thing", ("website", "portal", "app", "user interface"), (0xF108, 0xF0AC, 0xF10B),
         ("rectangle", "rounded"), ("loads slowly on old phones", "got a new menu", "asks for a password",
         "shows the latest figures first", "was redesigned in autumn"), 2),
    Kind("rule", "Thing", ("law", "policy", "guideline", "regulation"), (0xF0E3, 0xF24E), ("diamond", "parallelogram"),
         ("came into force in January", "has seven paragraphs", "allows no exceptions", "was softened last year",
          "is not well understood by beginners")),
    Kind("project", "Event", ("project", "programme", "pilot study"), (0xF542, 0xF201), ("ellipse", "hexagon"),
         ("is three weeks behind its plan", "got more money", "ends in two years", "has reached its second milestone",
          "was started to save costs"), 2),
    Kind("course", "Event", ("course", "workshop", "seminar"), (0xF19D, 0xF51C), ("rounded", "cloud"),
         ("has thirty seats", "ends with a test", "is taught twice a year", "needs no previous knowledge",
          "is given in the evenings")),
    Kind("route", "Place", ("road", "route", "canal", "line"), (0xF4D7, 0xF018), ("cloud", "parallelogram"),
         ("is closed in winter", "is nine kilometres long", "crosses two borders", "was widened after the accident",
          "runs along the coast")),
    Kind("material", "Thing", ("material", "mixture", "compound", "alloy"), (0xF0C3, 0xF043), ("ellipse", "hexagon"),
         ("melts at four hundred degrees", "must be kept dry", "is sold by the tonne", "smells of vinegar",
          "weighs less than water")),
    Kind("fund", "Thing", ("fund", "budget", "account", "grant"), (0xF51E, 0xF0D6), ("octagon", "rounded"),
         ("was spent by June", "grew by four percent", "pays for two posts", "is reviewed once a year",
          "has not been touched since")),
    Kind("model", "Thing", ("model", "algorithm", "formula", "method"), (0xF1EC, 0xF121), ("hexagon", "diamond"),
         ("is right nine times in ten", "was fitted to old figures", "has three parameters", "fails on small samples",
          "takes the season into account")),
)  # fmt: skip


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a relation is called (the relation head's classes), how it is written, and between which kinds it is told.
RELATIONS: dict[str, tuple[tuple[str, ...], frozenset[str], frozenset[str]]] = {
    "sendsTo": (
        ("sends its results to", "reports to", "passes orders on to", "forwards everything to"),
        _names("service queue device person team company machine process page"),
        _names("service queue database person team company process page"),
    ),
    "uses": (
        ("uses", "depends on", "works with", "cannot do without"),
        _names("service person team company device machine process page project course model"),
        _names("service database queue device vehicle document product key machine rule material fund model page"),
    ),
    "partOf": (
        ("is part of", "belongs to", "is one half of"),
        _names("service device person team building product machine process course rule route"),
        _names("service team company building product event project process page"),
    ),
    "locatedIn": (
        ("stands in", "is found in", "has its seat in"),
        _names("device company building vehicle team event machine project course route"),
        _names("town building route"),
    ),
    "responsibleFor": (
        ("looks after", "is responsible for", "maintains", "pays for"),
        _names("person team company fund rule"),
        _names(
            "service database queue building device vehicle document product event key machine process page rule "
            "project course route fund model"
        ),
    ),
    "about": (
        ("is about", "describes", "deals with"),
        _names("document event rule course page"),
        _names(
            "service database team company town building device product key machine process project route "
            "material fund model"
        ),
    ),
}
