"""Chat completions of a server that speaks OpenAI's protocol: bounded in time, tokens and money, each thing asked once.

The endpoint that ``[llm]`` names is the only place on the network that is spoken to: no proxy of the environment, no
redirect. The key stands in the environment variable ``llm.key_env`` and goes into the request's header alone.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.spending import Ledger, Spent, tokens

log = logging.getLogger(__name__)

STAGE = "llm"  # of the cache, where answers are kept
_LARGEST = 4 << 20  # bytes of an answer
_LONGEST_WAIT = 60.0  # seconds that a server may ask to wait
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_FORM = frozenset({400, 404, 415, 422, 501})  # what servers say that do not know ``response_format``

Message = Mapping[str, str]


class CapReached(Exception):
    """The next question could cost more than ``llm.max_tokens`` or ``llm.max_cost`` leave."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model wrote, and what that took. ``cut``: it had more to say than ``llm.answer_tokens``."""

    text: str
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cut: bool = False


class Chat:
    """Asks the model of ``[llm]``. ``store`` keeps answers, ``ledger`` what the run spends; both may be set later."""

    def __init__(self, config: Config, store: Cache | None = None, ledger: Ledger | None = None) -> None:
        self._settings = config["llm"]
        self.store, self.ledger = store, ledger or Ledger(config)
        self._form = True  # whether the server is asked for the form of the answer
        self._dead = ""  # why the server is not asked any more

    def key(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """Key under which the answer to a question is kept: all that it depends on."""
        settings = self._settings
        asked = [settings["endpoint"], settings["model"], settings["answer_tokens"], json.dumps([*messages]), schema]
        return Cache.key(json.dumps(asked, sort_keys=True))

    def known(self, key: str) -> Reply | None:
        """An answer that was kept."""
        found = self.store.get(STAGE, key) if self.store is not None else None
        return None if found is None else Reply(**json.loads(found))

    def ask(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        """The model's answer, kept or new; asked for as JSON of a schema where the server knows how.

        Raises ``ModelUnavailable`` if the server cannot be reached, is too slow, or refuses, after ``llm.retries``;
        ``CapReached`` before a question that the caps do not leave enough for.
        """
        key = self.key(messages, schema)
        if (reply := self.known(key)) is not None:
            return reply
        if self._dead:
            raise ModelUnavailable(self._dead)
        most = Spent(sum(tokens(m["content"]) for m in messages), self._settings["answer_tokens"])
        if not self.ledger.reserve(most):
            raise CapReached
        used = most  # of a question without an answer nobody knows what it took
        try:
            reply = self._asked(messages, schema)
            used = Spent(reply.prompt_tokens or most.prompt, reply.answer_tokens or tokens(reply.text))
        finally:
            self.ledger.settle(most, used)
        if self.store is not None:
            self.store.put(STAGE, key, json.dumps(asdict(reply)).encode())
        return reply

    def _asked(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        body: dict[str, Any] = {
            "model": self._settings["model"], "messages": [*messages], "temperature": 0, "seed": 0, "stream": False,
            "max_tokens": self._settings["answer_tokens"],
        }  # fmt: skip
        if self._form:
            named = {"name": "answer", "strict": True, "schema": schema}
            status, data = self._post({**body, "response_format": {"type": "json_schema", "json_schema": named}})
            if status not in _FORM:
                return self._reply(status, data)
            plain = self._post(body)
            self._form = plain[0] in _FORM  # else it was the form that the server did not know
            return self._reply(*plain)
        return self._reply(*self._post(body))

    def _reply(self, status: int, data: bytes) -> Reply:
        if status != 200:
            raise self._given_up(f"it answers {status}: {self._said(data)}")
        try:
            answer = json.loads(data)
            choice, usage = answer["choices"][0], answer.get("usage") or {}
            text = choice["message"]["content"] or ""
            if not isinstance(text, str):
                raise TypeError("its content is no text")
            prompt, written = (
                n if type(n) is int and n >= 0 else 0 for n in map(usage.get, ("prompt_tokens", "completion_tokens"))
            )
            return Reply(self._hidden(text), prompt, written, choice.get("finish_reason") == "length")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as err:
            said = f"its answer is no chat completion ({type(err).__name__}): {self._said(data)}"
            raise self._given_up(said) from err

    def _post(self, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Status and bytes of the server's answer; tried again while what it says may pass."""
        import httpx

        tries, wait, why = self._settings["retries"] + 1, self._settings["wait_s"], ""
        for n in range(tries):
            try:
                status, after, data = self._once(body)
            except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as err:
                slow = isinstance(err, httpx.TimeoutException)
                why = (
                    f"no answer in {self._settings['timeout_s']} s"
                    if slow
                    else self._hidden(f"{err}") or "no connection"
                )
                after = 0.0
                if isinstance(err, httpx.InvalidURL | httpx.UnsupportedProtocol):
                    raise self._given_up(why) from err
            else:
                if status not in _AGAIN:
                    return status, data
                why = f"it answers {status}: {self._said(data)}"
            if n + 1 < tries:
                log.debug("the language model is asked again: %s", why)
                time.sleep(min(_LONGEST_WAIT, max(after, wait * 2**n)))
        raise self._given_up(f"{why}, asked {tries} times")

    def _once(self, body: Mapping[str, Any]) -> tuple[int, float, bytes]:
        """Status, seconds that the server asks to wait, and bytes; the whole within ``llm.timeout_s``."""
        import httpx

        limit = float(self._settings["timeout_s"])
        end, data = time.monotonic() + limit, bytearray()
        headers = {"Accept-Encoding": "identity"}
        name = self._settings["key_env"]
        if name:
            headers["Authorization"] = f"Bearer {secret(name)}"
        url = self._settings["endpoint"].rstrip("/") + "/chat/completions"
        with (
            httpx.Client(timeout=limit, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", url, json=body, headers=headers) as answer,
        ):
            for piece in answer.iter_raw():
                data += piece
                if len(data) > _LARGEST:
                    raise httpx.DecodingError(f"an answer of more than {_LARGEST >> 20} MiB")
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("slow")
            return answer.status_code, _seconds(answer.headers.get("retry-after", "")), bytes(data)

    def _given_up(self, why: str) -> ModelUnavailable:
        """The error to raise; the server is not asked any more in this process, the next build asks it again."""
        settings = self._settings
        self._dead = (
            f"llm.model = {settings['model']!r} at {settings['endpoint']} cannot be used: {why}. Start the server, or "
            "look at endpoint, model and key_env of [llm], and build again: what it has answered is kept."
        )
        return ModelUnavailable(self._dead)

    def _said(self, data: bytes) -> str:
        """What a server says is wrong, shortly and without the key."""
        text = data.decode("utf-8", "replace")
        try:
            said = json.loads(text).get("error", text)
            text = str(said.get("message", said)) if isinstance(said, dict) else str(said)
        except (ValueError, AttributeError, RecursionError):
            pass
        return " ".join(self._hidden(text).split())[:200]

    def _hidden(self, text: str) -> str:
        value = os.environ.get(self._settings["key_env"], "") if self._settings["key_env"] else ""
        return text.replace(value, "***") if value else text


def secret(name: str) -> str:
    """The key in an environment variable. Raises ``ModelUnavailable`` if it is not set or no header can hold it."""
    value = os.environ.get(name, "").strip()
    if not value or not value.isascii() or not value.isprintable():
        raise ModelUnavailable(
            f"the environment variable {name}, which llm.key_env names, {'holds no key' if value else 'is not set'}. "
            f"Set it (export {name}=...) and build again."
        )
    return value


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:  # a date, or nothing
        return 0.0
