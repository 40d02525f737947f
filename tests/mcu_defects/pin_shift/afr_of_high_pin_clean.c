/* AFR[0] holds pins 0 to 7, AFR[1] pins 8 to 15. */
#include "stm32f407xx.h"

#define PWM_PIN 14U

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    GPIOB->AFR[1] |= 9UL << ((PWM_PIN - 8U) * 4U);
    GPIOB->MODER |= 2UL << (PWM_PIN * 2U);
    TIM12->ARR = 999U;
    TIM12->CCMR1 = TIM_CCMR1_OC1M_2 | TIM_CCMR1_OC1M_1;
    TIM12->CCER = TIM_CCER_CC1E;
    TIM12->CR1 = TIM_CR1_CEN;
    for (;;)
        __WFI();
}
