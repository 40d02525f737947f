"""The worker's side of the model on this machine: llama.cpp and its HTTP server in a process of their own."""

from __future__ import annotations

import os
import secrets
from typing import Any

# llama.cpp looks for cancelled requests between two batches of reading. 32 tokens of a 0.5B model are a fifth of a
# second on two cores; they cost 15 % more processor time a token than 128, larger models are given fewer.
BATCH_TOKENS = 32
# What is kept of prompts that a later one has displaced, in MiB (llama.cpp's own default is 8 GiB).
PROMPT_CACHE_MIB = 256


class LlamaEngine:
    """Holds one loaded model. Methods are called through workers.py."""

    def __init__(self) -> None:
        self._server: Any = None
        self._answer = ("", "")

    def start(
        self, path: str, threads: int, context_tokens: int, batch_tokens: int = BATCH_TOKENS, parallel: int = 1
    ) -> tuple[str, str]:
        """(URL, API key) of a server on a random loopback port for the GGUF file at `path`, started once.

        `parallel` texts can be written at once; they share the memory of `context_tokens`.
        """
        if self._server is not None:
            return self._answer
        # Threads that wait by spinning halve the speed as soon as another process wants a core.
        os.environ["OMP_WAIT_POLICY"] = "passive"
        import xllamacpp

        key = secrets.token_urlsafe(24)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = path
        parameters.n_ctx = context_tokens
        parameters.n_parallel = parallel
        parameters.kv_unified = True
        parameters.cache_ram_mib = PROMPT_CACHE_MIB
        parameters.n_batch = parameters.n_ubatch = batch_tokens
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        # Every program and web page on this machine can reach a loopback port; only we know the key.
        parameters.api_keys = [key]
        parameters.cors_origins = "http://127.0.0.1"
        parameters.ui = False
        parameters.verbosity = 1
        self._server = xllamacpp.Server(parameters)
        self._answer = (str(self._server.listening_address), key)
        return self._answer

    def process(self) -> int:
        """The id of this process."""
        return os.getpid()
