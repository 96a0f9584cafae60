"""What the parts of a world are about: the words around its things. Words of our own."""

from __future__ import annotations

from dataclasses import dataclass


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
        ("brewery", "malt hops kettles barrels yeast bottles tastings foam labels cellars"),
        ("airport", "flights runways gates luggage crews boarding hangars radios arrivals fuel"),
        ("court", "judges trials witnesses verdicts appeals lawyers evidence statutes fines hearings"),
        ("forest", "timber saplings logging rangers deer undergrowth sawmills bark storms clearings"),
        ("museum", "exhibits paintings curators visitors galleries loans frames catalogues statues restorations"),
        ("insurance", "claims premiums policies damages experts risks accidents refunds brokers contracts"),
        ("postal", "letters parcels stamps sorting couriers addresses mailboxes deliveries vans envelopes"),
        ("swimming", "pools lanes swimmers lifeguards chlorine towels lockers tickets lessons saunas"),
        ("election", "votes ballots candidates parties polls districts campaigns seats counts debates"),
        ("chemistry", "acids reactors solvents samples catalysts pipes flasks residues emissions crystals"),
        ("software", "releases bugs tests branches commits reviews builds deployments logs interfaces"),
        ("television", "cameras studios viewers episodes editors presenters cuts subtitles antennas broadcasts"),
        ("fashion", "fabrics seams patterns models collections buttons tailors sizes runways wool"),
        ("fishing", "nets boats herring quotas ice piers hooks catches auctions trawlers"),
        ("construction", "bricks cranes scaffolds concrete foundations permits roofs excavators plans surveyors"),
        ("library", "books shelves readers loans catalogues authors periodicals fines translations donations"),
        ("space", "rockets launches satellites payloads orbits boosters crews docking telemetry countdowns"),
        ("water", "pipes wells pumps filters reservoirs leaks pressure sewage households valves"),
        ("football", "matches goals players coaches referees stadiums fans leagues transfers injuries"),
        ("tax", "returns deductions forms incomes audits refunds deadlines offices penalties receipts"),
        ("genetics", "genes cells sequences mutations proteins samples enzymes microscopes cultures variants"),
        ("hotel", "rooms guests bookings keys breakfasts lobbies cleaners bills suites porters"),
        ("traffic", "cars lanes lights jams crossings fines speed cyclists parking detours"),
        ("recycling", "bottles bins glass sorting scrap paper compost collectors plastics landfills"),
        ("music", "concerts violins scores choirs records rehearsals halls tunes drummers festivals"),
        ("security", "guards alarms passwords intrusions badges cameras fences incidents patrols locks"),
    )
)
