"""How a predicate relates its subject to its objects, obliques and complements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kgbuild.mentions.frames import CLAUSES
from kgbuild.mentions.lemmas import lemma
from kgbuild.mentions.phrases import NOMINAL, is_relative, phrase
from kgbuild.mentions.subjects import REACH, antecedent_fits, is_passive
from kgbuild.mentions.tree import Tree
from kgbuild.mentions.wordlists import (
    BECOMING,
    CARRIED,
    COMPELLING,
    CONTROL,
    DIRECTIONS,
    ENABLING,
    LIGHT,
    NAMING,
    PLACING,
    REFUSED,
    SETTINGS,
    TOWARDS,
    WITH,
)


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


def verbal(tree: Tree, v: int) -> Iterator[Link]:
    passive = is_passive(tree, v)
    verb, words = _verb(tree, v, passive)
    objects, chained = tree.kids(v, "obj"), tree.kids(v, "xcomp")
    if not passive and _lost_auxiliary(tree, v):
        return
    if len(objects) > 1 or len(tree.kids(v, "nsubj")) > 1 or tree.kids(v, "csubj") or (passive and objects):
        return
    base, receivers = lemma(tree.words[v], "VERB"), tree.kids(v, "iobj")
    if base in COMPELLING and objects and not chained:  # "causes a job to run": hung to the noun
        chained = [k for k in tree.kids(objects[0], "acl") if any(tree.lower[m] == "to" for m in tree.kids(k, "mark"))]
    if base in CONTROL and (objects or receivers) and chained:
        yield from _controlled(tree, (objects or receivers)[0], chained[0], base)
        return
    if not passive and objects and base not in ("be",):
        yield from _argument(tree, v, objects[0], verb, words, "object")
    idiom = [k for k in tree.kids(v, "obl") if _is_setting(tree, k)]  # "fell in love with"
    for k in tree.kids(v, "obl"):
        if not idiom or k < idiom[0]:
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
    if tree.kids(k, "cop", "mark") or _nested(tree, v, k):
        return
    if tree.kinds[k] == "Time" and preposition in ("to", "till", "until"):
        return  # the end of a stretch that the verb alone does not name
    carried = preposition in (*CARRIED, "as") or (preposition == "with" and lemma(tree.words[v], "VERB") in WITH)
    if objects and not passive and (not carried or tree.kinds[k] == "Time"):
        return  # "supports Ada for the election": the verb alone does not link to the election
    bare = bool(objects) and objects[0] == v + 1 and not tree.kids(objects[0])
    light = bare and lemma(tree.words[v], "VERB") in LIGHT
    if light and not passive:
        verb, words = f"{verb} {tree.lower[objects[0]]}", (*words, objects[0])  # "takes place in"
    if passive and preposition == "by":
        alone = len([j for j in tree.kids(v, "obl") if any(tree.lower[c] == "by" for c in tree.kids(j, "case"))]) == 1
        if alone and tree.tags[k] in (*NOMINAL, "PRON") and tree.kinds[k] != "Time":
            base, particle = lemma(tree.words[v], "VERB"), _particle(tree, v)
            yield from _argument(tree, v, k, " ".join((base, *particle)), words, "agent", turned=True)
        return
    if preposition == "as" and objects and not passive:  # "uses Redis as a cache": said of Redis
        if (participle := NAMING.get(lemma(tree.words[v], "VERB"))) is not None:
            yield from _argument(tree, v, k, f"be {participle} as", (*words, *where), "oblique", subject=objects[0])
        return
    yield from _argument(tree, v, k, f"{verb} {preposition}", (*words, *where), "passive" if passive else "oblique")


def _nested(tree: Tree, v: int, k: int) -> bool:
    """Whether "in Y" may belong to the X right before it: "moved to the league in Germany"."""
    case = tree.kids(k, "case")
    if not case or tree.lower[case[0]] not in PLACING or tree.kinds[k] == "Time":
        return False
    before = [j for j in tree.kids(v, "obl") if j < k and phrase(tree, j).end == case[0]]
    return any(tree.lower[c] in TOWARDS for j in before for c in tree.kids(j, "case"))


def _chain(
    tree: Tree, v: int, x: int, verb: str, words: tuple[int, ...], passive: bool, has_object: bool
) -> Iterator[Link]:
    """ "wants to store X", "is used to store X", "becomes a Y", "is named Y"."""
    if has_object or tree.kids(x, "nsubj") or x < v or x - v > 6:
        return
    if tree.tags[x] in NOMINAL and not tree.kids(x, "cop", "mark"):
        base = lemma(tree.words[v], "VERB")
        case = _case(tree, x)
        if passive or base in BECOMING:
            relation = verb if case is None else f"{verb} {case[0]}"
            yield from _argument(tree, v, x, relation, words, "chain")
        return
    to = [k for k in tree.kids(x, "mark") if tree.lower[k] == "to"]
    gerund = tree.lower[x].endswith("ing")
    if tree.tags[x] != "VERB" or (not to and not gerund) or is_passive(tree, x) or tree.kids(x, "cop"):
        return
    if lemma(tree.words[v], "VERB") == "use" and not passive:
        return
    if any(tree.lower[k] in ("not", "n't", "never") for k in tree.kids(x, "advmod")):
        return
    inner = " ".join((tree.lower[x] if gerund else f"to {lemma(tree.words[x], 'VERB')}", *_particle(tree, x)))
    for link in _arguments_of(tree, x, inner):
        yield Link(f"{verb} {link.relation}", link.argument, (*words, *to, *link.words), "chain")
    deeper = tree.kids(x, "xcomp")
    if len(deeper) == 1 and not tree.kids(x, "obj") and lemma(tree.words[x], "VERB") not in CONTROL:
        for link in _chain(tree, x, deeper[0], inner, (*to, x), False, False):
            yield replace(link, relation=f"{verb} {link.relation}", words=(*words, *link.words))


def _arguments_of(tree: Tree, x: int, verb: str) -> Iterator[Link]:
    objects = tree.kids(x, "obj")
    if len(objects) > 1 or (objects and tree.kids(x, "xcomp")):
        return
    for k in objects:
        yield from _argument(tree, x, k, verb, (x,), "chain")
    for k in tree.kids(x, "obl"):
        for link in _oblique(tree, x, k, verb, (x,), False, objects):
            if link.subject < 0:
                yield replace(link, pattern="chain")


def _controlled(tree: Tree, actor: int, x: int, base: str) -> Iterator[Link]:
    """ "allows clients to store lists": that clients can store lists. Other verbs of control say no fact."""
    to = any(tree.lower[k] == "to" for k in tree.kids(x, "mark"))
    if base not in ENABLING or tree.tags[x] != "VERB" or not to or is_passive(tree, x):
        return
    verb = " ".join((lemma(tree.words[x], "VERB"), *_particle(tree, x)))
    for link in _arguments_of(tree, x, verb):
        yield replace(link, subject=actor, modality="can")


def copula(tree: Tree, p: int) -> Iterator[Link]:
    if len(tree.kids(p, "nsubj")) > 1 or tree.kids(p, "csubj", "obj", "ccomp"):
        return
    cop = tree.kids(p, "cop")
    case = _case(tree, p)
    if tree.tags[p] in NOMINAL:
        if case is not None:
            yield Link(f"be {case[0]}", p, (*cop, *case[1]), "copula")
            return
        if tree.kids(p, "case") or (
            tree.kids(p, "nmod:poss", "det") and any(tree.lower[d] in ("whose", "what", "which") for d in tree.kids(p))
        ):
            return
        whole = phrase(tree, p)
        if any(lemma(tree.words[s], "NOUN") == lemma(tree.words[p], "NOUN") for s in tree.kids(p, "nsubj")):
            return  # "the process is a process that ...": says nothing without the rest
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
    tree: Tree, v: int, k: int, relation: str, words: tuple[int, ...], pattern: str, *,
    turned: bool = False, subject: int = -1,
) -> Iterator[Link]:  # fmt: skip
    """The link, unless the arc looks wrong: too far, before its verb, or across other clauses."""
    if is_relative(tree, k) and tree.labels[v] == "acl:relcl":
        if tree.heads[v] >= 0 and antecedent_fits(tree, v):
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
    if _is_setting(tree, k):
        return None
    where = (found[0], *tree.kids(found[0], "fixed"))
    words = [tree.lower[i] for i in where]
    if words[0] in REFUSED and not (than and words == ["than"]):
        return None
    return (
        (" ".join(words), where)
        if len(words) == 1 or words in (["out", "of"], ["next", "to"], ["on", "top"], ["up", "to"], ["close", "to"])
        else None
    )


def _is_setting(tree: Tree, k: int) -> bool:
    """Whether a bare noun is part of a longer preposition: "in cooperation with"."""
    return tree.lower[k] in SETTINGS and not tree.kids(k, "det", "amod", "compound", "nmod:poss")


def _verb(tree: Tree, v: int, passive: bool) -> tuple[str, tuple[int, ...]]:
    """The verb's part of the relation phrase, and its words."""
    base = f"be {tree.lower[v]}" if passive else lemma(tree.words[v], "VERB")
    particles = _particles(tree, v)
    return " ".join((base, *(tree.lower[k] for k in particles))), (v, *particles)


def _particles(tree: Tree, v: int) -> tuple[int, ...]:
    near = tuple(k for k in tree.kids(v, "advmod") if k == v + 1 and tree.lower[k] in DIRECTIONS)
    return (*near, *tree.kids(v, "compound:prt"))


def _particle(tree: Tree, v: int) -> tuple[str, ...]:
    return tuple(tree.lower[k] for k in _particles(tree, v))


def _lost_auxiliary(tree: Tree, v: int) -> bool:
    """Whether a form of "be" right before a participle hangs elsewhere: the parse has lost the passive."""
    j = v - 1
    while j >= 0 and tree.tags[j] in ("ADV", "PART"):
        j -= 1
    return j >= 0 and tree.tags[j] == "AUX" and tree.heads[j] != v
