"""cudaLaunchKernelEx and its cudaLaunchConfig_t."""

from __future__ import annotations

from tree_sitter import Node

from signoff.verifiers.gpu.evaluate import Evaluator
from signoff.verifiers.gpu.facts import Extent, Form, Launch
from signoff.verifiers.gpu.names import Callee, kernel_of
from signoff.verifiers.gpu.source import Source


def extended(
    evaluator: Evaluator, source: Source, call: Node, arguments: list[Node], conditional: bool, function: str
) -> tuple[Launch, Callee] | None:
    """The launch of cudaLaunchKernelEx(&config, kernel, ...)."""
    if len(arguments) < 2:
        return None
    kernel = kernel_of(evaluator, source, arguments[1])
    launch = Launch(
        form=Form.EXTENDED,
        span=source.span(call),
        kernel=kernel.name,
        kernel_span=kernel.span,
        function=function,
        grid=Extent(),
        block=Extent(),
        template_arguments=kernel.template_arguments,
        conditional=conditional,
    )
    return launch, kernel
