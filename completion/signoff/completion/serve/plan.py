"""The command that starts vLLM for completion: every flag with its reason. Pure: nothing is started here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from signoff.completion.serve.environment import Environment
from signoff.completion.serve.gpus import VISIBLE, Gpu
from signoff.completion.serve.layout import GIGA, Layout
from signoff.completion.serve.weights import Weights

UNKNOWN = "what the GPUs have is not known"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})
KEY_VARIABLE = "VLLM_API_KEY"
# On a processor reading costs milliseconds a token, so prompts are short; each of so many users may have one.
CPU_CONTEXT = 4096
CPU_REQUESTS = 16
# Text that an answer copies from the prompt (port lists, case items) is guessed from there and checked in one step.
SPECULATION = {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 4, "prompt_lookup_min": 2}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for beside the model. `key` "" none; `share` of a GPU's memory, 0: found."""

    host: str = "127.0.0.1"
    port: int = 8000
    key: str = ""
    dtype: str = ""
    nodes: int = 1
    ray_address: str = ""
    cpu: bool = False
    trust_remote_code: bool = False
    speculate: bool = False
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start: `argv` and `env` (added to ours; secrets only there), and where it will answer."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    name: str
    host: str
    port: int
    key: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Where this machine reaches the server."""
        host = "127.0.0.1" if self.host in EVERYWHERE else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def shell(self) -> str:
        """The command for a shell, with its variables; the key is shown as a reference."""
        shown = {name: "..." if name == KEY_VARIABLE else value for name, value in self.env.items()}
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in sorted(shown.items()))
        return f"{variables} {shlex.join(self.argv)}"


def plan(weights: Weights, environment: Environment, layout: Layout, wish: Wish) -> Plan:
    """The command for `weights` in `environment`, laid out as `layout` says."""
    argv = [environment.python, "-m", "vllm.entrypoints.cli.main", "serve", weights.argument]
    argv += ["--host", wish.host, "--port", str(wish.port), "--served-model-name", weights.name]
    argv += _common(weights, layout, wish)
    argv += _processor() if wish.cpu else _graphics(layout, wish)
    return Plan((*argv, *wish.extra), _env(weights, layout, wish), weights.name, wish.host, wish.port, wish.key)


def _common(weights: Weights, layout: Layout, wish: Wish) -> list[str]:
    # Completion asks again and again with nearly the same prompt: what of it has been read is kept.
    argv = ["--enable-prefix-caching"]
    # Else the repository's own sampling defaults hold (Qwen: repetition_penalty 1.1, top_k 20), which bend code.
    argv += ["--generation-config", "vllm"]
    # One line of log a request is noise at eight keystrokes a second.
    argv += ["--disable-uvicorn-access-log"]
    if layout.context:
        argv += ["--max-model-len", str(layout.context)]
    dtype = wish.dtype or ("bfloat16" if wish.cpu else "")
    if dtype:
        argv += ["--dtype", dtype]
    if (weights.remote_code and not weights.local) or wish.trust_remote_code:
        argv += ["--trust-remote-code"]
    if wish.speculate:
        argv += ["--speculative-config", json.dumps(SPECULATION)]
    return argv


def _graphics(layout: Layout, wish: Wish) -> list[str]:
    argv = ["--gpu-memory-utilization", f"{layout.share:.2f}"]
    if layout.tensor_parallel > 1:
        argv += ["--tensor-parallel-size", str(layout.tensor_parallel)]
    if wish.nodes > 1:
        argv += ["--pipeline-parallel-size", str(wish.nodes), "--distributed-executor-backend", "ray"]
    return argv


def _processor() -> list[str]:
    # Compiling takes minutes on a processor, and gains little at batches this small.
    return ["--enforce-eager", "--max-num-seqs", str(CPU_REQUESTS)]


def _env(weights: Weights, layout: Layout, wish: Wish) -> dict[str, str]:
    # Nothing leaves the machine but answers: vLLM and the hub's client would report their use.
    env = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONUNBUFFERED": "1"}
    if wish.key:
        env[KEY_VARIABLE] = wish.key  # every user of the machine can read a process's arguments
    if weights.local:
        env["HF_HUB_OFFLINE"] = "1"
    if wish.nodes > 1:
        if wish.ray_address:
            env["RAY_ADDRESS"] = wish.ray_address
    else:
        env["VLLM_HOST_IP"] = "127.0.0.1"  # what its own processes say to each other stays on this machine
    if wish.cpu:
        env["VLLM_CPU_KVCACHE_SPACE"] = str(cache_gib(weights, layout.context))
    elif layout.gpus and wish.nodes == 1:
        # CUDA's own order is by speed; nvidia-smi's, which the indices are of, by slot.
        env |= {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", VISIBLE: ",".join(str(gpu.index) for gpu in layout.gpus)}
    return env


def cache_gib(weights: Weights, context: int) -> int:
    """The key-value cache on a processor, in GiB: a whole context for each of eight users, 1 to 8 GiB."""
    return min(max(round(weights.cache_bytes * context * 8 / 2**30), 1), 8)


def estimate(weights: Weights, layout: Layout) -> str:
    """What the model needs and what the GPUs have, in a sentence or two."""
    have = f"{described(layout.gpus)} {_have(layout)} {layout.there / GIGA:.0f} GB for it" if layout.gpus else UNKNOWN
    if not weights.size:
        return f"How much memory {weights.name} needs is not known from its name; {have}."
    split = f", split over {layout.tensor_parallel} GPUs" if layout.tensor_parallel > 1 else ""
    split += f" on each of {layout.nodes} machines" if layout.nodes > 1 else ""
    length = f" with a context of {layout.context} tokens" if layout.context and weights.cache_bytes else ""
    return (
        f"{weights.name} needs about {layout.needed / GIGA:.0f} GB{length} ({weights.size / GIGA:.0f} GB of weights)"
        f"{split}; {have}."
    )


def _have(layout: Layout) -> str:
    return "has" if len(layout.gpus) * layout.nodes == 1 else "have"


def described(gpus: Sequence[Gpu]) -> str:
    """ "2 x NVIDIA L4"; names of different kinds are listed."""
    names = [gpu.name for gpu in gpus]
    kinds = dict.fromkeys(names)
    return ", ".join(f"{names.count(kind)} x {kind}" if names.count(kind) > 1 else kind for kind in kinds)


def ray_lines(python: str, nodes: int) -> str:
    """What to type on each machine so that vLLM finds `nodes` of them, as vLLM's documentation has it."""
    ray = shlex.quote(python).removesuffix("python") + "ray" if python.endswith("/python") else "ray"
    return (
        "On this machine (the head), with an address that the others reach, on a network that nobody else uses:\n"
        f"    VLLM_HOST_IP=HEAD {ray} start --head --node-ip-address=HEAD --port=6379\n"
        f"On each of the other {nodes - 1}, with the same Python, packages and weights:\n"
        f"    VLLM_HOST_IP=OWN_ADDRESS {ray} start --address=HEAD:6379 --node-ip-address=OWN_ADDRESS\n"
        f"When `{ray} status` shows all {nodes}, here:\n"
        f"    VLLM_HOST_IP=HEAD signoff model serve ... --nodes {nodes} --ray-address HEAD:6379"
    )
