/* A wait by the ticks of SysTick. */
#include "stm32f407xx.h"

static volatile uint32_t ticks;

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
