"""The explorer: pages of a published graph for people, rendered on the server (docs/decisions/0024)."""
