"""The ontologies that kgbuild ships: Turtle files, loaded by name."""
