"""Open relations: who does what to whom, read off a dependency parse by rules.

After ClausIE (Del Corro & Gemulla 2013) and PredPatt (White et al. 2016), with refusal
where a parse looks broken. The relation phrase is normalised: an active verb is its
lemma with particle and preposition ("posts ... to" -> "post to"), a passive is "be" and
the participle ("is stored in" -> "be stored in"; with its agent it is turned active), a
copula is "be" with what it links ("is responsible for" -> "be responsible for").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kgbuild.mentions.frames import CLAUSES, Frame, frame
from kgbuild.mentions.lemmas import lemma
from kgbuild.mentions.parse import Parse, Tree
from kgbuild.mentions.phrases import NOMINAL, Phrase, is_denied, is_relative, phrase

# How often what each pattern finds is right on gold parses, roughly.
SCORES = {
    "object": 0.9,
    "agent": 0.9,
    "oblique": 0.85,
    "passive": 0.9,
    "copula": 0.88,
    "apposition": 0.85,
    "chain": 0.82,
}
REACH = 25  # words between a predicate and its argument beyond which a parse is not trusted
_REFUSED = frozenset(  # prepositions that deny, compare or measure: the verb does not link to what follows
    "without instead except unlike despite besides per like than rather due because via regarding concerning according "
    "given including excluding pending notwithstanding barring until till times plus minus".split()
)
_CONTROL = frozenset(  # verbs whose object is the one who acts: "allows clients to store lists"
    "allow enable let permit help make cause force require ask tell want order encourage persuade lead urge expect "
    "get have keep leave see hear watch find prevent stop advise instruct invite drive prompt teach need".split()
)
_ENABLING = frozenset({"allow", "enable", "let", "permit"})
_NAMING = {  # verbs whose "as" says what the object is, with their participles: "uses Redis as a cache"
    "use": "used", "define": "defined", "treat": "treated", "describe": "described", "regard": "regarded",
    "employ": "employed", "implement": "implemented", "classify": "classified", "identify": "identified",
    "represent": "represented", "view": "viewed", "deploy": "deployed", "configure": "configured",
}  # fmt: skip
_STATIVE = frozenset("run act serve consist contain belong work function".split())
_BECOMING = frozenset({"become", "remain", "stay"})


@dataclass(frozen=True, slots=True)
class Open:
    """One open relation of a sentence; phrases and the relation's words by index.

    ``relation`` is the normalised phrase, ``pattern`` the rule that found it.
    ``implied`` is true where the subject stands in another sentence (a list under "does the following:").
    """

    subject: Phrase
    relation: str
    object: Phrase
    words: tuple[int, ...]
    frame: Frame
    pattern: str
    implied: bool = False

    @property
    def score(self) -> float:
        """How sure the rule is."""
        return SCORES[self.pattern]


@dataclass(frozen=True, slots=True)
class Subject:
    """A word that acts, and whether "or" or "no" stands before it."""

    word: int
    either: bool = False
    denied: bool = False


IMPLIED = Subject(-1)


def triples(words: Sequence[str], parse: Parse, *, implied: bool = False) -> list[Open]:
    """The open relations of a sentence, each once, in the order of the text; none if the parse is no tree.

    With ``implied``, a sentence that begins with a finite verb has the subject of the list that it stands in.
    """
    tree = Tree(words, parse)
    if not tree.sound:
        return []
    found: dict[tuple[int, str, int], Open] = {}
    for one in (*_clauses(tree, implied), *_appositions(tree), *_examples(tree)):
        ends = (one.subject.head, one.relation, one.object.head)
        if one.subject.head != one.object.head or one.implied:
            found.setdefault(ends, one)
    return sorted(found.values(), key=lambda o: (o.words[:1], o.object.start, o.subject.start, o.relation))


def _clauses(tree: Tree, implied: bool) -> Iterator[Open]:
    for v in range(len(tree.words)):
        if tree.base(v) not in CLAUSES or tree.labels[v] in ("xcomp", "list") or tree.kids(v, "expl"):
            continue
        if tree.kids(v, "orphan", "goeswith", "reparandum", "dislocated"):
            continue
        if tree.kids(v, "cop"):
            yield from _finish(tree, v, _copula(tree, v), implied)
        elif tree.tags[v] == "VERB":
            yield from _finish(tree, v, _verbal(tree, v), implied)


@dataclass(frozen=True, slots=True)
class Link:
    """A relation of a predicate to one argument; ``turned``: the argument acts on the subject."""

    relation: str
    argument: int
    words: tuple[int, ...]
    pattern: str
    turned: bool = False
    subject: int = -1  # another word than the predicate's subject
    modality: str = ""


def _finish(tree: Tree, v: int, links: Iterator[Link], implied: bool) -> Iterator[Open]:
    """Links with their subjects, both distributed over conjuncts, framed."""
    found = [x for x in links if x.argument >= 0]
    if not found:
        return
    own = frame(tree, v)
    subjects = _subjects(tree, v, implied)
    for link in found:
        acting = list(_conjuncts(tree, link.subject)) if link.subject >= 0 else subjects
        for s in acting:
            for o in _conjuncts(tree, link.argument):
                made = replace(own, negated=own.negated or s.denied or o.denied, modality=own.modality or link.modality)
                if (s.either or o.either) and not made.negated:
                    made = replace(made, modality=made.modality or "or")
                subject = Phrase(-1, -1, -1, -1) if s is IMPLIED else phrase(tree, s.word)
                object = phrase(tree, o.word)
                if s is not IMPLIED and subject.start < object.end and object.start < subject.end:
                    continue
                if link.turned:
                    subject, object = object, subject
                    if s is IMPLIED:
                        continue
                yield Open(subject, link.relation, object, link.words, made, link.pattern, s is IMPLIED)


# -- predicates --


def _verbal(tree: Tree, v: int) -> Iterator[Link]:
    passive = _is_passive(tree, v)
    verb, words = _verb(tree, v, passive)
    objects, chained = tree.kids(v, "obj"), tree.kids(v, "xcomp")
    if not passive and _lost_auxiliary(tree, v):
        return
    if len(objects) > 1 or len(tree.kids(v, "nsubj")) > 1 or tree.kids(v, "csubj") or (passive and objects):
        return
    base, receivers = lemma(tree.words[v], "VERB"), tree.kids(v, "iobj")
    if base in _CONTROL and (objects or receivers) and chained:
        yield from _controlled(tree, (objects or receivers)[0], chained[0], base)
        return
    if not passive and objects and base not in ("be",):
        yield from _argument(tree, v, objects[0], verb, words, "object")
    for k in tree.kids(v, "obl"):
        yield from _oblique(tree, v, k, verb, words, passive, objects)
    if receivers and objects:
        yield from _argument(tree, v, receivers[0], f"{verb} to", words, "oblique")
    if len(chained) == 1:
        yield from _chain(tree, v, chained[0], verb, words, passive, bool(objects or receivers))


def _oblique(
    tree: Tree, v: int, k: int, verb: str, words: tuple[int, ...], passive: bool, objects: list[int]
) -> Iterator[Link]:
    case = _case(tree, k)
    if case is None or tree.labels[k] in ("obl:unmarked", "obl:tmod", "obl:npmod"):
        return
    preposition, where = case
    if passive and preposition == "by":
        if tree.tags[k] in (*NOMINAL, "PRON") and tree.kinds[k] != "Time":
            base, particle = lemma(tree.words[v], "VERB"), _particle(tree, v)
            yield from _argument(tree, v, k, " ".join((base, *particle)), words, "agent", turned=True)
        return
    if preposition == "as" and objects and not passive:  # "uses Redis as a cache": said of Redis
        if (participle := _NAMING.get(lemma(tree.words[v], "VERB"))) is not None:
            yield from _argument(tree, v, k, f"be {participle} as", (*words, *where), "oblique", subject=objects[0])
        return
    yield from _argument(tree, v, k, f"{verb} {preposition}", (*words, *where), "passive" if passive else "oblique")


def _chain(
    tree: Tree, v: int, x: int, verb: str, words: tuple[int, ...], passive: bool, has_object: bool
) -> Iterator[Link]:
    """ "wants to store X", "is used to store X", "becomes a Y", "is named Y"."""
    if has_object or tree.kids(x, "nsubj") or x < v or x - v > 6:
        return
    if tree.tags[x] in NOMINAL and not tree.kids(x, "cop", "mark"):
        base = lemma(tree.words[v], "VERB")
        case = _case(tree, x)
        if passive or base in _BECOMING:
            relation = verb if case is None else f"{verb} {case[0]}"
            yield from _argument(tree, v, x, relation, words, "chain")
        return
    to = [k for k in tree.kids(x, "mark") if tree.lower[k] == "to"]
    gerund = tree.lower[x].endswith("ing")
    if tree.tags[x] != "VERB" or (not to and not gerund) or _is_passive(tree, x) or tree.kids(x, "cop"):
        return
    if lemma(tree.words[v], "VERB") == "use" and not passive:
        return
    if any(tree.lower[k] in ("not", "n't", "never") for k in tree.kids(x, "advmod")):
        return
    inner = " ".join((tree.lower[x] if gerund else f"to {lemma(tree.words[x], 'VERB')}", *_particle(tree, x)))
    for link in _arguments_of(tree, x, inner):
        yield Link(f"{verb} {link.relation}", link.argument, (*words, *to, *link.words), "chain")
    deeper = tree.kids(x, "xcomp")
    if len(deeper) == 1 and not tree.kids(x, "obj") and lemma(tree.words[x], "VERB") not in _CONTROL:
        for link in _chain(tree, x, deeper[0], inner, (*to, x), False, False):
            yield replace(link, relation=f"{verb} {link.relation}", words=(*words, *link.words))


def _arguments_of(tree: Tree, x: int, verb: str) -> Iterator[Link]:
    objects = tree.kids(x, "obj")
    if len(objects) > 1 or (objects and tree.kids(x, "xcomp")):
        return
    for k in objects:
        yield from _argument(tree, x, k, verb, (x,), "chain")
    for k in tree.kids(x, "obl"):
        case = _case(tree, k)
        if case is not None and case[0] != "as":
            yield from _argument(tree, x, k, f"{verb} {case[0]}", (x, *case[1]), "chain")


def _controlled(tree: Tree, actor: int, x: int, base: str) -> Iterator[Link]:
    """ "allows clients to store lists": that clients can store lists. Other verbs of control say no fact."""
    to = any(tree.lower[k] == "to" for k in tree.kids(x, "mark"))
    if base not in _ENABLING or tree.tags[x] != "VERB" or not to or _is_passive(tree, x):
        return
    verb = " ".join((lemma(tree.words[x], "VERB"), *_particle(tree, x)))
    for link in _arguments_of(tree, x, verb):
        yield replace(link, subject=actor, modality="can")


def _copula(tree: Tree, p: int) -> Iterator[Link]:
    if len(tree.kids(p, "nsubj")) > 1 or tree.kids(p, "csubj", "obj", "ccomp"):
        return
    cop = tree.kids(p, "cop")
    case = _case(tree, p)
    if tree.tags[p] in NOMINAL:
        if case is not None:
            yield Link(f"be {case[0]}", p, (*cop, *case[1]), "copula")
            return
        if (
            tree.kids(p, "case")
            or tree.kids(p, "nmod:poss", "det")
            and any(tree.lower[d] in ("whose", "what", "which") for d in tree.kids(p))
        ):
            return
        whole = phrase(tree, p)
        yield Link("be", p, tuple(cop), "copula")
        if whole.end > whole.core:  # "is the author of Y"
            of = next(k for k in tree.kids(p, "nmod") if tree.kids(k, "case") and tree.kids(k, "case")[0] == whole.core)
            noun = " ".join(
                lemma(tree.words[i], "NOUN") if i == p and tree.tags[i] == "NOUN" else tree.lower[i]
                for i in range(whole.start, whole.core)
            )
            if tree.tags[p] == "NOUN" and whole.core - whole.start <= 2:
                yield Link(f"be {noun} of", of, (*cop, p, whole.core), "copula")
    elif tree.tags[p] in ("ADJ", "ADV") or (tree.tags[p] == "VERB" and tree.lower[p].endswith("ed")):
        if tree.tags[p] == "ADV" or case is not None:
            return
        for k in tree.kids(p, "obl"):
            inner = _case(tree, k, than=True)
            if inner is not None:
                degree = [
                    tree.lower[d] for d in tree.kids(p, "advmod") if tree.lower[d] in ("more", "less", "most", "least")
                ]
                adjective = " ".join((*degree, tree.lower[p]))
                yield from _argument(tree, p, k, f"be {adjective} {inner[0]}", (*cop, p, *inner[1]), "copula")


def _argument(
    tree: Tree, v: int, k: int, relation: str, words: tuple[int, ...], pattern: str, *, turned: bool = False, subject: int = -1,
) -> Iterator[Link]:  # fmt: skip
    """The link, unless the arc looks wrong: too far, before its verb, or across other clauses."""
    if is_relative(tree, k) and tree.labels[v] == "acl:relcl":
        if tree.heads[v] >= 0 and _antecedent_fits(tree, v):
            yield Link(relation, tree.heads[v], words, pattern, turned, subject)
        return
    if k < v or k - v > REACH or not tree.joined(v, k) or tree.tags[k] not in (*NOMINAL, "PRON", "NUM"):
        return
    if any(
        tree.tags[j] in ("VERB", "AUX") and tree.kids(j, "nsubj") for j in range(v + 1, k) if tree.base(j) in CLAUSES
    ):
        return
    yield Link(relation, k, words, pattern, turned, subject)


def _case(tree: Tree, k: int, *, than: bool = False) -> tuple[str, tuple[int, ...]] | None:
    """The preposition before a noun, of one or more words, and where it stands; None if none that links."""
    found = [c for c in tree.kids(k, "case") if c < k]
    if len(found) != 1:
        return None
    where = (found[0], *tree.kids(found[0], "fixed"))
    words = [tree.lower[i] for i in where]
    if words[0] in _REFUSED and not (than and words == ["than"]):
        return None
    return (
        (" ".join(words), where)
        if len(words) == 1 or words in (["out", "of"], ["next", "to"], ["on", "top"], ["up", "to"], ["close", "to"])
        else None
    )


def _verb(tree: Tree, v: int, passive: bool) -> tuple[str, tuple[int, ...]]:
    """The verb's part of the relation phrase, and its words."""
    particles = tree.kids(v, "compound:prt")
    base = f"be {tree.lower[v]}" if passive else lemma(tree.words[v], "VERB")
    return " ".join((base, *_particle(tree, v))), tuple(sorted((v, *particles)))


def _particle(tree: Tree, v: int) -> tuple[str, ...]:
    return tuple(tree.lower[k] for k in tree.kids(v, "compound:prt"))


def _is_passive(tree: Tree, v: int) -> bool:
    if tree.kids(v, "nsubj:pass", "aux:pass"):
        return True
    if tree.kids(v, "nsubj", "aux", "obj"):
        return False
    participle = (
        not tree.lower[v].endswith("ing")
        and lemma(tree.words[v], "VERB") != tree.lower[v]
        and not tree.lower[v].endswith("s")
    )
    if tree.labels[v] == "acl":
        return participle
    return (
        tree.labels[v] == "conj"
        and participle
        and tree.tags[tree.heads[v]] == "VERB"
        and _is_passive(tree, tree.heads[v])
    )


def _lost_auxiliary(tree: Tree, v: int) -> bool:
    """Whether a form of "be" right before a participle hangs elsewhere: the parse has lost the passive."""
    j = v - 1
    while j >= 0 and tree.tags[j] in ("ADV", "PART"):
        j -= 1
    return j >= 0 and tree.tags[j] == "AUX" and tree.heads[j] != v


# -- subjects --


def _subjects(tree: Tree, v: int, implied: bool, depth: int = 0) -> list[Subject]:
    """Who acts: the verb's own subject, that of the verb it is joined to, the noun that it describes."""
    own = tree.kids(v, "nsubj")
    if own:
        return _own_subject(tree, v, own[0]) if len(own) == 1 else []
    head, label = tree.heads[v], tree.labels[v]
    if label == "conj" and depth < 6 and head >= 0:
        if tree.tags[head] == "VERB" or tree.kids(head, "cop"):
            between = range(head + 1, v)
            other = any(tree.kids(j, "nsubj") and tree.base(j) in ("conj", "parataxis") for j in between)
            return [] if other or tree.kids(v, "mark") else _subjects(tree, head, implied, depth + 1)
        return []
    if label == "acl" and tree.tags[head] in NOMINAL and not tree.kids(v, "mark", "aux"):
        participle = tree.lower[v].endswith("ing") or _is_passive(tree, v)
        near = v - phrase(tree, head).end <= 3 and head < v and tree.joined(head, v)
        return list(_conjuncts(tree, head))[:1] if participle and near else []
    if (
        label == "advcl"
        and tree.lower[v].endswith("ing")
        and not tree.kids(v, "mark")
        and lemma(tree.words[v], "VERB") in _STATIVE
    ):
        return _before_comma(tree, v)
    if head < 0 and implied and _is_finite(tree, v):
        return [IMPLIED]
    return []


def _own_subject(tree: Tree, v: int, s: int) -> list[Subject]:
    if is_relative(tree, s) and tree.labels[v] == "acl:relcl":
        return [Subject(tree.heads[v])] if _antecedent_fits(tree, v) else []
    if is_relative(tree, s) and tree.labels[v] == "conj":
        return []
    if s > v or v - s > REACH or tree.tags[s] not in (*NOMINAL, "PRON", "NUM") or not tree.joined(v, s):
        return []
    if tree.kids(s, "case"):
        return []
    return list(_conjuncts(tree, s))


def _antecedent_fits(tree: Tree, v: int) -> bool:
    """Whether a relative clause begins right behind the noun phrase that it describes."""
    noun = tree.heads[v]
    if tree.tags[noun] not in NOMINAL or noun > v:
        return False
    first = min(tree.below(v))
    while first < v and tree.words[first] in (",", "(", "-", "–", "—"):
        first += 1
    gap = [j for j in range(phrase(tree, noun).end, first) if tree.tags[j] != "PUNCT"]
    return len(gap) <= 4 and not any(tree.tags[j] in ("VERB", "AUX", "SCONJ") for j in gap) and tree.joined(noun, v)


def _before_comma(tree: Tree, v: int) -> list[Subject]:
    """The noun right before ", running as ..."."""
    if v < 2 or tree.words[v - 1] != "," or tree.tags[v - 2] not in NOMINAL:
        return []
    noun = v - 2
    while tree.heads[noun] > noun - 8 and tree.heads[noun] >= 0 and tree.base(noun) in ("flat", "compound"):
        noun = tree.heads[noun]
    return [Subject(noun)] if tree.tags[noun] in NOMINAL and noun <= v - 2 else []


def _is_finite(tree: Tree, v: int) -> bool:
    """Whether a verb without subject begins its sentence in the third person: "Stores the tweet"."""
    first = next((j for j in range(v + 1) if tree.tags[j] not in ("PUNCT", "SYM", "ADV", "X")), v)
    return first == v and tree.lower[v].endswith("s") and lemma(tree.words[v], "VERB") != tree.lower[v]


def _conjuncts(tree: Tree, i: int) -> Iterator[Subject]:
    """A noun and those joined to it; nothing where they are joined to something else than nouns."""
    joined = [k for k in tree.kids(i, "conj") if tree.tags[k] in (*NOMINAL, "PRON")]
    either = any(tree.lower[c] in ("or", "nor") for k in joined for c in tree.kids(k, "cc"))
    but = [any(tree.lower[c] in ("but", "not") for c in (*tree.kids(k, "cc", "advmod"),)) for k in joined]
    yield Subject(i, either, is_denied(tree, i))
    for k, against in zip(joined, but, strict=True):
        if not against and not tree.kids(k, "nsubj", "case", "cop"):
            yield Subject(k, either, is_denied(tree, i) or is_denied(tree, k))


# -- nouns that say what a noun is --


def _appositions(tree: Tree) -> Iterator[Open]:
    """ "Redis, an in-memory store, ...": is an in-memory store."""
    for a in range(len(tree.words)):
        noun = tree.heads[a]
        if tree.labels[a] != "appos" or tree.tags[a] != "NOUN" or noun < 0 or tree.tags[noun] != "PROPN" or noun > a:
            continue
        article = [k for k in tree.kids(a, "det") if tree.lower[k] in ("a", "an", "the")]
        p, q = phrase(tree, noun), phrase(tree, a)
        first = min(tree.below(a) - {j for j in tree.below(a) if tree.tags[j] == "PUNCT"})
        if (
            article
            and first - p.end <= 1
            and tree.words[first - 1] == ","
            and article[0] == first
            and not tree.kids(a, "case")
        ):
            above = _clause_of(tree, noun)
            framed = Frame() if above < 0 else frame(tree, above)
            yield Open(p, "be", q, (first - 1,), replace(framed, negated=False, modality=""), "apposition")


def _examples(tree: Tree) -> Iterator[Open]:
    """ "media such as photos or videos": photos are media (Hearst 1992)."""
    for k in range(len(tree.words)):
        noun = tree.heads[k]
        if tree.base(k) != "nmod" or noun < 0 or noun > k or tree.tags[noun] != "NOUN" or tree.tags[k] not in NOMINAL:
            continue
        case = tree.kids(k, "case")
        if not case or tree.lower[case[0]] != "such" or tree.lower[case[0] + 1 : case[0] + 2] != ("as",):
            continue
        q = phrase(tree, noun)
        between = [j for j in range(q.end, case[0]) if tree.words[j] != ","]
        if between:
            continue
        above = _clause_of(tree, noun)
        framed = Frame() if above < 0 else frame(tree, above)
        for one in _conjuncts(tree, k):
            yield Open(
                phrase(tree, one.word),
                "be",
                q,
                (case[0], case[0] + 1),
                replace(framed, negated=False, modality=""),
                "apposition",
            )


def _clause_of(tree: Tree, i: int) -> int:
    while i >= 0 and tree.base(i) not in CLAUSES:
        i = tree.heads[i]
    return i
