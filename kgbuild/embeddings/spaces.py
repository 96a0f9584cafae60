"""Names of the vector spaces that tables say they are of."""

FUSED = "fused-256"
GATES = "fused-256-gates"  # rows are the shares of ``MODALITIES``: they sum to 1

MODALITIES = ("text", "picture", "layout", "links")  # what is fused: words, pixels, place, neighbours
