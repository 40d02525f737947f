/* A timer's handler that leaves its request standing: it is entered again for ever. */
#include "stm32f407xx.h"

static volatile uint32_t seconds;

void TIM2_IRQHandler(void) /* fault: nothing clears TIM2->SR's UIF */
{
    seconds++;
    GPIOD->BSRR = seconds & 1U ? 1UL << 12 : 1UL << 28;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    GPIOD->MODER |= 1UL << (12U * 2U);
    TIM2->PSC = 15999U;
    TIM2->ARR = 999U;
    TIM2->DIER = TIM_DIER_UIE;
    TIM2->CR1 = TIM_CR1_CEN;
    NVIC_EnableIRQ(TIM2_IRQn);
    for (;;)
        __WFI();
}
