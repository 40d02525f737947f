/* A wait by the ticks of SysTick that never ends once it is optimised. */
#include "stm32f407xx.h"

static uint32_t ticks; /* fault: SysTick_Handler counts what wait() reads */

void SysTick_Handler(void)
{
    ticks++;
}

static void wait(uint32_t milliseconds)
{
    uint32_t start = ticks;

    while (ticks - start < milliseconds)
        ;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    GPIOD->MODER |= 1UL << (12U * 2U);
    SysTick->LOAD = 15999U;
    SysTick->CTRL = SysTick_CTRL_CLKSOURCE_Msk | SysTick_CTRL_TICKINT_Msk | SysTick_CTRL_ENABLE_Msk;
    for (;;) {
        GPIOD->BSRR = 1UL << 12;
        wait(500);
        GPIOD->BSRR = 1UL << 28;
        wait(500);
    }
}
