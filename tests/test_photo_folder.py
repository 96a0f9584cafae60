"""A folder of photos with the default configuration: metadata, signs, captions, copies and crops, with evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from photos import alt, bag, exif, jpeg, save, scene, with_iptc, xmp

import kgbuild
from kgbuild.queries.evidence import check_evidence


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    corpus = folder / "corpus"
    corpus.mkdir()
    bridge = scene(1, sign="ALDER BRIDGE", size=(480, 360))
    packet = xmp(
        alt("dc:description", x_default="Ada Lovelace visited the University of Cambridge with Charles Babbage in 1841.")
        + bag("dc:subject", "bridge", "Cambridge") + bag("Iptc4xmpExt:PersonInImage", "Ada Lovelace"),
        'photoshop:City="Cambridge"',
    )  # fmt: skip
    made = exif(
        taken="2024:05:01 12:30:00", zone="+02:00", place=("N", (52.0, 12.0, 18.0), "E", (0.0, 7.0, 12.0)),
        x010F="NIKON CORPORATION", x0110="NIKON D750",
    )  # fmt: skip
    save(bridge, corpus / "bridge.jpg", exif=made, xmp=packet)
    save(bridge, corpus / "copy.jpg", quality=45)
    save(bridge.crop((60, 20, 440, 340)), corpus / "crop.png")
    sets = ((25, b"sheep"), (80, b"Ada Lovelace"), (116, "© Example Press".encode()), (55, b"20230401"))
    (corpus / "hill.jpg").write_bytes(with_iptc(jpeg(scene(2, size=(480, 360))), *sets))
    report = kgbuild.build(corpus, out=folder / "out")
    assert report.status == "success", report.issues
    return folder / "out"


def asked(out: Path, pattern: str, *names: str) -> set[tuple[str, ...]]:
    with kgbuild.open(out) as graph:
        rows = graph.sparql(f"SELECT {' '.join(f'?{n}' for n in names)} {{ {pattern} }}")
        return {tuple(str(row[n]) for n in names) for row in rows}


def test_what_pictures_say_of_themselves(out: Path) -> None:
    found = asked(
        out, '?s core:path "bridge.jpg" ; ?p ?o . FILTER(isLiteral(?o) && STRSTARTS(STR(?p), STR(core:)))', "p", "o"
    )
    said = {p.partition("#")[2]: o for p, o in found}
    assert said["created"] == "2024-05-01T12:30:00+02:00"
    assert (float(said["latitude"]), float(said["longitude"])) == (52.205, 0.12)
    assert said["caption"].startswith("Ada Lovelace visited")
    links = asked(
        out, "?s core:path ?file ; ?p ?e . ?e rdfs:label ?name FILTER(?p != core:mentions)", "file", "p", "name"
    )
    links = {(file, p.partition("#")[2], name) for file, p, name in links}
    assert links >= {
        ("bridge.jpg", "camera", "NIKON D750"), ("bridge.jpg", "keyword", "bridge"), ("bridge.jpg", "depicts", "Ada Lovelace"),
        ("bridge.jpg", "takenIn", "Cambridge"), ("hill.jpg", "creator", "Ada Lovelace"), ("hill.jpg", "keyword", "sheep"),
    }  # fmt: skip


def test_captions_signs_and_metadata_name_the_same_things(out: Path) -> None:
    query = "?m oa:hasBody ?e ; prov:wasGeneratedBy/core:modality ?how . ?e rdfs:label ?name"
    how = asked(out, query, "name", "how")
    assert {("Ada Lovelace", "text"), ("Ada Lovelace", "metadata"), ("Charles Babbage", "text")} <= how
    assert any(name.lower() == "alder bridge" and way == "picture" for name, way in how)
    assert len(asked(out, '?e rdfs:label ?n FILTER(STR(?n) = "Ada Lovelace")', "e")) == 1


def test_copies_and_crops_are_one_picture_and_others_are_not(out: Path) -> None:
    pairs = asked(out, "?a core:depictsSame ?b . ?a core:path ?one . ?b core:path ?other", "one", "other")
    assert {tuple(sorted(p)) for p in pairs} == {
        ("bridge.jpg", "copy.jpg"), ("bridge.jpg", "crop.png"), ("copy.jpg", "crop.png")
    }  # fmt: skip


def test_all_evidence_resolves_and_is_shown(out: Path) -> None:
    checked = check_evidence(out)
    assert not checked.failures and checked.checked["metadata"] > 10
    with kgbuild.open(out) as graph:
        (row,) = graph.sparql(
            'SELECT ?s { ?s a core:Statement ; rdf:subject/core:path "bridge.jpg" ; rdf:predicate core:camera }'
        )
        (piece,) = graph.why(str(row["s"])).evidence
        assert piece.place.startswith("field exif:Model") and piece.marked == "NIKON D750" == piece.surface
        told = graph.describe("bridge.jpg").text
    assert "It is created 2024-05-01T12:30:00+02:00." in told and "Its camera is NIKON D750." in told
    assert "The same picture is in copy.jpg" in told
