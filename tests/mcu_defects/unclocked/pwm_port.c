/* PWM of TIM12 on PB14: everything is set up but the port's own clock. */
#include "stm32f407xx.h"

static void pwm_init(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    GPIOB->AFR[1] |= 9UL << ((14U - 8U) * 4U); /* fault: the clock of GPIOB is off */
    GPIOB->MODER |= 2UL << (14U * 2U);
    TIM12->ARR = 999U;
    TIM12->CCR1 = 250U;
    TIM12->CCMR1 = TIM_CCMR1_OC1M_2 | TIM_CCMR1_OC1M_1;
    TIM12->CCER = TIM_CCER_CC1E;
    TIM12->CR1 = TIM_CR1_CEN;
}

int main(void)
{
    pwm_init();
    for (;;)
        __WFI();
}
