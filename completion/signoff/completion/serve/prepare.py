"""From what the user asks for to a plan: which weights, which vLLM, which GPUs, and whether that can work."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace

from signoff.completion.serve import catalogue, environment, gpus, layout, plan, weights
from signoff.completion.serve.environment import Environment
from signoff.completion.serve.gpus import Gpu
from signoff.completion.serve.layout import GIGA, Layout
from signoff.completion.serve.plan import Plan, Wish
from signoff.completion.serve.weights import ServeError, Weights

# A processor's memory is shared with all else that runs.
CPU_SHARE = 0.9
CPU_OWN_BYTES = 2.5e9


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asks for; see `signoff model serve --help`. `count`: GPUs, 0 found; `share` 0: found."""

    model: str
    wish: Wish
    quantise: str = ""
    python: str = ""
    count: int = 0
    context: int = 0
    share: float = 0.0
    key_env: str = ""
    force: bool = False
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """The plan, sentences for the user, and the key where it was made up now (to be shown once)."""

    plan: Plan
    notes: tuple[str, ...]
    new_key: str = ""


async def prepare(order: Order) -> Prepared:
    """The plan for an order. Raises ServeError with what to do."""
    chosen = weights.resolve(order.model, order.quantise)
    there = await _environment(order)
    found = await gpus.find()
    wish, notes = _without_gpu(order, there, found)
    _fit(there, wish, order)
    laid = _cpu_layout(chosen, order) if wish.cpu else _gpu_layout(chosen, order, found)
    notes = (*chosen.notes, *notes, *_judge(chosen, laid, wish, order))
    key, new = _key(order)
    wish = replace(wish, key=key)
    return Prepared(plan.plan(chosen, there, laid, wish), notes, key if new else "")


async def _environment(order: Order) -> Environment:
    try:
        return await environment.find(order.python, cpu=order.wish.cpu)
    except ServeError:
        if order.dry and not order.python:
            return Environment("python3", "", order.wish.cpu, "")
        raise


def _without_gpu(order: Order, there: Environment, found: tuple[Gpu, ...]) -> tuple[Wish, tuple[str, ...]]:
    """The wish, turned to the processor where vLLM is built for that and no GPU was found."""
    if there.cpu and not found and not order.wish.cpu and not order.count:
        note = "No GPU was found and this vLLM is built for the processor: serving there."
        return replace(order.wish, cpu=True), (note,)
    return order.wish, ()


def _fit(there: Environment, wish: Wish, order: Order) -> None:
    """Raises ServeError where the environment cannot do what is wished."""
    if not there.vllm:
        return
    if wish.cpu and not there.cpu:
        raise ServeError(
            f"The vLLM of {there.python} is built for GPUs. For the processor, in an environment of its own:\n"
            f"{environment.advice(cpu=True)}\nand --python to name it."
        )
    if there.cpu and not wish.cpu:
        raise ServeError(f"The vLLM of {there.python} is built for the processor: add --cpu, or name another.")
    if wish.nodes > 1 and not there.ray and not order.dry:
        raise ServeError(f"Ray is not installed beside vLLM, here or elsewhere: {there.python} -m pip install ray")


def _gpu_layout(chosen: Weights, order: Order, found: tuple[Gpu, ...]) -> Layout:
    if not found and not order.count and not order.dry:
        raise ServeError(
            "No GPU was found (nvidia-smi). Serve on the processor with --cpu, or say how many there are with --gpus N."
        )
    if found and order.count > len(found):
        raise ServeError(f"--gpus {order.count}: this machine has {len(found)} ({plan.described(found)}).")
    if order.count and not layout.divides(chosen, order.count):
        raise ServeError(f"--gpus {order.count}: {chosen.name} has {chosen.heads} heads ({chosen.kv_heads} of keys).")
    return layout.lay_out(
        chosen, found, count=order.count, nodes=order.wish.nodes, context=order.context, share=order.share
    )


def _cpu_layout(chosen: Weights, order: Order) -> Layout:
    import psutil

    context = order.context or min(chosen.context or plan.CPU_CONTEXT, plan.CPU_CONTEXT)
    cache = plan.cache_gib(chosen, context) * 2.0**30
    needed = chosen.size + cache + CPU_OWN_BYTES if chosen.size else 0.0
    there = psutil.virtual_memory().available * CPU_SHARE
    return Layout((), 1, 1, context, 0.0, needed, there, needed <= there)


def _judge(chosen: Weights, laid: Layout, wish: Wish, order: Order) -> tuple[str, ...]:
    """What is said of the memory. Raises ServeError where the model cannot fit and the user has not insisted."""
    if order.context > chosen.context > 0:
        raise ServeError(f"--context {order.context}: {chosen.name} reads at most {chosen.context} tokens.")
    if wish.cpu:
        said = f"{chosen.name} needs about {laid.needed / GIGA:.0f} GB; {laid.there / GIGA:.0f} GB are free for it."
    else:
        said = plan.estimate(chosen, laid)
    if laid.fits or (not wish.cpu and not laid.gpus):
        shorter = 0 < laid.context < (order.context or chosen.context)
        longest = f"Its whole context of {chosen.context} tokens would not fit." if shorter and not wish.cpu else ""
        return tuple(filter(None, (said, longest)))
    if order.force or order.dry:
        return (f"{said} That does not fit.",)
    raise ServeError(f"{said} That does not fit. {_instead(chosen, laid, wish)}--force tries it all the same.")


def _instead(chosen: Weights, laid: Layout, wish: Wish) -> str:
    """What of the catalogue would fit: the same model quantised, else the largest others."""
    if wish.cpu:
        return ""
    fitting = [name for name in _names() if layout.lay_out(weights.resolve(name), laid.gpus, nodes=laid.nodes).fits]
    same = [name for name in fitting if name.startswith(f"{chosen.name}-")]
    found = same or sorted(fitting, key=lambda name: -weights.resolve(name).size)[:3]
    return f"These would fit: {', '.join(found)}. " if found else ""


def _names() -> list[str]:
    return [name for row in catalogue.rows() for name in (row.name, *(f"{row.name}-{how}" for how in row.quantised))]


def _key(order: Order) -> tuple[str, bool]:
    """(key, whether it is new): the variable's where it is set; a new one where other machines can ask.

    Raises ServeError where no client could send the variable's.
    """
    key = os.environ.get(order.key_env, "") if order.key_env else ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ServeError(f"The key in {order.key_env} holds characters that no HTTP header can hold.")
    if key or order.wish.host in plan.LOOPBACK:
        return key, False
    return secrets.token_urlsafe(24), True
