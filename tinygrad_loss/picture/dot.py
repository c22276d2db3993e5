"""A scene as DOT, the language of Graphviz: plain labels, which every build of Graphviz can read."""

from typing import Any, Final

import graphviz

from tinygrad_loss.picture.lines import Line, lines_of
from tinygrad_loss.picture.scene import Box, Edge, Scene
from tinygrad_loss.picture.style import LOOKS, Look, look_of

__all__ = ["FONT", "QUIET", "dot_of"]

FONT: Final = "Arial"
"""One family whose widths every build of Graphviz knows."""
QUIET: Final = "#5A5A5A"
SMALL_GRAPH: Final = 60
"""Up to so many boxes operands keep their written order from left to right."""
CENTRED, LEFT = "\\n", "\\l"


def dot_of(scene: Scene, title: str = "") -> str:
    """Return the DOT text of a scene; data travels from top to bottom."""
    graph = graphviz.Digraph("tinygrad_loss")
    graph.attr(rankdir="TB", bgcolor="white", nodesep="0.25", ranksep="0.35", labelloc="b")
    graph.attr(fontname=FONT, fontsize="9", fontcolor=QUIET, label=_meaning(scene))
    if len(scene.boxes) <= SMALL_GRAPH:
        graph.attr(ordering="in")
    graph.attr("node", fontname=FONT, fontsize="11", margin="0.18,0.06", color=QUIET)
    graph.attr("edge", fontname=FONT, fontsize="9", color=QUIET, fontcolor=QUIET, arrowsize="0.7")
    with graph.subgraph(name="cluster_all" if title else "all") as whole:
        if title:
            whole.attr(label=_literal(title), labelloc="t", fontsize="14", fontcolor="#222222", pencolor="white", margin="4")
        _draw_all(whole, scene)
    _draw_legend(graph, scene)
    return str(graph.source)


def _meaning(scene: Scene) -> str:
    if not any(box.gradient for box in scene.boxes):
        return ""
    meaning = f"gradient, arriving: the slope of {'the sum of the result' if scene.of_sum else 'the result'} with respect to this value"
    if any(box.state == "cancels" for box in scene.boxes):
        meaning += CENTRED + "an inner value may have none where a parameter has one: kinks cancel only together"
    return meaning


def _draw_all(graph: graphviz.Digraph, scene: Scene) -> None:
    for box in scene.boxes:
        _draw_box(graph, box)
    for number, (keys, count) in enumerate(scene.parts):
        with graph.subgraph(name=f"cluster_part{number}") as part:
            part.attr(label=f"\N{MULTIPLICATION SIGN} {count}", labeljust="r", labelloc="t", style="rounded,dashed", fontsize="14")
            part.attr(pencolor=QUIET)
            for key in keys:
                part.node(key)
    for edge in scene.edges:
        _draw_edge(graph, edge)


def _draw_box(graph: graphviz.Digraph, box: Box) -> None:
    look = look_of(box)
    width = look.width + 1.3 if box.result and box.state == "plain" else look.width
    _node(graph, box.key, "".join(map(_written, lines_of(box))), look, width, id=box.key)


def _written(line: Line) -> str:
    text = "   ".join(filter(None, (line.lead, line.text))) if line.kind == "head" else " ".join(filter(None, (line.lead, line.text)))
    if line.kind in {"head", "note"}:
        text = f"  {text}  "  # the SVG sets it in bold, which is wider
    return str(_literal(text)) + (LEFT if line.kind == "pair" else CENTRED)


def _literal(text: str) -> Any:
    """Return a text that Graphviz shows letter by letter: without HTML, without its own escapes, and with no entity such as ``&#10;``."""
    return graphviz.escape(text.replace("&", "&amp;"))


def _node(graph: graphviz.Digraph, key: str, label: str, look: Look, width: float, **more: str) -> None:
    graph.node(
        key,
        label=graphviz.nohtml(label.removesuffix(CENTRED)),
        shape=look.shape,
        style=look.style,
        fillcolor=look.fill,
        color=look.border,
        fontcolor=look.ink,
        penwidth=str(width),
        peripheries=str(look.peripheries),
        **more,
    )


def _draw_edge(graph: graphviz.Digraph, edge: Edge) -> None:
    if edge.again:
        graph.edge(edge.source, edge.target, label=" into the next", style="dashed", constraint="false")
    elif edge.label:
        graph.edge(edge.source, edge.target, label=" " + edge.label)
    else:
        graph.edge(edge.source, edge.target)


def _draw_legend(graph: graphviz.Digraph, scene: Scene) -> None:
    """Draw one sample of each look that occurs, in a row below."""
    looks = list(dict.fromkeys(look_of(box) for box in scene.boxes))
    looks.sort(key=lambda look: [*LOOKS.values()].index(look) if look in LOOKS.values() else len(LOOKS))
    with graph.subgraph(name="legend") as legend:
        legend.attr(rank="sink")
        legend.attr("node", fontsize="9", height="0.25", margin="0.08,0.04")
        legend.attr("edge", style="invis")
        for i, look in enumerate(looks):
            _node(legend, f"legend{i}", look.meaning, look, look.width)
            if i:
                legend.edge(f"legend{i - 1}", f"legend{i}")
    result = next((box.key for box in scene.boxes if box.result), None)
    if result is not None:
        graph.edge(result, f"legend{(len(looks) - 1) // 2}", style="invis")
