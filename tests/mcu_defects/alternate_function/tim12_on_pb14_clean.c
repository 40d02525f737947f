/* TIM12 channel 1 comes out of PB14 as alternate function 9. */
#include "stm32f407xx.h"

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    GPIOB->AFR[1] |= 9UL << ((14U - 8U) * 4U);
    GPIOB->MODER |= 2UL << (14U * 2U);
    TIM12->ARR = 999U;
    TIM12->CCR1 = 250U;
    TIM12->CCMR1 = TIM_CCMR1_OC1M_2 | TIM_CCMR1_OC1M_1;
    TIM12->CCER = TIM_CCER_CC1E;
    TIM12->CR1 = TIM_CR1_CEN;
    for (;;)
        __WFI();
}
