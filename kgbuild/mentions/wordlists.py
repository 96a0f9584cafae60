"""English words that the rules for open relations know by heart."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(1)
def stop_words() -> frozenset[str]:
    """spaCy's English stop words; not at import, since spaCy loads torch: two seconds that aligning does without."""
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words before a noun that say how many or which ones without naming a kind; left out of the phrase.
QUANTIFIERS = _words("""
    several many various different certain multiple numerous own respective entire whole much more most few all
    both particular given overall total about approximately around nearly almost over up
""")

# Words that make a noun phrase mean another thing in each sentence.
POINTERS = _words("""
    other another same such former latter next previous following first second third last above below
    aforementioned similar additional further subsequent said remaining
""")

# Nouns that name nothing by themselves.
EMPTY = _words("""
    thing way lot bit kind sort one other something anything nothing everything someone anyone everyone none
    case example instance fact reason matter manner sense sake order regard respect addition event turn course
    fashion term basis extent degree means need while moment time times day week month year hour minute second
    century decade today tomorrow yesterday morning evening night period rest majority minority amount number
    total variety range series pair couple dozen hundred thousand million billion percent % kb mb gb tb pb byte
    etc e.g. i.e. people person man woman guy boy girl child kid somebody anybody everybody nobody self part
    piece side end place point step section chapter figure table page note question answer issue problem idea
    result consequence use usage lack presence existence possibility ability fun job stuff it's lots plenty half
    quarter third following above below former latter trouble difficulty
""")

# Nouns that say nothing without what follows "of".
CONTAINERS = _words("""
    type kind form set list group collection member number amount part piece range variety series lot majority
    copy version level degree name instance example sort class pair couple bit one some many most all each any
    use lack combination rest half percentage share rate sum total cause effect way
""")

# Verbs of speech, belief and showing: what stands under them is said, not stated.
SPEECH = _words("""
    say tell claim state report argue believe think suggest propose assume suspect announce allege declare write
    note explain add insist warn predict expect hope estimate feel imagine guess conclude find show demonstrate
    reveal indicate confirm observe remark comment reply respond admit acknowledge recall describe maintain
    contend assert speculate deny doubt consider judge fear mention point hear learn know realize realise see
    understand hold agree testify stress emphasize hypothesize hypothesise imply quote
""")

# Conjunctions under which a clause is still stated.
STATED = _words("""
    that because since as although though while whereas and after before so
""")

# Prepositions that deny, compare or measure: the verb does not link to what follows
REFUSED = _words("""
    without instead except unlike despite besides per like than rather due because regarding concerning
    according given including excluding pending notwithstanding barring until till times plus minus
""")

# Verbs whose object is the one who acts: "allows clients to store lists"
CONTROL = _words("""
    allow enable let permit help make cause force require ask tell want order encourage persuade lead urge
    expect get have keep leave see hear watch find prevent stop advise instruct invite drive prompt teach need
""")

# Of these, those that say that it can.
ENABLING = _words("""
    allow enable let permit
""")

# Of these, those whose object is never the thing itself: who causes a job to run causes no job.
COMPELLING = _words("""
    cause force allow enable permit persuade urge encourage order instruct tell
""")

# Participles that describe the noun before them: ", running as a reverse proxy".
STATIVE = _words("""
    run act serve consist contain belong work function
""")

# Verbs that link like "be".
BECOMING = _words("""
    become remain stay
""")

# Prepositions that link a verb to what its object goes to, comes from or is at.
CARRIED = _words("""
    to into onto in on from through over across between against inside via towards toward
""")

# Verbs that bring two things together, so that "with" links to the second: "replaces X with Y".
WITH = _words("""
    replace provide share connect combine integrate associate link merge pair supply equip fill populate update
    synchronize compare exchange
""")

# Prepositions of directions; and of places, which may stand with the noun before them instead.
TOWARDS = _words("""
    to into onto from toward towards
""")
PLACING = _words("""
    in at on
""")

# Nouns that take verbs of either number, whatever their form.
PLURAL = _words("""
    people police staff data media team family group majority minority number couple pair crew government committee
    public audience band company club party half rest series species cattle youth folk
""")

# Verbs that say nothing without the bare noun behind them: "takes place in".
LIGHT = _words("""
    take give make have pay do play get keep lose gain set put
""")

# Adverbs right behind a verb that change what it means: "taken away".
DIRECTIONS = _words("""
    away back up down out off over together apart forward aside
""")

# Nouns that make a preposition together with others: "in cooperation with".
SETTINGS = _words("""
    cooperation celebration conjunction accordance response addition favor favour charge contrast comparison line
    search honor honour collaboration association combination front spite lieu light view absence exchange return
    behalf terms practice general particular detail fact place case question
    odds risk play stake record life progress opposition love touch contact
""")

NAMING = {  # verbs whose "as" says what the object is, with their participles: "uses Redis as a cache"
    "use": "used", "define": "defined", "treat": "treated", "describe": "described", "regard": "regarded",
    "employ": "employed", "implement": "implemented", "classify": "classified", "identify": "identified",
    "represent": "represented", "view": "viewed", "deploy": "deployed", "configure": "configured",
}  # fmt: skip
