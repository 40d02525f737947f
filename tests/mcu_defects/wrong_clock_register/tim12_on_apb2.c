/* TIM12 counts, were its clock enabled on its own bus. */
#include "stm32f407xx.h"

int main(void)
{
    RCC->APB2ENR |= RCC_APB1ENR_TIM12EN; /* fault: TIM12 hangs on APB1 */
    TIM12->PSC = 15999U;
    TIM12->ARR = 999U;
    TIM12->CR1 = TIM_CR1_CEN;
    for (;;)
        __WFI();
}
