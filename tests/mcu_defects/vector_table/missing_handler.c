/* The serial port's interrupt is enabled, and no handler takes it. */
#include "stm32f407xx.h"

static volatile uint8_t last;

void usart2_received(void)
{
    last = (uint8_t)USART2->DR;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;
    GPIOA->AFR[0] |= (7UL << (2U * 4U)) | (7UL << (3U * 4U));
    GPIOA->MODER |= (2UL << (2U * 2U)) | (2UL << (3U * 2U));
    USART2->BRR = 0x8BU;
    USART2->CR1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_RXNEIE;
    NVIC_EnableIRQ(USART2_IRQn); /* fault: nothing defines USART2_IRQHandler */
    for (;;)
        USART2->DR = last;
}
