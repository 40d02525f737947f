/* TIM12 counts. */
#include "stm32f407xx.h"

int main(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    TIM12->PSC = 15999U;
    TIM12->ARR = 999U;
    TIM12->CR1 = TIM_CR1_CEN;
    for (;;)
        __WFI();
}
