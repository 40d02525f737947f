"""Handlers that are never entered, never left, or too urgent, and what they share with the rest of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.fixes.source import newline_of
from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category

HANDLER = re.compile(r"\w+(?:_IRQHandler|_Handler|_isr|_handler)")
CLEARS = re.compile(
    r"\w+->(?:PR|SR|ISR|ICR|IFCR|LIFCR|HIFCR)\s*(?:=|&=|\|=)|__HAL_\w+_CLEAR_\w+\s*\(|HAL_\w+_IRQHandler\s*\(|"
    r"\w*(?:exti_reset_request|clear_flag|ClearFlag|ClearITPendingBit)\w*\s*\("
)
PRIORITY = re.compile(r"(?:HAL_)?NVIC_SetPriority\s*\(\s*\w+\s*,\s*(\d+)|nvic_set_priority\s*\(\s*\w+\s*,\s*(\d+)")
# Only a kernel, which masks interrupts by their priority, has any that are too urgent.
KERNEL = re.compile(r"FromISR\b|\bcmsis_os|\bFreeRTOS\.h")
WAITS = ("HAL_Delay", "ticks_wait", "vTaskDelay")


def misspelt_handler(code: Code) -> Iterator[Mutation]:
    """A handler under a name that no vector has."""
    for name in _handlers(code):
        for slip in slips(code.words(name)):
            yield one(code.start(name), code.end(name), slip)


def dropped_handler(code: Code) -> Iterator[Mutation]:
    """A handler less."""
    for name in _handlers(code):
        yield one(*code.stretch(code.above(name, "function_definition")))


def dropped_clear(code: Code) -> Iterator[Mutation]:
    """A handler that leaves the request pending."""
    for name in _handlers(code):
        function = code.above(name, "function_definition")
        for node in code.below(function, "expression_statement"):
            if CLEARS.match(code.words(node)):
                yield one(*code.stretch(node), "", (code.start(name),))


def too_urgent(code: Code) -> Iterator[Mutation]:
    """An interrupt of the highest priority, in a program with a kernel."""
    for node in code.of("expression_statement") if KERNEL.search(code.text) else ():
        found = PRIORITY.search(code.words(node))
        if found is not None:
            group = 1 if found[1] else 2
            if found[group] != "0":
                yield one(code.start(node) + found.start(group), code.start(node) + found.end(group), "0")


def waits_in_handler(code: Code) -> Iterator[Mutation]:
    """A handler that waits for time to pass."""
    called = {code.words(node.children[0]) for node in code.of("call_expression")}
    wait = next((name for name in WAITS if name in called), None)
    for name in _handlers(code) if wait is not None else ():
        block = code.above(name, "function_definition").child_by_field_name("body")
        if block is not None and block.named_children:
            first = block.named_children[0]
            yield one(code.start(first), code.start(first), f"{wait}(10);{newline_of(code.text)}{code.indent(first)}")


def dropped_volatile(code: Code) -> Iterator[Mutation]:
    """A variable of the whole file that the compiler may keep in a register."""
    for node in code.of("declaration"):
        if node.parent.type != "translation_unit":
            continue
        for word in node.children:
            if code.words(word) in ("volatile", "__IO"):
                following = word.next_sibling
                if following is not None:
                    also = tuple(_reads(code, node))
                    yield one(code.start(word), code.start(following), "", also)


def buffer_on_stack(code: Code) -> Iterator[Mutation]:
    """A buffer that DMA fills lies on the stack of the function that starts it."""
    globals_ = {_name(code, node): node for node in code.of("declaration") if node.parent.type == "translation_unit"}
    for call in code.of("call_expression"):
        function = code.above(call, "function_definition")
        if not code.words(call.children[0]).endswith("_DMA") or function is None:
            continue
        for given in code.below(call, "identifier"):
            declaration = globals_.get(code.words(given))
            block = function.child_by_field_name("body")
            if declaration is not None and "[" in code.words(declaration) and block is not None:
                words = re.sub(r"\b(static|volatile|__IO)\s+", "", code.words(declaration))
                at = code.start(block) + 1
                yield one(at, at, f"{newline_of(code.text)}    {words}", (code.start(given), code.start(call)))


def _handlers(code: Code) -> Iterator[Any]:
    """The names of the functions that look like handlers."""
    for node in code.of("function_definition"):
        for declarator in code.below(node, "function_declarator")[:1]:
            name = declarator.child_by_field_name("declarator")
            if name is not None and HANDLER.fullmatch(code.words(name)):
                yield name


def _name(code: Code, node: Any) -> str:
    found = code.below(node, "identifier")
    return code.words(found[0]) if found else ""


def _reads(code: Code, declaration: Any) -> Iterator[int]:
    """The loops that read a variable: where it must be volatile."""
    name = _name(code, declaration)
    for node in code.of("while_statement", "do_statement", "for_statement"):
        if name and re.search(rf"\b{re.escape(name)}\b", code.words(node)):
            yield code.start(node)


MUTATORS = (
    Mutator("misspelt-handler", Category.VECTOR_TABLE, misspelt_handler),
    Mutator("dropped-handler", Category.VECTOR_TABLE, dropped_handler),
    Mutator("dropped-flag-clear", Category.INTERRUPT, dropped_clear),
    Mutator("too-urgent", Category.INTERRUPT, too_urgent),
    Mutator("wait-in-handler", Category.INTERRUPT, waits_in_handler),
    Mutator("dropped-volatile", Category.SHARED_DATA, dropped_volatile),
    Mutator("buffer-on-stack", Category.DMA, buffer_on_stack),
)
