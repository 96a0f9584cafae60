"""Who acts in a clause: its own subject, that of the clause it is joined to, the noun that it describes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kgbuild.mentions.lemmas import is_past, lemma, verb
from kgbuild.mentions.phrases import NOMINAL, is_denied, is_relative, phrase
from kgbuild.mentions.tree import Tree
from kgbuild.mentions.wordlists import PLURAL, STATIVE

REACH = 25  # words between a predicate and its argument beyond which a parse is not trusted


@dataclass(frozen=True, slots=True)
class Subject:
    """A word that acts, and whether "or" or "no" stands before it; ``some``: only some of what it names do."""

    word: int
    either: bool = False
    denied: bool = False
    some: bool = False


IMPLIED = Subject(-1)


def subjects_of(tree: Tree, v: int, implied: bool, depth: int = 0) -> list[Subject]:
    """Who acts: the verb's own subject, that of the verb it is joined to, the noun that it describes."""
    own = tree.kids(v, "nsubj")
    if own and _disagree(tree, own[0], v):
        return []
    if own:
        return _own_subject(tree, v, own[0]) if len(own) == 1 else []
    head, label = tree.heads[v], tree.labels[v]
    if label == "conj" and depth < 6 and head >= 0:
        if tree.tags[head] == "VERB" or tree.kids(head, "cop"):
            between = range(head + 1, v)
            other = any(tree.kids(j, "nsubj") and tree.base(j) in ("conj", "parataxis") for j in between)
            return [] if other or tree.kids(v, "mark") else subjects_of(tree, head, implied, depth + 1)
        return []
    if tree.lower[v] in ("using", "following"):  # a means of the clause, whatever it hangs on
        return []
    if label == "acl" and tree.tags[head] in NOMINAL and not tree.kids(v, "mark", "case", "aux"):
        participle = tree.tags[v - 1] not in ("ADP", "PART") and (tree.lower[v].endswith("ing") or is_passive(tree, v))
        near = v - phrase(tree, head).end <= 3 and head < v and tree.joined(head, v)
        acting = list(conjuncts(tree, head))[:1] if participle and near else []
        return [replace(s, some=_is_bare(tree, s.word, v)) for s in acting]
    if (
        label == "advcl"
        and tree.lower[v].endswith("ing")
        and not tree.kids(v, "mark")
        and lemma(tree.words[v], "VERB") in STATIVE
    ):
        return _before_comma(tree, v)
    if head < 0 and implied and _is_finite(tree, v):
        return [IMPLIED]
    return []


def _own_subject(tree: Tree, v: int, s: int) -> list[Subject]:
    if is_relative(tree, s) and tree.labels[v] == "acl:relcl":
        noun = tree.heads[v]
        return [Subject(noun, some=_is_bare(tree, noun, v))] if antecedent_fits(tree, v) else []
    if is_relative(tree, s) and tree.labels[v] == "conj":
        return []
    if s > v or v - s > REACH or tree.tags[s] not in (*NOMINAL, "PRON", "NUM") or not tree.joined(v, s):
        return []
    if tree.kids(s, "case"):
        return []
    acting = list(conjuncts(tree, s))
    return [replace(one, some=True) for one in acting] if any(_is_cut(tree, one.word) for one in acting) else acting


def _disagree(tree: Tree, s: int, v: int) -> bool:
    """Whether a common noun and a verb in the present differ in number: no noun and verb then, but a title read as a
    sentence ("Outline use cases"), or a word taken for a verb.
    """
    form, alone = tree.lower[v], not tree.kids(s, "conj")
    base = lemma(form, "VERB")
    if tree.tags[s] != "NOUN" or tree.kids(v, "aux", "cop") or is_past(form, base):
        return False
    if tree.lower[s] in PLURAL or tree.base(v) in ("ccomp", "xcomp"):
        return False
    plural = lemma(tree.lower[s], "NOUN") != tree.lower[s]
    return (form == base and alone and not plural) or (form in (base + "s", base + "es") and plural)


def _is_bare(tree: Tree, noun: int, v: int) -> bool:
    """Whether a clause tells which things of a kind are meant: "systems that need X", not "the systems, which ..."."""
    p = phrase(tree, noun)
    up_to = tree.words[p.end : min(tree.below(v)) + 1]  # commas hang to the clause
    plural = lemma(tree.lower[noun], "NOUN") != tree.lower[noun]
    return _is_kind(tree, noun) and (p.end - p.start == 1 or plural) and "," not in up_to


def _is_cut(tree: Tree, noun: int) -> bool:
    """Whether a noun loses with what follows it which things of a kind are meant: "Trade from Chile is copper"."""
    p = phrase(tree, noun)
    tails = [k for k in tree.kids(noun, "nmod") if k >= p.end and tree.kids(k, "case")]
    return _is_kind(tree, noun) and p.end - p.start == 1 and bool(tails)


def _is_kind(tree: Tree, noun: int) -> bool:
    """Whether a common noun stands without a determiner that points to things known."""
    pointing = [k for k in tree.kids(noun, "det", "nmod:poss") if tree.lower[k] not in ("a", "an", "any", "some")]
    return tree.tags[noun] == "NOUN" and not pointing


def antecedent_fits(tree: Tree, v: int) -> bool:
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


def conjuncts(tree: Tree, i: int) -> Iterator[Subject]:
    """A noun and those joined to it; nothing where they are joined to something else than nouns."""
    joined = [k for k in tree.kids(i, "conj") if tree.tags[k] in (*NOMINAL, "PRON")]
    either = any(tree.lower[c] in ("or", "nor") for k in joined for c in tree.kids(k, "cc"))
    but = [any(tree.lower[c] in ("but", "not") for c in (*tree.kids(k, "cc", "advmod"),)) for k in joined]
    yield Subject(i, either, is_denied(tree, i))
    for k, against in zip(joined, but, strict=True):
        if not against and not tree.kids(k, "nsubj", "case", "cop"):
            yield Subject(k, either, is_denied(tree, i) or is_denied(tree, k))


def is_passive(tree: Tree, v: int) -> bool:
    if tree.kids(v, "nsubj:pass", "aux:pass"):
        return True
    if tree.kids(v, "nsubj", "aux", "obj"):
        return False
    base, is_participle = verb(tree.lower[v])
    participle = (
        not tree.lower[v].endswith("ing")
        and lemma(tree.words[v], "VERB") != tree.lower[v]
        and not tree.lower[v].endswith("s")
        and (is_participle or not is_past(tree.lower[v], base))  # "was born and grew up"
    )
    if tree.labels[v] == "acl":
        return participle
    return (
        tree.labels[v] == "conj"
        and participle
        and tree.tags[tree.heads[v]] == "VERB"
        and is_passive(tree, tree.heads[v])
    )
