"""Any GGUF, in this process, on llama.cpp through xllamacpp.

Speed: a small model is bound by arithmetic, not by memory, and its steps are too short to share among threads (a
busy core makes the others wait at every step). So it gets one single-threaded engine a core, a few slots each, and
jobs go to whichever engine has a slot free. A large model gets one engine with all cores and more slots.

Sameness: with a Q8_0 model of the small kind the same job gives the same text on the same machine, whatever runs
beside it and however the cache stands. That needs prompts computed in small pieces (`_SMALL_UBATCH`): larger ones
take another attention kernel, whose sums differ in the last bits. F16 weights and other sizes do not promise it.

Security: the engine brings an HTTP server that cannot be switched off. Where there are Unix sockets it is bound to
one in a folder only this user can enter, so no port is open; elsewhere to a free port of 127.0.0.1. Either way every
request needs a key that is made at random here and never leaves the process. Prompts are not logged.

Prompts are rendered by the chat template that the GGUF carries.
"""

import ctypes
import http.client
import importlib
import itertools
import json
import math
import os
import queue
import re
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from runplan.backends.base import Job, Message
from runplan.errors import BackendError

# Llama 3.2's template prints today's date unless told one; a tuned model saw its template's own default in training.
TEMPLATE_DATE = "26 Jul 2024"

# Up to this size the weights stay in a core's cache or near it, and an engine a core beats threads.
_SMALL_BYTES = 64 * 2**20
_MAX_ENGINES = 4
_SMALL_SLOTS, _LARGE_SLOTS = 4, 8
_SMALL_UBATCH, _LARGE_UBATCH = 32, 512  # prompt tokens computed at once

# Cheap samplers only: the grammar does most of the choosing, penalties would fight the notation's repetitions.
_SAMPLERS = {"samplers": ["top_k", "min_p", "temperature"], "top_k": 40, "min_p": 0.05}

# What opens a control token in the Llama, ChatML, Mistral and Gemma families.
_CONTROL = re.compile(r"([<\[])(?=\||｜|/?s>|/?INST\]|(?:start|end)_of_turn>)")

_FIRST_WORDS = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}

_CLOSED = "the model was closed"

_POLL_S = 0.5
_CLOSE_S = 5.0  # seconds that closing waits for a running completion to notice
_SEEDS = 2**32 - 1  # the engine takes this one seed to mean "random"


class LlamaCppBackend:
    """One GGUF in memory. Safe to call from several threads; `close` frees it."""

    def __init__(
        self,
        path: Path,
        *,
        name: str = "embedded",
        model: str | None = None,
        context: int = 1024,
        stall_s: float = 120,
    ) -> None:
        """Load `path`.

        Args:
            path: the GGUF file.
            name: the kind of engine, as shown to the runner.
            model: the weights, as shown to the runner; by default the file's name.
            context: tokens a slot holds, prompt and completion together.
            stall_s: seconds without a single new token after which the engine counts as dead.

        Raises:
            BackendError: no such file, not a GGUF, or no engine for this machine.
        """
        self.name = name
        self.model = model or path.stem
        self._stall_s = stall_s
        self._key = secrets.token_urlsafe(32)
        self._last_sign = time.monotonic()
        self._turn = itertools.count()
        if not path.is_file():
            raise BackendError(f"model file {path} not found")
        small = path.stat().st_size <= _SMALL_BYTES
        cores = usable_cores()
        count = min(cores, _MAX_ENGINES) if small else 1
        self.slots_per_engine = _SMALL_SLOTS if small else _LARGE_SLOTS
        self._folder = tempfile.TemporaryDirectory(prefix="runplan-", ignore_cleanup_errors=True)
        xllamacpp = _xllamacpp()
        self._engines: list[Any] = []
        self._workers: set[threading.Thread] = set()
        self._closing = threading.Event()
        self._shut_down = weakref.finalize(
            self, _shut_down, self._engines, self._workers, self._closing
        )
        try:
            for number in range(count):
                params = self._params(xllamacpp, path, number, context)
                params.n_ubatch = _SMALL_UBATCH if small else _LARGE_UBATCH
                threads = 1 if small else cores
                params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
                with _signal_handlers_kept():
                    self._engines.append(xllamacpp.Server(params))
            # An engine freed before its loop runs never ends, so each writes a token first.
            for engine in self._engines:
                engine.handle_chat_completions(_FIRST_WORDS)
        except RuntimeError as error:
            self.close()
            raise BackendError(f"{path} cannot be loaded: is it a complete GGUF file?") from error

    @property
    def slots(self) -> int:
        """How many completions are decoded side by side."""
        return self.slots_per_engine * len(self._engines)

    def complete(self, jobs: Sequence[Job]) -> Generator[tuple[int, str]]:
        """Yield `(index into jobs, text)` as each completion ends.

        Closing the iterator cancels what is still running; its slots are free within one token.

        Raises:
            BackendError: the engine refused a job (a prompt longer than the context, a grammar it cannot read),
                was closed, or gave no token for `stall_s` seconds.
        """
        engines = self._engines.copy()
        if not engines:
            raise BackendError(_CLOSED)
        waiting = deque(enumerate(jobs))
        answers: queue.SimpleQueue[tuple[int, str | BackendError]] = queue.SimpleQueue()
        stop = threading.Event()
        self._last_sign = time.monotonic()
        try:
            for _ in range(min(len(jobs), self.slots)):
                engine = engines[next(self._turn) % len(engines)]
                worker = threading.Thread(
                    target=self._work, args=(engine, waiting, answers, stop), daemon=True
                )
                self._workers.add(worker)
                worker.start()
            for _ in jobs:
                index, answer = self._next_answer(answers)
                if isinstance(answer, BackendError):
                    raise answer
                yield index, answer
        finally:
            stop.set()

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the prompt exactly as a completion sees it; to compare with training.

        Raises:
            BackendError: the engine does not answer.
        """
        rendered = self._post("/apply-template", _chat(messages))["prompt"]
        question = {"content": rendered, "add_special": True, "parse_special": True}
        return [int(token) for token in self._post("/tokenize", question)["tokens"]]

    def close(self) -> None:
        """Free the model. Running and later completions raise BackendError. Leaving Python does the same."""
        self._shut_down()
        self._folder.cleanup()

    def _params(self, xllamacpp: ModuleType, path: Path, number: int, context: int) -> Any:
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = self.slots_per_engine
        params.n_ctx = context * self.slots_per_engine
        params.kv_unified = (
            False  # one shared cache makes every slot attend over all the others' cells
        )
        params.cache_ram_mib = 0  # slots keep their own prompts; a copy in memory gained nothing
        params.fit_params = False
        params.warmup = False
        params.verbosity = -1
        params.force_pure_content_parser = True  # text as written, no search for tool calls
        params.default_template_kwargs = {"date_string": json.dumps(TEMPLATE_DATE)}
        params.ui = False
        params.endpoint_slots = False
        params.n_threads_http = 1
        params.api_keys = [self._key]
        if sys.platform != "win32":
            params.hostnames = [str(Path(self._folder.name) / f"{number}.sock")]
        return params

    def _work(
        self,
        engine: Any,
        waiting: deque[tuple[int, Job]],
        answers: queue.SimpleQueue[tuple[int, str | BackendError]],
        stop: threading.Event,
    ) -> None:
        """Write waiting jobs on `engine` until none is left or `stop` is set."""
        try:
            while waiting and not stop.is_set():
                try:
                    index, job = waiting.popleft()
                except IndexError:  # another worker was faster
                    return
                answers.put((index, self._write(engine, job, stop)))
        finally:
            self._workers.discard(threading.current_thread())

    def _write(self, engine: Any, job: Job, stop: threading.Event) -> str | BackendError:
        chunks: list[bytes] = []

        def sign_of_life(chunk: bytes) -> bool:
            self._last_sign = time.monotonic()
            chunks.append(chunk)
            return stop.is_set() or self._closing.is_set()  # True ends the completion

        try:
            engine.handle_chat_completions(_request(job), sign_of_life)
        except (RuntimeError, ValueError) as error:
            return BackendError(f"the engine failed on a job: {error}")
        return BackendError(_CLOSED) if self._closing.is_set() else _answer(chunks)

    def _next_answer(
        self, answers: queue.SimpleQueue[tuple[int, str | BackendError]]
    ) -> tuple[int, str | BackendError]:
        while True:
            try:
                return answers.get(timeout=min(_POLL_S, self._stall_s))
            except queue.Empty:
                if time.monotonic() - self._last_sign > self._stall_s:
                    raise BackendError(f"the model wrote nothing for {self._stall_s:g} s") from None

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask the engine something that has no in-process call."""
        if not self._engines:
            raise BackendError(_CLOSED)
        connection = _connection(self._engines[0].listening_address, self._stall_s)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BackendError(f"the engine does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise BackendError(f"the engine refused {path}: {answer}")
        return answer


def _shut_down(
    engines: list[Any], workers: set[threading.Thread], closing: threading.Event
) -> None:
    """End the workers, then the engines: a worker inside an engine when Python ends would abort the process."""
    closing.set()
    for worker in workers.copy():
        worker.join(_CLOSE_S)
    engines.clear()


def neutral(text: str) -> str:
    """`text` with a space inside whatever would be read as a control token, such as `<|eot_id|>`."""
    return _CONTROL.sub(r"\1 ", text)


def usable_cores() -> int:
    """CPU cores this process may use: its affinity and, in a container, its share of time. At least 1."""
    cores = os.cpu_count() or 1
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return cores
    if quota == "max":
        return cores
    return max(1, min(cores, math.ceil(int(quota) / int(period))))


def _xllamacpp() -> ModuleType:
    # OpenMP reads this when it is loaded: threads that wait give their core back soon instead of
    # spinning. It matters for large models, when something else needs a core too.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise BackendError(
            f"the engine xllamacpp cannot be imported ({error}); on slim Linux images install libgomp1"
        ) from error


def _chat(messages: Sequence[Message]) -> dict[str, Any]:
    turns = [{"role": turn["role"], "content": neutral(turn["content"])} for turn in messages]
    return {"messages": turns}


def _request(job: Job) -> bytes:
    body = _chat(job.messages) | _SAMPLERS
    body |= {
        "seed": job.seed % _SEEDS,
        "temperature": job.temperature,
        "max_tokens": job.max_tokens,
        "stream": True,  # so that it can be cancelled
    }
    if job.grammar is not None:
        body["grammar"] = job.grammar
    if job.bias:
        body["logit_bias"] = job.bias
    return json.dumps(body).encode()


def _answer(chunks: Sequence[bytes]) -> str | BackendError:
    """The text of one completion, put together from what the engine streamed."""
    text = []
    ended = False
    for chunk in chunks:
        event = json.loads(chunk)
        if "error" in event:
            return BackendError(f"the engine refused a job: {event['error']['message']}")
        for choice in event["choices"]:
            text.append(choice["delta"].get("content") or "")
            ended = ended or choice["finish_reason"] is not None
    if not ended:
        return BackendError("the engine ended a completion early")
    return "".join(text)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(address: str, timeout: float) -> http.client.HTTPConnection:
    if address.startswith("unix://"):
        return _UnixConnection(address.removeprefix("unix://"), timeout)
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=timeout)


_signals_lock = threading.Lock()


@contextmanager
def _signal_handlers_kept() -> Iterator[None]:
    """Undo what starting an engine does: it takes SIGINT and SIGTERM for itself.

    Left so, the first Ctrl-C would stop the engine and not the program. Python can set handlers only from the main
    thread, and the model is loaded from others too, so this asks the C library.
    """
    if sys.platform == "win32":
        yield
        return
    libc = ctypes.CDLL(None)
    taken = (signal.SIGINT, signal.SIGTERM)
    with _signals_lock:
        saved = [
            ctypes.create_string_buffer(512) for _ in taken
        ]  # larger than any struct sigaction
        for number, action in zip(taken, saved, strict=True):
            libc.sigaction(int(number), None, action)
        try:
            yield
        finally:
            for number, action in zip(taken, saved, strict=True):
                libc.sigaction(int(number), action, None)
