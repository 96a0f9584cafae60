"""Accuracy of ``ask`` by kind of question: python benchmarks/ask.py --examples OUT1 --shared OUT2 [--split test].

``benchmarks/questions.jsonl`` holds 60 questions with answers, written from the sources before the code. An answer is
right if each given one is one of the right ones (or an optional one), and each right one is given. A question with no
answers is right if ask says "not in the graph". One half (dev) was looked at while the code was written, the other
(test) was scored only.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import kgbuild
from kgbuild.identity import normalise
from kgbuild.queries.ask.reply import Reply

QUESTIONS = Path(__file__).with_name("questions.jsonl")


def right(question: dict[str, object], reply: Reply) -> bool:
    """Whether a reply has all right answers and no other."""
    wanted = [{_key(a) for a in group} for group in question["answers"]]  # type: ignore[attr-defined]
    optional = {_key(a) for a in question.get("optional", ())}  # type: ignore[attr-defined]
    given = {_key(a.text) for a in reply.answers}
    if not wanted:
        return not given
    return all(group & given for group in wanted) and given <= set.union(*wanted, optional)


def _key(answer: str) -> str:
    try:
        return f"{float(answer):g}"
    except ValueError:
        return answer if answer[:4].isdigit() else normalise(answer).removeprefix("the ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, help="workspace of examples/corpus")
    parser.add_argument("--shared", type=Path, help="workspace of ../shared/corpus")
    parser.add_argument("--corpora", type=Path, nargs=2, default=(Path("examples/corpus"), Path("../shared/corpus")))
    parser.add_argument("--split", choices=("dev", "test", "more", "all"), default="all")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--verbose", action="store_true", help="print each question of the split with its answer")
    given = parser.parse_args()
    outs = {"examples": given.examples, "shared": given.shared}
    corpora = dict(zip(outs, given.corpora, strict=True))
    hits: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str]] = Counter()
    graphs = {name: kgbuild.open(out) for name, out in outs.items() if out is not None}
    for line in given.questions.read_text("utf-8").splitlines():
        q = json.loads(line)
        if q["corpus"] not in graphs or given.split not in ("all", q["split"]):
            continue
        image = corpora[q["corpus"]] / q["image"] if "image" in q else None
        reply = graphs[q["corpus"]].ask(q["question"], image=image)
        good = right(q, reply)
        for key in ((q["split"], q["kind"]), (q["split"], "all"), ("both", q["kind"]), ("both", "all")):
            seen[key] += 1
            hits[key] += good
        if given.verbose:
            print(f"{'+' if good else '-'} {q['id']:2} {q['question']}")
            print(f"      {reply.text}  [{reply.confidence}] {reply.reason}")
    for graph in graphs.values():
        graph.close()
    for split in ("dev", "test", "more", "both"):
        for kind in ("text", "diagram", "video", "across", "all"):
            if seen[split, kind]:
                share = hits[split, kind] / seen[split, kind]
                print(f"{split:5} {kind:8} {hits[split, kind]:3} of {seen[split, kind]:3}  {share:.3f}")


if __name__ == "__main__":
    main()
