/* Two buffers in turn. */
#include "stm32f407xx.h"

static volatile uint32_t free_buffers = 2;
static volatile uint32_t lost;

void TIM2_IRQHandler(void)
{
    TIM2->SR = ~TIM_SR_UIF;
    if (free_buffers == 0) {
        lost++;
        return;
    }
    TIM2->CCR1 = 500U;
}

int main(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    TIM2->PSC = 15999U;
    TIM2->ARR = 999U;
    TIM2->DIER = TIM_DIER_UIE;
    TIM2->CR1 = TIM_CR1_CEN;
    NVIC_EnableIRQ(TIM2_IRQn);
    for (;;) {
        __WFI();
        free_buffers = 2;
    }
}
