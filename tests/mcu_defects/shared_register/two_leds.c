/* Two LEDs of one port, one toggled by main, one by a handler: at times one of them is lost. */
#include "stm32f407xx.h"

void TIM2_IRQHandler(void)
{
    TIM2->SR = ~TIM_SR_UIF;
    GPIOD->ODR ^= 1UL << 12;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    GPIOD->MODER |= (1UL << (12U * 2U)) | (1UL << (13U * 2U));
    TIM2->PSC = 15999U;
    TIM2->ARR = 999U;
    TIM2->DIER = TIM_DIER_UIE;
    TIM2->CR1 = TIM_CR1_CEN;
    NVIC_EnableIRQ(TIM2_IRQn);
    for (;;) {
        for (volatile uint32_t i = 0; i < 100000U; i++)
            ;
        GPIOD->ODR ^= 1UL << 13; /* fault: the handler may come between the read and the write */
    }
}
