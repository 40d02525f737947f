/* Pins 10 to 15 share one vector. */
#include "stm32f407xx.h"

void EXTI15_10_IRQHandler(void)
{
    EXTI->PR = 1UL << 12;
    GPIOD->BSRR = 1UL << 13;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    GPIOD->MODER |= 1UL << (13U * 2U);
    EXTI->RTSR |= 1UL << 12;
    EXTI->IMR |= 1UL << 12;
    NVIC_EnableIRQ(EXTI15_10_IRQn);
    for (;;)
        __WFI();
}
