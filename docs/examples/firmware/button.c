/* The button on PA0, which pulls the pin up: its rising edge is an interrupt. */
#include "board.h"
#include "stm32f407.h"

static volatile int pressed;

void EXTI0_IRQHandler(void)
{
    EXTI->PR = EXTI_PR_PR0; /* writing 1 clears the flag; without it the handler would start again for ever */
    pressed = 1;
}

void button_init(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC->APB2ENR |= RCC_APB2ENR_SYSCFGEN;

    SYSCFG->EXTICR[0] &= ~SYSCFG_EXTICR1_EXTI0; /* line 0 listens to port A */
    EXTI->RTSR |= EXTI_RTSR_TR0;
    EXTI->IMR |= EXTI_IMR_MR0;
    NVIC_SetPriority(EXTI0_IRQn, 8);
    NVIC_EnableIRQ(EXTI0_IRQn);
}

int button_pressed(void)
{
    int was = pressed;

    pressed = 0;
    return was;
}
