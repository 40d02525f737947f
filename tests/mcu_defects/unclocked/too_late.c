/* A serial port that is set up before its clock runs. */
#include "stm32f407xx.h"

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    GPIOA->AFR[0] |= 7UL << (2U * 4U);
    GPIOA->MODER |= 2UL << (2U * 2U);
    USART2->BRR = 0x8BU; /* fault: this write is lost, the clock comes a line later */
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;
    USART2->CR1 = USART_CR1_UE | USART_CR1_TE;
    for (;;) {
        while (!(USART2->SR & USART_SR_TXE))
            ;
        USART2->DR = 'U';
    }
}
