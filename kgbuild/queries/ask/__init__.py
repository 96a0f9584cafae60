"""Questions in English, answered from the graph without a language model, with SPARQL and evidence."""
