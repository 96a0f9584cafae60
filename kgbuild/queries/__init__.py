"""Questions to a published graph: SPARQL, similarity, and where each statement comes from."""
