/* A clock of milliseconds, from the core's own timer. */
#include "board.h"
#include "stm32f407.h"

#define CORE_CLOCK_HZ 16000000UL /* the internal oscillator, which runs after reset */

static volatile uint32_t ticks;

void SysTick_Handler(void)
{
    ticks++;
}

void ticks_init(void)
{
    SysTick->LOAD = CORE_CLOCK_HZ / 1000U - 1U;
    SysTick->VAL = 0;
    SysTick->CTRL = SysTick_CTRL_CLKSOURCE_Msk | SysTick_CTRL_TICKINT_Msk | SysTick_CTRL_ENABLE_Msk;
}

uint32_t ticks_now(void)
{
    return ticks;
}

void ticks_wait(uint32_t milliseconds)
{
    uint32_t start = ticks;

    while (ticks - start < milliseconds)
        __WFI();
}
