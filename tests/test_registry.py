"""Plug-ins: built-ins by entry point, others by dotted name, mistakes named."""

from __future__ import annotations

import pytest

from kgbuild import registry
from kgbuild.errors import ConfigError


def test_built_ins_are_entry_points() -> None:
    assert {"text", "markdown", "html", "pdf", "docx", "image", "svg", "subtitles", "video", "diagram"} <= set(
        registry.available("readers")
    )
    for kind in registry.KINDS:
        for name in registry.available(kind):
            assert callable(registry.load(kind, name))


def test_dotted_names_load() -> None:
    assert registry.load("encoders", "kgbuild.embeddings.text:encoder") is registry.load("encoders", "minilm")


@pytest.mark.parametrize("name", ["none", "no.such.module:factory", "kgbuild.identity:nothing"])
def test_mistakes_are_named(name: str) -> None:
    with pytest.raises(ConfigError, match=name.split(":")[0]):
        registry.load("extractors", name)
