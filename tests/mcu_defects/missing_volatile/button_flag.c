/* main waits for a button's handler: without volatile the flag is read once. */
#include "stm32f407xx.h"

static int pressed; /* fault: the compiler may read it once, before the loop */

void EXTI0_IRQHandler(void)
{
    EXTI->PR = EXTI_PR_PR0;
    pressed = 1;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_GPIODEN;
    GPIOD->MODER |= 1UL << (12U * 2U);
    EXTI->RTSR |= EXTI_RTSR_TR0;
    EXTI->IMR |= EXTI_IMR_MR0;
    NVIC_EnableIRQ(EXTI0_IRQn);
    while (!pressed)
        ;
    GPIOD->BSRR = 1UL << 12;
    for (;;)
        __WFI();
}
