"""Functions of SPARQL beyond its own: likeness, space, time and places (docs/functions.md)."""
