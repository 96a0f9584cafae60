"""``kgbuild serve``: the SPARQL 1.1 Protocol and the explorer over one workspace."""
