"""More dynamic shared memory than a kernel gets unasked: the call that asks for it, or its amount put right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.arguments import ASSIGNING, in_angles, is_file_constant
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.included import headers
from signoff.diagnostics.fixes.gpu.tokens import definitions, source
from signoff.diagnostics.fixes.source import indent_of, newline_of
from signoff.verifiers.gpu.facts import Form, Kernel, Launch
from signoff.verifiers.text import Edit

ATTRIBUTE = "cudaFuncAttributeMaxDynamicSharedMemorySize"
# A runtime call as the argument of a macro or function that looks at its result.
TYPES = frozenset(("sizeof", "float", "double", "int", "char", "half", "short", "long", "unsigned", "size_t"))
RUNTIME = ("cudaMalloc", "cudaMemcpy", "cudaFree", "cudaDevice", "cudaGet", "cudaMemset", "cudaStream", "cudaEvent")


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Ask before the launch for what it needs; raise an amount that is too low."""
    launch = ground.launch
    if launch is None or launch.shared_span is None:
        return
    if ground.finding.code == "SharedMemoryOptIn":
        yield from _asked(ground, launch)
    if ground.finding.code == "SharedMemoryAttribute":
        yield from _raised(ground, launch)


def _asked(ground: Ground, launch: Launch) -> Iterator[FixCandidate]:
    start = statement_start(ground, launch)
    kernel = callee(ground, launch)
    amount = ground.text(launch.shared_span).strip() if launch.shared_span else ""
    if start is None or not kernel or not _only_reads(ground, launch):
        return
    call = f"cudaFuncSetAttribute({kernel}, {ATTRIBUTE}, {amount})"
    if checker := checked_with(ground, launch):
        # A macro would take the comma of template arguments for the end of its own.
        inside = f"({kernel})" if "," in kernel else kernel
        call = f"{checker}(cudaFuncSetAttribute({inside}, {ATTRIBUTE}, {amount}))"
    newline, indent = newline_of(ground.snapshot.text), indent_of(ground.index.line(ground.index.position(start)[0]))
    title = f"Raise the limit of '{launch.kernel}' with cudaFuncSetAttribute before the launch"
    yield ground.candidate(title, (ground.insert(start, f"{call};{newline}{indent}"),), "shared")


def _raised(ground: Ground, launch: Launch) -> Iterator[FixCandidate]:
    """The most that any launch asks for, by the launch's own expression where it means the same at the call."""
    if launch.opt_in is None or launch.opt_in.bytes_span is None or launch.opt_in.bytes is None:
        return
    asking = [one for one in ground.launches(launch.kernel) if one.shared is not None]
    most = max(asking, key=lambda one: one.shared or 0, default=launch)
    if most.shared is None or most.shared_span is None or most.shared <= launch.opt_in.bytes:
        return
    place = launch.opt_in.bytes_span
    old = [token.text for token in ground.tokens(place)]
    shown = f"Raise the limit of '{launch.kernel}' to the {most.shared} bytes that the launch asks for"
    for text in dict.fromkeys((ground.text(most.shared_span), str(most.shared))):
        if text.isdigit() or _means_the_same(ground, most, ground.index.offsets(place)[0]):
            yield ground.candidate(shown, (Edit(place, text),), "shared", old)


def _means_the_same(ground: Ground, launch: Launch, offset: int) -> bool:
    """Whether the names in the launch's amount have the same values at an offset: constants of the file alone do."""
    assert launch.shared_span is not None
    names = [token for token in ground.tokens(launch.shared_span) if token.kind == "word" and token.text not in TYPES]
    return all(is_file_constant(ground, token.text, offset) for token in names)


def callee(ground: Ground, launch: Launch) -> str:
    """The kernel as the launch writes it, template arguments and all; "" where it cannot be named by itself."""
    if launch.form is not Form.CHEVRON or not launch.kernel:
        return ""
    src, first = ground.src, ground.src.from_(ground.index.offsets(launch.span)[0])
    mark = next((n for n in ground.range(launch.span) if src.word(n) == "<<<"), None)
    if mark is None:
        return ""
    text = src.text[src.token(first).start : src.token(mark - 1).end]
    kernels = [one for one in ground.unit.kernels if one.name == launch.kernel]
    texts = (ground.src.text, *headers(ground)[0])
    # The address of a template needs its arguments, and that of one of several overloads a cast.
    if len(kernels) != 1 or sum(definitions(one, launch.kernel) for one in texts) != 1:
        return ""
    return text if not kernels[0].templated or _all_given(ground, kernels[0], text) else ""


def _all_given(ground: Ground, kernel: Kernel, text: str) -> bool:
    """Whether a launch writes out every template argument: what it leaves to its arguments' types, an address lacks."""
    written = source(text)
    opening = next((n for n in range(len(written.tokens)) if written.word(n) == "<"), None)
    if opening is None or not text.endswith(">") or kernel.path not in ("", ground.snapshot.path):
        return False
    src = ground.src
    number = src.from_(ground.index.offsets(kernel.name_span)[0])
    while number > 0 and src.word(number) != "template" and src.word(number) not in (";", "}", "{"):
        number -= 1
    if src.word(number) != "template":
        return False
    wanted = in_angles(src, number + 1)
    needed = [one for one in wanted if "=" not in [token.text for token in one]]
    packed = any(token.text == "..." for one in wanted for token in one)
    return bool(wanted) and not packed and len(in_angles(written, opening)) >= len(needed)


def statement_start(ground: Ground, launch: Launch) -> int | None:
    """The offset of the launch where it is a whole statement of a block: then others can stand before and after it."""
    src, inside = ground.src, ground.range(launch.span)
    if not inside or src.word(inside.start - 1) not in (";", "{", "}") or src.word(inside.stop) != ";":
        return None
    return src.token(inside.start).start


def _only_reads(ground: Ground, launch: Launch) -> bool:
    """Whether the amount can be computed twice: it assigns and calls nothing."""
    assert launch.shared_span is not None
    src, inside = ground.src, ground.range(launch.shared_span)
    called = {src.word(n) for n in inside if src.word(n + 1) == "(" and src.word(n).isidentifier()}
    return called <= {"sizeof", "min", "max"} and not any(src.word(n) in ASSIGNING for n in inside)


def checked_with(ground: Ground, launch: Launch) -> str:
    """The macro or function that this text checks its runtime calls with, of the launch's function if it has any."""
    src = ground.src
    found: Counter[str] = Counter()
    start, _ = ground.index.offsets(launch.span)
    for number, token in enumerate(src.tokens):
        checker = src.word(number - 2)
        if not token.text.startswith(RUNTIME) or src.word(number - 1) != "(" or not checker.isidentifier():
            continue
        if src.word(number - 3) in (";", "{", "}") and src.word(src.closing(number - 1) + 1) == ";":
            # The nearer one counts more: a file may hold the macros of several hands.
            found[checker] += 1 + (100 if _same_function(ground, token.start, start) else 0)
    return found.most_common(1)[0][0] if found else ""


def _same_function(ground: Ground, one: int, other: int) -> bool:
    """Whether no closing brace in the first column lies between two offsets: the usual end of a function."""
    low, high = sorted((one, other))
    return "\n}" not in ground.src.text[low:high]
