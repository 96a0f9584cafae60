"""Statements as RDF, NetworkX graphs and tables."""
