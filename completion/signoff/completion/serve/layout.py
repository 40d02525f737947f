"""How a model is laid over GPUs: how many share its tensors, and how long a context fits. Pure arithmetic.

The figures are estimates, made before anything is loaded: vLLM measures on the GPU itself and has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.completion.serve.gpus import Gpu
from signoff.completion.serve.weights import Weights

# Of a GPU's memory vLLM gets this share: the rest is left to the driver, the desktop and peaks.
SHARE = 0.90
# What vLLM needs on each GPU beside weights and cache: activations of its profiling run, CUDA graphs, buffers.
OWN_BYTES = 2.5e9
# vLLM refuses to start where less is free than the share it is to use; the driver's own need moves a little.
MARGIN = 0.02
# A prompt of completion has up to 6,000 tokens: below this a context is of no use.
LEAST_CONTEXT = 8192
GIGA = 1e9


@dataclass(frozen=True, slots=True)
class Layout:
    """GPUs used on each machine, machines, context in tokens (0: the model's own), and vLLM's share of a GPU's memory.

    `tensor_parallel`: over how many GPUs of one machine each layer is split; `gpus` are those, where they are known.
    `needed` and `there` are bytes over all GPUs used, 0 where nothing is known of the model. `fits`: as far as known.
    """

    gpus: tuple[Gpu, ...]
    tensor_parallel: int
    nodes: int
    context: int
    share: float
    needed: float
    there: float
    fits: bool


def lay_out(
    weights: Weights, gpus: Sequence[Gpu], *, count: int = 0, nodes: int = 1, context: int = 0, share: float = 0.0
) -> Layout:
    """The layout for `weights` on machines that each have `gpus`.

    `count`, `context` and `share` are the user's choice; 0: found. Without `gpus` nothing is known to fit, and one is
    planned for, or `count`. The fewest GPUs that hold the weights and the
    whole context are taken, as what GPUs tell each other costs time at every layer; over several machines all GPUs
    of each. Where no number holds the whole context, as much of it as all GPUs hold.
    """
    best = sorted(gpus, key=lambda gpu: -gpu.free)
    legal = [number for number in range(1, len(gpus) + 1) if divides(weights, number)]
    tries = [count] if count else legal[-1:] if nodes > 1 else legal
    wanted = context or weights.context
    layouts = [_with(weights, _ordered(best[:number]), number, nodes, wanted, share) for number in tries or [1]]
    whole = next((layout for layout in layouts if layout.fits), None)
    if whole is not None:
        return whole
    last = layouts[-1]
    if context or not weights.cache_bytes:
        return last
    shorter = _fitting(weights, last)
    if shorter < LEAST_CONTEXT:
        return last
    return _with(weights, last.gpus, last.tensor_parallel, nodes, shorter, share)


def divides(weights: Weights, number: int) -> bool:
    """Whether a model can be split over `number` GPUs: its heads evenly, its key-value heads evenly or repeated."""
    if number == 1 or not weights.heads:
        return True
    kv_heads = weights.kv_heads or weights.heads
    return weights.heads % number == 0 and (kv_heads % number == 0 or number % kv_heads == 0)


def _ordered(gpus: Sequence[Gpu]) -> tuple[Gpu, ...]:
    return tuple(sorted(gpus, key=lambda gpu: gpu.index))


def _with(weights: Weights, gpus: tuple[Gpu, ...], number: int, nodes: int, context: int, share: float) -> Layout:
    share = share or _share(gpus)
    cache = float(weights.cache_bytes * context) * _repeated(weights, number)
    needed = weights.size + cache + OWN_BYTES * number * nodes if weights.size else 0.0
    there = min((gpu.total for gpu in gpus), default=0.0) * share * number * nodes
    fits = len(gpus) == number and needed <= there
    return Layout(gpus, number, nodes, context, share, needed, there, fits)


def _share(gpus: Sequence[Gpu]) -> float:
    """vLLM's share of the memory, lowered to what other programs leave free."""
    free = min((gpu.free / gpu.total for gpu in gpus), default=1.0)
    return round(max(min(SHARE, free - MARGIN), 0.05), 2)


def _repeated(weights: Weights, number: int) -> float:
    """How often each key-value head is held: more GPUs than heads hold copies."""
    return max(number / (weights.kv_heads or number), 1.0)


def _fitting(weights: Weights, layout: Layout) -> int:
    """The longest context that fits, in whole thousands (of 1024), 0 where not even the weights do."""
    number = layout.tensor_parallel
    room = layout.there - weights.size - OWN_BYTES * number * layout.nodes
    tokens = room / (weights.cache_bytes * _repeated(weights, number))
    return max(int(tokens) // 1024 * 1024, 0)
