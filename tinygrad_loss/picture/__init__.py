"""Pictures of what was computed: a graph becomes boxes and edges, and those become DOT, SVG, PNG, PDF or a page."""
