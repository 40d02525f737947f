/* Faulty on purpose: the compiler takes it, the memory of the part does not. */
#include "board.h"

#define SAMPLES 72000U

static uint16_t history[SAMPLES]; /* fault: 144,000 bytes, and the part has 131,072 of RAM */

int main(void)
{
    ticks_init();
    uart_init();
    for (uint32_t at = 0;; at = (at + 1U) % SAMPLES) {
        history[at] = (uint16_t)ticks_now();
        uart_print_number(history[(at + 1U) % SAMPLES]);
        ticks_wait(1U);
    }
}
