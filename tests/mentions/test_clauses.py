"""Open relations from parses written by hand: what is found, how it is put, what is refused."""

from __future__ import annotations

import pytest
from handparsed import sentence

from kgbuild.mentions.clauses import Open, triples
from kgbuild.mentions.lemmas import lemma
from kgbuild.mentions.phrases import names_a_thing, phrase
from kgbuild.mentions.tree import Tree


def read(text: str, **options: bool) -> dict[tuple[str, str, str], Open]:
    words, parse = sentence(text)
    found = triples(words, parse, **options)
    return {
        (
            " ".join(words[o.subject.start : o.subject.end]),
            o.relation,
            " ".join(words[o.object.start : o.object.end]),
        ): o
        for o in found
    }


def facts(text: str) -> set[tuple[str, str, str]]:
    return {t for t, o in read(text).items() if o.frame.status == "asserted"}


CLIENT = (
    "The/DET/2/det Client/NOUN/3/nsubj posts/VERB/0/root a/DET/5/det tweet/NOUN/3/obj to/ADP/9/case the/DET/9/det "
    "Web/PROPN/9/compound Server/PROPN/3/obl ,/PUNCT/11/punct running/VERB/{head}/{label} as/ADP/15/case a/DET/15/det "
    "reverse/ADJ/15/amod proxy/NOUN/11/obl"
)


@pytest.mark.parametrize(("head", "label"), [(9, "acl"), (3, "advcl")])
def test_list_item_with_a_participle(head: int, label: str) -> None:
    assert facts(CLIENT.format(head=head, label=label)) == {
        ("Client", "post", "tweet"), ("Client", "post to", "Web Server"), ("Web Server", "run as", "reverse proxy"),
    }  # fmt: skip


def test_passive_with_agent_is_turned_active() -> None:
    text = (
        "Cached/VERB/2/amod pages/NOUN/4/nsubj:pass are/AUX/4/aux:pass stored/VERB/0/root by/ADP/7/case the/DET/7/det "
        "proxy/NOUN/4/obl:agent in/ADP/9/case memory/NOUN/4/obl"
    )
    assert facts(text) == {("proxy", "store", "Cached pages"), ("Cached pages", "be stored in", "memory")}


def test_conjuncts_share_what_they_do_not_say_again() -> None:
    text = (
        "Kafka/PROPN/4/nsubj and/CCONJ/3/cc Pulsar/PROPN/1/conj store/VERB/0/root messages/NOUN/4/obj and/CCONJ/7/cc "
        "notify/VERB/4/conj consumers/NOUN/7/obj and/CCONJ/10/cc monitors/NOUN/8/conj"
    )
    assert facts(text) == {
        (s, p, o)
        for s in ("Kafka", "Pulsar")
        for p, o in (("store", "messages"), ("notify", "consumers"), ("notify", "monitors"))
    }


def test_alternatives_are_only_possible() -> None:
    text = "Services/NOUN/2/nsubj use/VERB/0/root Redis/PROPN/2/obj or/CCONJ/5/cc Memcached/PROPN/3/conj"
    assert {o.frame.status for o in read(text).values()} == {"possible"} and len(read(text)) == 2


def test_negation() -> None:
    text = (
        "The/DET/2/det replica/NOUN/5/nsubj does/AUX/5/aux not/PART/5/advmod accept/VERB/0/root writes/NOUN/5/obj "
        "or/CCONJ/8/cc run/VERB/5/conj jobs/NOUN/8/obj"
    )
    assert {o.frame.status for o in read(text).values()} == {"negated"} and len(read(text)) == 2
    nobody = "No/DET/2/det replica/NOUN/3/nsubj accepts/VERB/0/root writes/NOUN/3/obj"
    (found,) = read(nobody).values()
    assert found.frame.negated


def test_one_end_may_be_denied_alone() -> None:
    text = "Repair/NOUN/3/nsubj:pass is/AUX/3/aux:pass started/VERB/0/root not/PART/6/advmod by/ADP/6/case clients/NOUN/3/obl:agent"
    (found,) = read(text).values()
    assert found.frame.status == "negated"
    both = text.replace("not/PART/6/advmod", "not/PART/6/advmod only/ADV/6/advmod").replace("/6/", "/7/")
    (found,) = read(both).values()
    assert found.frame.status == "asserted"


@pytest.mark.parametrize(("word", "modality"), [("can", "can"), ("might", "may"), ("must", "must"), ("should", "should"), ("will", "will")])  # fmt: skip
def test_modality(word: str, modality: str) -> None:
    (found,) = read(f"Shards/NOUN/3/nsubj {word}/AUX/3/aux reduce/VERB/0/root latency/NOUN/3/obj").values()
    assert (found.frame.status, found.frame.modality) == ("possible", modality)


def test_attribution() -> None:
    text = (
        "The/DET/2/det vendor/NOUN/3/nsubj claims/VERB/0/root that/SCONJ/6/mark Vitess/PROPN/6/nsubj "
        "outperforms/VERB/3/ccomp Postgres/PROPN/6/obj"
    )
    (found,) = read(text).values()
    assert found.frame.status == "reported" and found.frame.attribution == 1
    doubted = text.replace("claims", "doubts")
    assert [o.frame.status for o in read(doubted).values()] == ["hypothetical"]


@pytest.mark.parametrize(
    "text",
    [
        "If/SCONJ/4/mark the/DET/3/det key/NOUN/4/nsubj expires/VERB/7/advcl ,/PUNCT/4/punct Redis/PROPN/7/nsubj deletes/VERB/0/root the/DET/9/det entry/NOUN/7/obj",
        "Does/AUX/3/aux Redis/PROPN/3/nsubj delete/VERB/0/root entries/NOUN/3/obj ?/PUNCT/3/punct",
        "When/ADV/3/advmod users/NOUN/3/nsubj upload/VERB/7/advcl photos/NOUN/3/obj ,/PUNCT/3/punct it/PRON/7/nsubj helps/VERB/0/root",
    ],
)  # fmt: skip
def test_what_is_supposed_is_no_fact(text: str) -> None:
    assert read(text) and not facts(text)


def test_relative_clauses_describe_their_noun() -> None:
    text = (
        "Nginx/PROPN/2/nsubj contacts/VERB/0/root the/DET/5/det search/NOUN/5/compound cluster/NOUN/2/obj ,/PUNCT/8/punct "
        "which/PRON/8/nsubj holds/VERB/5/acl:relcl an/DET/11/det inverted/ADJ/11/amod index/NOUN/8/obj"
    )
    assert facts(text) == {("Nginx", "contact", "search cluster"), ("search cluster", "hold", "inverted index")}


def test_copula() -> None:
    kind = "Cassandra/PROPN/5/nsubj is/AUX/5/cop a/DET/5/det column/NOUN/5/compound store/NOUN/0/root"
    assert facts(kind) == {("Cassandra", "be", "column store")}
    adjective = (
        "The/DET/2/det broker/NOUN/4/nsubj is/AUX/4/cop responsible/ADJ/0/root for/ADP/7/case message/NOUN/7/compound "
        "delivery/NOUN/4/obl"
    )
    assert facts(adjective) == {("broker", "be responsible for", "message delivery")}
    part = "Lyon/PROPN/4/nsubj is/AUX/4/cop the/DET/4/det capital/NOUN/0/root of/ADP/6/case Gaul/PROPN/4/nmod"
    assert ("Lyon", "be capital of", "Gaul") in facts(part)


def test_apposition_and_examples() -> None:
    text = (
        "Redis/PROPN/7/nsubj ,/PUNCT/5/punct a/DET/5/det key/NOUN/5/compound store/NOUN/1/appos ,/PUNCT/5/punct "
        "keeps/VERB/0/root media/NOUN/7/obj such/ADJ/11/case as/ADP/9/fixed photos/NOUN/8/nmod"
    )
    assert facts(text) == {("Redis", "be", "key store"), ("Redis", "keep", "media"), ("photos", "be", "media")}


def test_chains_of_verbs() -> None:
    used = (
        "S3/PROPN/3/nsubj:pass is/AUX/3/aux:pass used/VERB/0/root to/PART/5/mark store/VERB/3/xcomp backups/NOUN/5/obj"
    )
    assert facts(used) == {("S3", "be used to store", "backups")}
    allows = (
        "Raft/PROPN/2/nsubj allows/VERB/0/root nodes/NOUN/2/obj to/PART/5/mark elect/VERB/2/xcomp leaders/NOUN/5/obj"
    )
    (found,) = read(allows).items()
    assert found[0] == ("nodes", "elect", "leaders") and found[1].frame.modality == "can"


def test_subject_of_a_list_stands_before_it() -> None:
    text = "Queries/VERB/0/root the/DET/4/det graph/NOUN/4/compound service/NOUN/1/obj"
    assert not read(text)
    words, parse = sentence(text)
    (found,) = triples(words, parse, implied=True)
    assert found.implied and found.relation == "query"


@pytest.mark.parametrize(
    "text",
    [
        "Nodes/NOUN/2/nsubj elect/VERB/1/root leaders/NOUN/2/obj",  # a cycle, no root
        "Nodes/NOUN/0/root elect/VERB/0/root leaders/NOUN/2/obj",  # two roots
        "Nodes/NOUN/2/nsubj elect/VERB/0/root leaders/NOUN/9/obj",  # a head outside
    ],
)
def test_broken_parses_are_refused(text: str) -> None:
    assert read(text) == {}


def test_arcs_across_other_clauses_are_refused() -> None:
    text = (
        "Nodes/NOUN/2/nsubj elect/VERB/0/root and/CCONJ/5/cc clients/NOUN/5/nsubj wait/VERB/2/conj for/ADP/7/case "
        "leaders/NOUN/2/obj"
    )
    assert ("Nodes", "elect", "leaders") not in read(text)  # "wait" parts them
    lost = "Logs/NOUN/3/nsubj are/AUX/1/cop copied/VERB/0/root daily/NOUN/3/obj"
    assert read(lost) == {}  # the auxiliary of a passive hangs elsewhere


def test_a_noun_and_a_verb_that_differ_in_number_are_no_clause() -> None:
    title = "Outline/NOUN/2/nsubj use/VERB/0/root cases/NOUN/2/obj"
    assert read(title) == {}
    assert facts(title.replace("Outline", "Outlines")) == {("Outlines", "use", "cases")}
    assert facts(title.replace("use/", "used/")) == {("Outline", "use", "cases")}
    several = "Reads/NOUN/4/nsubj and/CCONJ/3/cc lag/NOUN/1/conj grow/VERB/0/root queues/NOUN/4/obj"
    assert ("Reads", "grow", "queues") in facts(several)
    assert read("Articles/NOUN/2/nsubj features/VERB/0/root schools/NOUN/2/obj") == {}
    assert facts("data/NOUN/2/nsubj cover/VERB/0/root schools/NOUN/2/obj") == {("data", "cover", "schools")}


def test_a_clause_that_tells_which_ones_are_meant_is_no_fact_about_the_kind() -> None:
    text = (
        "Consistency/NOUN/2/nsubj suits/VERB/0/root {det}systems/NOUN/2/obj {comma}that/PRON/{verb}/nsubj "
        "need/VERB/{noun}/acl:relcl transactions/NOUN/{verb}/obj"
    )
    bare = read(text.format(det="", comma="", noun=3, verb=5))
    assert bare["systems", "need", "transactions"].frame.modality == "some"
    assert ("systems", "need", "transactions") not in facts(text.format(det="", comma="", noun=3, verb=5))
    told = text.format(det="the/DET/4/det ", comma="", noun=4, verb=6)
    assert ("systems", "need", "transactions") in facts(told)
    apart = text.format(det="", comma=",/PUNCT/6/punct ", noun=3, verb=6)
    assert ("systems", "need", "transactions") in facts(apart)


def test_a_noun_without_the_words_that_narrow_it_is_no_subject_of_a_fact() -> None:
    text = "{det}Trade/NOUN/{be}/nsubj from/ADP/{chile}/case Chile/PROPN/{noun}/nmod is/AUX/{be}/cop copper/NOUN/0/root"
    cut = read(text.format(det="", noun=1, chile=3, be=5))
    assert cut["Trade", "be", "copper"].frame.modality == "some"
    assert facts(text.format(det="the/DET/2/det ", noun=2, chile=4, be=6)) == {("Trade", "be", "copper")}
    sites = (
        "Crawlers/NOUN/2/nsubj prefer/VERB/0/root popular/ADJ/4/amod {noun}/NOUN/2/obj that/PRON/6/nsubj "
        "link/VERB/4/acl:relcl to/ADP/8/case content/NOUN/6/obl"
    )
    assert ("popular sites", "link to", "content") not in facts(sites.format(noun="sites"))


def test_who_causes_something_to_act_causes_no_thing() -> None:
    text = (
        "clients/NOUN/2/nsubj cause/VERB/0/root a/DET/4/det procedure/NOUN/2/obj to/PART/6/mark execute/VERB/4/acl "
        "on/ADP/8/case servers/NOUN/6/obl"
    )
    assert read(text) == {}
    allowed = read(text.replace("cause/", "allow/"))
    assert allowed["procedure", "execute on", "servers"].frame.modality == "can" and len(allowed) == 1


def test_what_may_belong_to_the_noun_before_it_is_refused() -> None:
    text = (
        "Ulrich/PROPN/2/nsubj moved/VERB/0/root to/ADP/5/case the/DET/5/det league/NOUN/2/obl {in}/ADP/7/case "
        "{place}/PROPN/2/obl{kind}"
    )
    moved = ("Ulrich", "move to", "league")
    assert facts(text.format(**{"in": "in", "place": "Germany", "kind": "/Place"})) == {moved}
    assert facts(text.format(**{"in": "from", "place": "Graz", "kind": "/Place"})) == {
        moved, ("Ulrich", "move from", "Graz"),
    }  # fmt: skip
    assert facts(text.format(**{"in": "in", "place": "1991", "kind": "/Time"})) == {
        moved, ("Ulrich", "move in", "1991"),
    }  # fmt: skip


def test_when_is_not_linked_to_a_verb_without_its_object() -> None:
    text = "Angell/PROPN/2/nsubj joined/VERB/0/root the/DET/4/det Legion/PROPN/2/obj in/ADP/6/case 1918/NUM/2/obl/Time"
    assert facts(text) == {("Angell", "join", "Legion")}


def test_what_goes_on_from_a_passive_is_one_only_if_its_form_can_be() -> None:
    text = (
        "Angell/PROPN/3/nsubj:pass was/AUX/3/aux:pass {first}/VERB/0/root at/ADP/5/case Luster/PROPN/3/obl and/CCONJ/7/cc "
        "{second}/VERB/3/conj in/ADP/9/case Bergen/PROPN/7/obl"
    )
    born = facts(text.format(first="born", second="grew"))
    assert born == {("Angell", "be born at", "Luster"), ("Angell", "grow in", "Bergen")}
    raised = facts(text.format(first="born", second="raised"))
    assert raised == {("Angell", "be born at", "Luster"), ("Angell", "be raised in", "Bergen")}


def test_kinds_that_are_compared_with_others_are_no_examples() -> None:
    text = (
        "Stores/NOUN/2/nsubj serve/VERB/0/root {more}complex/ADJ/{n}/amod systems/NOUN/2/obj such/ADJ/{k}/case "
        "as/ADP/{s}/fixed Redis/PROPN/{n}/nmod"
    )
    assert ("Redis", "be", "complex systems") in facts(text.format(more="", n=4, s=5, k=7))
    assert ("Redis", "be", "complex systems") not in read(text.format(more="more/ADV/4/advmod ", n=5, s=6, k=8))


def test_phrases_that_say_nothing_are_no_things() -> None:
    for text, good in [
        ("the/DET/4/det fast/ADJ/4/amod write/NOUN/4/compound path/NOUN/0/root", True),
        ("a/DET/2/det lot/NOUN/0/root", False), ("this/DET/2/det approach/NOUN/0/root", False),
        ("other/ADJ/2/amod servers/NOUN/0/root", False), ("last/ADJ/2/amod week/NOUN/0/root/Time", False),
        ("a/DET/2/det copy/NOUN/0/root of/ADP/5/case the/DET/5/det index/NOUN/2/nmod", True),
    ]:  # fmt: skip
        words, parse = sentence(text)
        tree = Tree(words, parse)
        assert names_a_thing(tree, phrase(tree, parse.heads.index(-1))) is good, text


@pytest.mark.parametrize(
    ("word", "tag", "base"),
    [("stored", "VERB", "store"), ("queries", "NOUN", "query"), ("left", "VERB", "leave"), ("co-founded", "VERB", "co-found"), ("webhooks", "NOUN", "webhook"), ("n't", "PART", "not")],
)  # fmt: skip
def test_lemmas(word: str, tag: str, base: str) -> None:
    assert lemma(word, tag) == base
