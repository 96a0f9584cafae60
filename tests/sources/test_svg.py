"""SVG: shapes, texts and transforms, and what Graphviz, Mermaid and Inkscape say of their groups."""

from __future__ import annotations

import pytest

from kgbuild.errors import SourceError
from kgbuild.sources.svg import parse_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '


def svg(inner: str, view: str = 'viewBox="0 0 400 100"') -> str:
    return f"{HEAD}{view}>{inner}</svg>"


def test_units_are_those_of_the_view_box() -> None:
    drawing = parse_svg(
        svg(
            '<g transform="translate(10 5) scale(2)"><rect width="50" height="20"/></g>',
            'width="9in" viewBox="0 0 400 100"',
        )
    )
    assert (drawing.width, drawing.height) == (400, 100)
    assert drawing.shapes[0].box == pytest.approx((10, 5, 110, 45))


def test_lines_of_a_text_are_one_label() -> None:
    text = '<text x="50" y="20" text-anchor="middle" font-size="10">Web<tspan x="50" dy="12">Server</tspan></text>'
    html = '<foreignObject x="100" y="0" width="80" height="40"><div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/>b<b>c</b></p></div></foreignObject>'
    found = parse_svg(svg(text + html)).labels
    assert [n.text for n in found] == ["Web Server", "a bc"]
    assert found[0].box[0] < 50 < found[0].box[2] and found[0].box[3] - found[0].box[1] > 20


def test_graphviz_names_nodes_and_ends() -> None:
    drawing = parse_svg(
        svg(
            '<g class="node"><title>a&#45;&gt;b</title><ellipse cx="50" cy="50" rx="30" ry="20"/><text x="50" y="50">A</text></g>'
            '<g class="node"><title>c</title><text x="300" y="50">C</text></g>'
            '<g class="edge"><title>a&#45;&gt;b:p&#45;&gt;c:w</title><path fill="none" d="M80,50C150,40 200,60 250,50"/>'
            '<polygon points="250,46 260,50 250,54"/></g>'
        )
    )
    shapes = {s.key: s for s in drawing.shapes}
    assert shapes["a->b"].box == pytest.approx((20, 30, 80, 70)) and shapes["c"].kind == "text"
    (line,) = (s for s in drawing.shapes if s.role == "edge")
    assert (line.source, line.target, line.head, line.tail) == ("a->b", "c", True, False) and len(line.points) > 3


def test_mermaid_names_nodes_and_ends_whatever_their_keys() -> None:
    drawing = parse_svg(
        svg(
            '<g class="edgePaths"><path id="m-L_a_b_c_0" data-id="L_a_b_c_0" class="flowchart-link edge-pattern-dotted" '
            'd="M0,0L9,9" marker-end="url(#x)"/></g><g class="edgeLabel"><g class="label" data-id="L_a_b_c_0"><text>yes</text></g></g>'
            '<g class="node" id="m-flowchart-a_b-0"><rect width="30" height="20"/><g class="label"><text>AB</text></g></g>'
            '<g class="node" id="m-flowchart-c-1"><rect x="50" width="30" height="20"/></g>'
            '<g class="cluster" id="m-one"><rect width="99" height="40"/><g class="cluster-label"><text>One</text></g></g>',
            'id="m" aria-roledescription="flowchart-v2" viewBox="0 0 100 50"',
        )
    )
    (line,) = (s for s in drawing.shapes if s.role == "edge")
    assert (line.source, line.target, line.head, line.style) == ("flowchart-a_b-0", "flowchart-c-1", True, "dotted")
    assert {n.owner: n.text for n in drawing.labels} == {"L_a_b_c_0": "yes", "flowchart-a_b-0": "AB", "one": "One"}
    assert {s.role for s in drawing.shapes} == {"node", "edge", "group"}


def test_inkscape_connectors_name_their_shapes() -> None:
    drawing = parse_svg(
        svg(
            '<rect id="r1" width="30" height="20"/><rect id="r2" x="300" width="30" height="20"/>'
            '<path inkscape:connection-start="#r1" inkscape:connection-end="#r2" style="marker-end:url(#a)" d="M 30,10 H 300"/>'
        )
    )
    (line,) = (s for s in drawing.shapes if s.role == "edge")
    assert (line.source, line.target, line.head) == ("r1", "r2", True)


def test_draw_io_places_html_by_its_style_beside_a_shortened_text() -> None:
    inner = (
        '<g data-cell-id="a"><rect x="10" y="20" width="120" height="60"/><g><switch><foreignObject width="100%" '
        'height="100%"><div xmlns="http://www.w3.org/1999/xhtml" style="display: flex; width: 118px; padding-top: 50px; '
        'margin-left: 11px;"><div>A label of some length</div></div></foreignObject><text x="70" y="54">A label...</text>'
        "</switch></g></g>"
    )
    (label,) = parse_svg(svg(inner)).labels
    assert label.text == "A label of some length"
    assert (label.box[0] + label.box[2]) / 2 == pytest.approx(70) and 40 < label.box[1] < label.box[3] < 60


def test_what_is_not_drawn_is_left_out() -> None:
    drawing = parse_svg(
        svg(
            '<defs><marker id="m"><path d="M0 0L9 9z"/></marker></defs><rect/><path/><rect width="9" height="9"/>tail<script>x</script>'
        )
    )
    assert len(drawing.shapes) == 1


def test_an_unknown_prefix_is_no_reason_to_refuse() -> None:
    assert parse_svg(svg('<a xlink:href="https://x.org"><rect width="9" height="9"/></a>')).shapes


@pytest.mark.parametrize(
    "text",
    [
        "<svg",
        svg("<g>"),
        '<svg xmlns="http:?/www.w3.org/2000/svg"><g/></svg>',
        '<!DOCTYPE s [<!ENTITY a "b">]>' + svg("&a;"),
        svg("<g>" * 500 + "</g>" * 500),
        svg('<g transform="rotate(nan) matrix(0)"><rect width="9" height="9"/></g>'),
        svg("".join(f'<use id="u{n}" href="#u{n + 1}"/>' for n in range(3000))),
    ],
)
def test_broken_and_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_svg(text)


def test_lengths_in_ems_are_lengths() -> None:
    (shape,) = parse_svg(svg('<rect x="1em" y="2ex" width="8em" height="1.5em"/>')).shapes
    assert shape.box == (16, 16, 144, 40)
