/* A timer's handler that no vector has: it never runs. */
#include "stm32f407xx.h"

void TIM2_IRQHandlr(void) /* fault: it is called TIM2_IRQHandler */
{
    TIM2->SR = ~TIM_SR_UIF;
    GPIOD->ODR ^= 1UL << 12;
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
