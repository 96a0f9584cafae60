"""A language model over HTTP: bounded in time, tokens and money, asked once for each thing; the key is seen nowhere."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
from llm_server import Said, Server

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.chat import STAGE, CapReached, Chat
from kgbuild.models.spending import Ledger, Spent

SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
ASKED = [{"role": "user", "content": "Who?"}]


def chat(url: str, store: Cache | None = None, **settings: object) -> Chat:
    given = {"endpoint": url, "model": "tiny", "wait_s": 0.01, "timeout_s": 5} | settings
    return Chat(Config.load(overrides={f"llm.{k}": v for k, v in given.items()}), store)


def test_a_question_is_asked_once_and_its_form_is_said(tmp_path: Path) -> None:
    with Server(lambda body: Said("Ada", usage=(7, 3))) as server:
        one = chat(server.url, Cache(str(tmp_path)))
        assert one.ask(ASKED, SCHEMA).text == "Ada"
        assert chat(server.url, Cache(str(tmp_path))).ask(ASKED, SCHEMA).text == "Ada"
    (body,) = server.asked
    assert body["model"] == "tiny" and body["temperature"] == 0 and body["messages"] == ASKED and body["seed"] == 0
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert server.headers[0]["path"] == "/v1/chat/completions" and "Authorization" not in server.headers[0]
    assert one.ledger.spent == Spent(7, 3)


def test_a_server_that_knows_no_form_is_asked_without(tmp_path: Path) -> None:
    with Server(lambda body: Said("no", 400) if "response_format" in body else Said("Ada")) as server:
        one = chat(server.url)
        assert [one.ask([{"role": "user", "content": n}], SCHEMA).text for n in "12"] == ["Ada", "Ada"]
    assert ["response_format" in body for body in server.asked] == [True, False, False]


def test_what_may_pass_is_tried_again() -> None:
    said = iter([Said(status=429, headers={"Retry-After": "0.02"}), Said(status=503), Said("Ada")])
    with Server(lambda body: next(said)) as server:
        assert chat(server.url).ask(ASKED, SCHEMA).text == "Ada"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("said", "told", "asked"),
    [
        (Said(raw=b'{"error": {"message": "bad key sk-secret"}}', status=401), "401: bad key ***", 1),
        (Said(raw=b"sk-secret overloaded", status=500), "500: *** overloaded, asked 3 times", 3),
        (Said(raw=b"<html>"), "no chat completion", 1),
        (Said(raw=b'{"choices": []}'), "no chat completion", 1),
        (Said(raw=b'{"choices": [{"message": {"content": 7}}]}'), "no chat completion", 1),
        (Said(raw=b"[" * 100_000), "no chat completion", 1),
        (Said(raw=b"x" * (5 << 20)), "more than 4 MiB", 3),
        (Said(status=302, headers={"Location": "http://127.0.0.1:9/"}), "answers 302", 1),
    ],
    ids=["key", "load", "html", "empty", "number", "deep", "large", "redirect"],
)  # fmt: skip
def test_what_does_not_pass_is_said_without_the_key(said, told, asked, monkeypatch, caplog) -> None:
    monkeypatch.setenv("TEST_LLM_KEY", "sk-secret")
    caplog.set_level(logging.DEBUG)
    with Server(lambda body: said) as server:
        one = chat(server.url, key_env="TEST_LLM_KEY", retries=2)
        with pytest.raises(ModelUnavailable) as err:
            one.ask(ASKED, SCHEMA)
        assert len(server.asked) == asked and server.headers[0]["Authorization"] == "Bearer sk-secret"
        with pytest.raises(ModelUnavailable, match="cannot be used"):
            one.ask([{"role": "user", "content": "Again?"}], SCHEMA)
        assert len(server.asked) == asked  # who failed for good is not asked again in this process
    assert told in str(err.value) and "tiny" in str(err.value) and server.url in str(err.value)
    assert "sk-secret" not in str(err.value) + caplog.text


def test_a_slow_server_and_none_at_all() -> None:
    with Server(lambda body: Said("late", slow=30)) as server:
        begun = time.monotonic()
        with pytest.raises(ModelUnavailable, match="no answer in 1 s"):
            chat(server.url, timeout_s=1, retries=0).ask(ASKED, SCHEMA)
        assert time.monotonic() - begun < 15
        server.stopped.set()
    with pytest.raises(ModelUnavailable, match="asked 2 times"):
        chat(server.url, retries=1).ask(ASKED, SCHEMA)
    for url in ("ftp://127.0.0.1/v1", "nonsense"):
        with pytest.raises(ModelUnavailable, match="cannot be used"):
            chat(url).ask(ASKED, SCHEMA)


@pytest.mark.parametrize("value", [None, " ", "two\nlines", "clé"])
def test_a_key_that_is_none(value: str | None, monkeypatch) -> None:
    monkeypatch.delenv("TEST_LLM_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TEST_LLM_KEY", value)
    with Server(lambda body: Said("Ada")) as server, pytest.raises(ModelUnavailable, match="TEST_LLM_KEY"):
        chat(server.url, key_env="TEST_LLM_KEY").ask(ASKED, SCHEMA)
    assert not server.asked


def test_the_cap_is_kept_before_it_is_reached() -> None:
    with Server(lambda body: Said("Ada", usage=(50, 50))) as server:
        one = chat(server.url, max_tokens=400, answer_tokens=250)
        asked = 0
        with pytest.raises(CapReached):
            for n in range(10):
                one.ask([{"role": "user", "content": f"{n}"}], SCHEMA)
                asked += 1
    assert asked == len(server.asked) == 2 and one.ledger.spent.tokens == 200  # 200 + 251 would be more than 400


def test_money_and_processes_share_one_ledger(tmp_path: Path) -> None:
    config = Config.load(overrides={"llm.max_cost": 1.0, "llm.price_in": 1.0, "llm.price_out": 10.0})
    here, there = (Ledger(config, str(tmp_path / "spent.json"), "run 1") for _ in range(2))
    assert here.reserve(Spent(100_000, 50_000)) and not there.reserve(Spent(0, 50_000))
    here.settle(Spent(100_000, 50_000), Spent(1000, 100))
    assert there.reserve(Spent(0, 50_000)) and there.spent == Spent(1000, 50_100)
    assert Ledger(config, str(tmp_path / "spent.json"), "run 2").spent == Spent()


def test_the_key_is_in_no_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TEST_LLM_KEY", "sk-secret")
    with Server(lambda body: Said("Ada")) as server:
        chat(server.url, Cache(str(tmp_path)), key_env="TEST_LLM_KEY").ask(ASKED, SCHEMA)
    files = [f for f in tmp_path.rglob("*") if f.is_file()]
    assert any(STAGE in f.parts for f in files) and not any(b"sk-secret" in f.read_bytes() for f in files)
