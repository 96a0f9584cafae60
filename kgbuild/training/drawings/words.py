"""Words for drawings, of our own choosing: names of things, what lines say, sentences."""

from __future__ import annotations

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


QUALITIES = _words(
    """
    alpha amber north south quiet rapid copper silver outer inner main spare cold warm early late shared local
    remote daily weekly public private upper lower primary second blue green red yellow dry wet fresh safe open
    closed heavy light central global small large old new short long fast slow
    """
)
THINGS = _words(
    """
    pump valve tank boiler router switch gateway broker queue store cache index ledger mailbox parser planner
    scheduler worker sensor camera antenna beacon meter relay motor gearbox turbine battery charger inverter filter
    mixer press oven kiln loom lathe crane harbour depot market bakery library museum clinic school garden orchard
    river bridge station platform tunnel archive catalogue form invoice order basket payment account profile session
    token policy rule report dashboard editor viewer player recorder decoder encoder balancer proxy mirror replica
    shard bucket topic stream batch job task step stage phase review audit release ticket branch build test deploy
    monitor alarm logger tracer user client server browser service database engine kernel driver adapter plugin
    module package bundle image volume node pod cluster zone region network subnet firewall vault key certificate
    customer supplier driver farmer baker pilot teacher nurse doctor clerk guard owner editor author reader writer
    visitor guest host
    """
)
_VERB = _words(
    """
    sends reads writes calls asks answers feeds drains starts stops opens closes checks signs seals counts sorts
    merges splits copies moves loads stores updates deletes notifies publishes subscribes polls pulls pushes
    forwards returns replies retries confirms rejects approves orders pays ships uses owns holds contains extends
    """
)
_SHORT = _words(
    """
    yes no ok error done next back true false 1 2 3 0..1 1..* n 80 443 HTTP TCP JSON SQL gRPC eth0 eth1
    """
)
_FILLER = _words(
    """
    the a of in to and with for on at by from near after before while because when each every most some many few
    other same again often never always
    """
)


def name(random: Random, *, most: int = 3) -> str:
    """A label of a node: one to ``most`` words, in one of the usual ways of writing."""
    words = [random.choice(THINGS)]
    while len(words) < most and random.random() < 0.45:
        words.insert(0, random.choice(QUALITIES if random.random() < 0.6 else THINGS))
    way = random.random()
    if way < 0.4:
        return " ".join(w.capitalize() for w in words)
    if way < 0.6:
        return " ".join(words)
    if way < 0.7:
        return "".join(w.capitalize() for w in words)
    if way < 0.78:
        return "_".join(words)
    if way < 0.84:
        return " ".join(words).upper()
    if way < 0.9:
        return f"{words[-1].capitalize()} {random.randint(1, 20)}"
    if way < 0.95:
        return f"{words[-1]}{random.randint(1, 9)}"
    return f"{'.'.join(words)}/{random.randint(1, 9)}"


def verb(random: Random) -> str:
    """What a line says."""
    if random.random() < 0.25:
        return random.choice(_SHORT)
    said = random.choice(_VERB)
    return f"{said} {random.choice(THINGS)}" if random.random() < 0.4 else said


def sentence(random: Random, *, words: int = 12) -> str:
    """A line of prose without sense."""
    made = [random.choice((_FILLER, QUALITIES, THINGS, _VERB, THINGS)[k % 5]) for k in range(words)]
    return " ".join(made).capitalize() + random.choice((".", "", ",", ""))


def number(random: Random) -> str:
    """A figure as charts and tables have it."""
    way = random.random()
    if way < 0.4:
        return str(random.randint(0, 2000))
    if way < 0.7:
        return f"{random.uniform(0, 100):.1f}"
    return f"{random.randint(0, 100)} %"
