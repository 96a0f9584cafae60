"""Whether a clause is stated as a fact: negation, modality, attribution, condition.

A clause inherits from those around it: what stands under "he says that" is said, under
"if" supposed. In doubt a clause counts as supposed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kgbuild.mentions.lemmas import lemma
from kgbuild.mentions.tree import Tree
from kgbuild.mentions.wordlists import SPEECH, STATED

MODALS = {
    "can": "can", "could": "could", "may": "may", "might": "may", "must": "must", "shall": "must", "should": "should",
    "ought": "should", "will": "will", "would": "would", "need": "must", "dare": "may",
}  # fmt: skip
_DOUBT = frozenset({"deny", "doubt"})
_PERHAPS = {
    "perhaps": "perhaps", "maybe": "perhaps", "possibly": "perhaps", "probably": "probably", "likely": "probably",
    "presumably": "probably", "potentially": "perhaps", "rarely": "rarely", "hardly": "rarely", "seldom": "rarely",
    "barely": "rarely", "almost": "almost", "nearly": "almost", "supposedly": "allegedly", "allegedly": "allegedly",
    "reportedly": "allegedly", "apparently": "apparently", "ideally": "should", "theoretically": "perhaps",
    "sometimes": "sometimes", "often": "", "usually": "",
}  # fmt: skip
SOME = "some"  # the modality of what only some do of what a noun names
_NOT = frozenset({"not", "n't", "never", "nt"})
CLAUSES = frozenset({"root", "conj", "ccomp", "advcl", "acl", "parataxis", "xcomp", "csubj", "list"})


@dataclass(frozen=True, slots=True)
class Frame:
    """How a clause is meant. ``attribution``: index of the word of who says it, -1 nobody, -2 somebody not named."""

    negated: bool = False
    modality: str = ""
    attribution: int = -1
    hypothetical: bool = False

    @property
    def status(self) -> str:
        """``asserted``, or what keeps it from being a fact, the strongest first."""
        if self.hypothetical:
            return "hypothetical"
        if self.attribution != -1:
            return "reported"
        if self.negated:
            return "negated"
        return "possible" if self.modality else "asserted"


def frame(tree: Tree, v: int, depth: int = 0) -> Frame:
    """The frame of the clause whose predicate is word ``v``."""
    own = _own(tree, v)
    head, label = tree.heads[v], tree.base(v)
    if head < 0 or depth > 12:
        return replace(own, hypothetical=own.hypothetical or depth > 12)
    if label == "conj":
        return _join(tree, v, own, frame(tree, head, depth + 1))
    if label == "parataxis":
        return own
    if label == "ccomp":
        return _said(tree, head, own, frame(tree, head, depth + 1))
    above = predicate_above(tree, v)
    around = frame(tree, above, depth + 1) if above >= 0 else Frame()
    supposed = own.hypothetical or around.hypothetical
    if label == "acl" and tree.labels[v] != "acl:relcl" and tree.kids(v, "mark"):
        supposed = True  # "the claim that", "a way to"
    if label == "acl" and (around.negated or any(tree.lower[k] in ("no", "any") for k in tree.kids(head, "det"))):
        supposed = True
    if tree.labels[v] == "advcl:relcl" and tree.tags[head] in ("ADV", "PRON", "SCONJ"):
        supposed = True  # "investigated how they work"
    if label in ("csubj", "advcl") and (around.negated or label == "csubj"):
        supposed = True
    if label in ("acl", "advcl") and around.modality:
        supposed = supposed or label == "advcl"
    return replace(
        own, hypothetical=supposed, attribution=own.attribution if own.attribution != -1 else around.attribution
    )


def predicate_above(tree: Tree, v: int) -> int:
    """The predicate of the clause around the clause of ``v``, -1 if none."""
    i = tree.heads[v]
    while i >= 0 and tree.base(i) not in CLAUSES:
        i = tree.heads[i]
    return i


def _own(tree: Tree, v: int) -> Frame:
    negated, modality, supposed, said = False, "", False, -1
    for k in tree.kids(v):
        word, label = tree.lower[k], tree.base(k)
        if label == "aux":
            modality = modality or MODALS.get(word) or MODALS.get(lemma(word, "AUX"), "")
        if word in _NOT or (word in ("neither", "nor") and label in ("advmod", "cc")):
            only = k + 1 < len(tree.words) and tree.lower[k + 1] in ("only", "just")
            negated = negated or not only
        if word == "cannot":
            negated = True
        if label == "advmod" and k + 1 < len(tree.words) and word == "no" and tree.lower[k + 1] == "longer":
            negated = True
        if word in ("longer", "more") and label == "advmod" and any(tree.lower[j] == "no" for j in tree.kids(k)):
            negated = True
        if label == "advmod" and _PERHAPS.get(word):
            modality = modality or _PERHAPS[word]
        if label == "mark" and word not in STATED and word != "to":
            supposed = True
        if (
            label == "advmod"
            and word in ("when", "whenever", "how", "why", "where", "wherever")
            and tree.labels[v] != "acl:relcl"
        ):
            supposed = True
        if label == "advcl" and any(
            tree.lower[m] in ("if", "unless", "whether", "once", "when", "whenever", "until")
            for m in tree.kids(k, "mark", "advmod")
        ):
            conditional = any(tree.lower[m] in ("if", "unless", "whether") for m in tree.kids(k, "mark"))
            supposed = supposed or conditional
        if label == "obl" and any(tree.lower[c] == "according" for c in tree.kids(k, "case")):
            said = k
        if label == "parataxis" and lemma(tree.words[k], tree.tags[k]) in SPEECH and tree.kids(k, "nsubj"):
            said = tree.kids(k, "nsubj")[0]
    if tree.tags[v] == "AUX" and lemma(tree.words[v], "AUX") in MODALS:
        supposed = True
    if tree.heads[v] < 0 or tree.base(v) in ("conj", "parataxis", "ccomp"):
        supposed = supposed or _asked(tree, v)
    if tree.lower[v] in ("seem", "seems", "seemed", "appears", "appeared") and tree.kids(v, "xcomp"):
        modality = modality or "apparently"
    if lemma(tree.words[v], tree.tags[v]) in ("need", "have") and tree.kids(v, "xcomp") and not tree.kids(v, "obj"):
        modality = modality or "must"
    return Frame(negated, modality, said, supposed)


def _asked(tree: Tree, v: int) -> bool:
    """Whether the sentence ends in a question mark, or the subject follows the auxiliary ("does it")."""
    if "?" in tree.words[-3:]:
        return True
    subjects, aux = tree.kids(v, "nsubj"), tree.kids(v, "aux", "cop")
    return bool(subjects and aux) and aux[0] < subjects[0] < v and tree.lower[0] not in ("nor", "neither", "so", "only")


def _join(tree: Tree, v: int, own: Frame, first: Frame) -> Frame:
    """A conjunct: what its auxiliaries do not say again, it has from the first verb."""
    shares = not tree.kids(v, "aux", "cop") and not tree.kids(v, "nsubj", "csubj")
    either = any(tree.lower[c] in ("or", "nor") for c in tree.kids(v, "cc"))
    bare = lemma(tree.words[v], tree.tags[v]) == tree.lower[v]
    participle = tree.lower[v].endswith(("ed", "en", "ing"))
    negated, modality = own.negated, own.modality
    if shares and (bare or participle or either):
        negated = negated or first.negated
        modality = modality or first.modality
    if either and not negated:
        modality = modality or "or"
    said = own.attribution if own.attribution != -1 else first.attribution
    return Frame(negated, modality, said, own.hypothetical or first.hypothetical)


def _said(tree: Tree, head: int, own: Frame, around: Frame) -> Frame:
    """A clause that is the object of another: said if that is a verb of speech or belief, else supposed."""
    verb = lemma(tree.words[head], tree.tags[head])
    if verb not in SPEECH or verb in _DOUBT or around.negated or around.hypothetical or around.modality:
        return replace(own, hypothetical=True)
    speakers = tree.kids(head, "nsubj", "obl:agent")
    if tree.heads[head] < 0 and not speakers and head == 0 and verb in ("note", "see", "remark", "recall"):
        return own  # "Note that ..." is the author's own word
    return replace(own, attribution=speakers[0] if speakers else -2)
