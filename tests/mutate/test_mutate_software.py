"""Every fault of CUDA, Triton and firmware: it is where it should be, it differs, and the text parses, or not."""

from __future__ import annotations

import pytest
from mutate_helpers import changed, document, mutants, sample, sound_ones

from signoff.diagnostics.mutate.mutation import Mutator
from signoff.diagnostics.mutate.registry import CUDA, FIRMWARE, TRITON
from signoff.verifiers.finding import GPU_CATEGORIES, MCU_CATEGORIES
from signoff.verifiers.snapshot import Snapshot

Expected = dict[str, tuple[str, str]]
KERNELS, KERNEL, PROGRAM = sample("kernels.cu"), sample("kernel.py"), sample("firmware.c")
# A change that each way of going wrong must be able to make of its sample: the lines before, and after.
OF_CUDA: Expected = {
    "dropped-semicolon": ("total += in[i];", "total += in[i]"),
    "dropped-bracket": ("total += in[i];", "total += in[i;"),
    "dropped-brace": ("}", ""),
    "misspelt-keyword": ("return error == cudaSuccess;", "retrn error == cudaSuccess;"),
    "misspelt-name": ("total += in[i];", "toal += in[i];"),
    "misspelt-call": ("__syncthreads();", "__synchreads();"),
    "misspelt-type": ("float total = 0.0f;", "flat total = 0.0f;"),
    "misspelt-member": (
        "for (int i = range->first + threadIdx.x; i < range->last; i += THREADS) {",
        "for (int i = range->fist + threadIdx.x; i < range->last; i += THREADS) {",
    ),
    "dropped-declaration": ("float total = 0.0f;", ""),
    "dropped-argument": ("atomicAdd(out, parts[threadIdx.x]);", "atomicAdd(out);"),
    "dropped-address": ("cudaMalloc(&kept, 4096);", "cudaMalloc(kept, 4096);"),
    "wrong-arrow": (
        "for (int i = range->first + threadIdx.x; i < range->last; i += THREADS) {",
        "for (int i = range.first + threadIdx.x; i < range->last; i += THREADS) {",
    ),
    "block-too-large": ("dim3 block(32, 8);", "dim3 block(2048, 8);"),
    "empty-grid": ("dim3 grid(4, 16);", "dim3 grid(0, 16);"),
    "swapped-configuration": (
        "transpose<<<grid, block>>>(in, out, width);",
        "transpose<<<block, grid>>>(in, out, width);",
    ),
    "no-dynamic-memory": (
        "sum<<<64, THREADS, THREADS * sizeof(float)>>>(in, out, range);",
        "sum<<<64, THREADS, 0>>>(in, out, range);",
    ),
    "dropped-launch-argument": (
        "transpose<<<grid, block>>>(in, out, width);",
        "transpose<<<grid, block>>>(in, out);",
    ),
    "dropped-error-check": ("cudaGetLastError();", ""),
    "oversized-shared-array": ("__shared__ float tile[32][33];", "__shared__ float tile[32][65536];"),
    "starved-of-registers": (
        "__global__ void __launch_bounds__(256) sum(const float *in, float *out, Range *range) {",
        "__global__ void __launch_bounds__(1024, 2) sum(const float *in, float *out, Range *range) {",
    ),
    "dropped-barrier": ("__syncthreads();", ""),
    "divergent-barrier": ("__syncthreads();", "if (threadIdx.x < 16) __syncthreads();"),
    "lost-padding": ("__shared__ float tile[32][33];", "__shared__ float tile[32][32];"),
}
OF_TRITON: Expected = {
    "misspelt-triton-function": ("places = start + tl.arange(0, BLOCK)", "places = start + tl.arage(0, BLOCK)"),
    "misspelt-keyword-argument": (
        "start = tl.program_id(axis=0) * BLOCK",
        "start = tl.program_id(axs=0) * BLOCK",
    ),
    "lost-constexpr": (
        "def add(left, right, out, count, BLOCK: tl.constexpr):",
        "def add(left, right, out, count, BLOCK):",
    ),
    "ragged-range": ("places = start + tl.arange(0, BLOCK)", "places = start + tl.arange(0, BLOCK + 1)"),
    "value-as-pointer": (
        "first = tl.load(left + places + step, mask=inside, other=0.0)",
        "first = tl.load((left + places + step).to(tl.float32), mask=inside, other=0.0)",
    ),
    "misspelt-name": ("inside = places < count", "inside = plaes < count"),
    "lost-colon": ("for step in range(2):", "for step in range(2)"),
    "lost-bracket": ("places = start + tl.arange(0, BLOCK)", "places = start + tl.arange(0, BLOCK"),
    "odd-number-of-warps": (
        "add[(4,)](left, right, out, count, BLOCK=256, num_warps=4)",
        "add[(4,)](left, right, out, count, BLOCK=256, num_warps=3)",
    ),
}
OF_FIRMWARE: Expected = {
    "dropped-semicolon": ("count++;", "count++"),
    "dropped-bracket": ("HAL_RCC_OscConfig(&oscillator);", "HAL_RCC_OscConfig(&oscillator;"),
    "dropped-brace": ("}", ""),
    "misspelt-keyword": ("while (ticks < 10U) {", "whle (ticks < 10U) {"),
    "misspelt-name": ("count++;", "cont++;"),
    "misspelt-call": ("HAL_Delay(1);", "HAL_elay(1);"),
    "misspelt-type": ("GPIO_InitTypeDef pin = {0};", "GPIO_IniTypeDef pin = {0};"),
    "misspelt-member": ("uart->State = 0;", "uart->Stte = 0;"),
    "dropped-declaration": ("GPIO_InitTypeDef pin = {0};", ""),
    "dropped-argument": ("HAL_GPIO_Init(GPIOB, &pin);", "HAL_GPIO_Init(GPIOB);"),
    "dropped-address": ("HAL_GPIO_Init(GPIOB, &pin);", "HAL_GPIO_Init(GPIOB, pin);"),
    "wrong-arrow": ("uart->State = 0;", "uart.State = 0;"),
    "renamed-function": ("void pins_init(void)", "void pinsinit(void)"),
    "nowhere-defined": ("static int count;", "extern int count;"),
    "oversized-array": ("static uint8_t received[64];", "static uint8_t received[8388608];"),
    "misspelt-handler": ("void EXTI0_IRQHandler(void)", "void EXTI0_IRHandler(void)"),
    "dropped-handler": ("void EXTI0_IRQHandler(void) { EXTI->PR = EXTI_PR_PR0; count++; }", ""),
    "dropped-flag-clear": ("EXTI->PR = EXTI_PR_PR0;", ""),
    "too-urgent": ("HAL_NVIC_SetPriority(EXTI0_IRQn, 6, 0);", "HAL_NVIC_SetPriority(EXTI0_IRQn, 0, 0);"),
    "wait-in-handler": ("", "HAL_Delay(10);"),
    "dropped-volatile": ("static volatile uint32_t ticks;", "static uint32_t ticks;"),
    "buffer-on-stack": ("", "uint8_t received[64];"),
    "dropped-clock": ("RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;", ""),
    "wrong-bus": ("RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;", "RCC->APB1ENR |= RCC_AHB1ENR_GPIOAEN;"),
    "wrong-pll-factor": ("oscillator.PLL.PLLN = 336;", "oscillator.PLL.PLLN = 1344;"),
    "fewer-wait-states": (
        "HAL_RCC_ClockConfig(&clocks, FLASH_LATENCY_5);",
        "HAL_RCC_ClockConfig(&clocks, FLASH_LATENCY_0);",
    ),
    "wrong-alternate-function": ("GPIOA->AFR[0] |= 7UL << (2U * 4U);", "GPIOA->AFR[0] |= 8UL << (2U * 4U);"),
    "wrong-half-of-the-port": ("GPIOA->AFR[0] |= 7UL << (2U * 4U);", "GPIOA->AFR[1] |= 7UL << (2U * 4U);"),
    "wrong-shift": ("GPIOA->MODER |= 2UL << (2U * 2U);", "GPIOA->MODER |= 2UL << (2U * 4U);"),
}
DOMAINS = ((KERNELS, CUDA, OF_CUDA), (KERNEL, TRITON, OF_TRITON), (PROGRAM, FIRMWARE, OF_FIRMWARE))
CASES = [
    pytest.param(text, mutator, expected.get(mutator.name), id=f"{text.language}-{mutator.name}")
    for text, mutators, expected in DOMAINS
    for mutator in mutators
]


def test_every_way_has_an_expectation_and_a_name_of_its_own() -> None:
    for _, mutators, expected in DOMAINS:
        assert [one.name for one in mutators] == list(expected)


def test_every_kind_of_gpu_code_and_of_firmware_has_a_fault() -> None:
    assert {one.category for one in (*CUDA, *TRITON)} == GPU_CATEGORIES
    assert {one.category for one in FIRMWARE} == MCU_CATEGORIES


@pytest.mark.parametrize(("text", "mutator", "expected"), CASES)
def test_the_fault_is_made_and_is_sound(text: Snapshot, mutator: Mutator, expected: tuple[str, str]) -> None:
    made = sound_ones(text, mutator)
    assert expected in [changed(one) for one in made], [changed(one) for one in mutants(text, mutator)]
    for one in made:
        assert one.lines and all(0 <= line <= one.faulty.text.count("\n") for line in one.lines)


@pytest.mark.parametrize(("text", "mutator", "expected"), CASES)
def test_characters_beyond_ascii_and_windows_lines_move_nothing(
    text: Snapshot, mutator: Mutator, expected: tuple[str, str]
) -> None:
    first = "# " if text.language == "python" else "// "
    moved = document(f"{first}𝔸 é\n{text.text}".replace("\n", "\r\n"), text.language, text.path)
    assert [changed(one) for one in mutants(moved, mutator)] == [changed(one) for one in mutants(text, mutator)]


@pytest.mark.parametrize(("text", "mutator", "expected"), CASES)
@pytest.mark.parametrize("broken", ["", "}{", "def f(:\n  x", "k<<<", "\ufeff/*", "void f() { return"])
def test_text_that_is_no_program_does_no_harm(
    text: Snapshot, mutator: Mutator, expected: tuple[str, str], broken: str
) -> None:
    list(mutants(document(broken, text.language, text.path), mutator))
