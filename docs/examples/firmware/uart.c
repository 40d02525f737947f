/* Text to the outside: USART2, transmitter only. */
#include "board.h"
#include "stm32f407.h"

#define APB1_CLOCK_HZ 16000000UL
#define BAUD 115200UL
#define TX_PIN 2U /* PA2 is USART2_TX as alternate function 7 */

void uart_init(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;

    GPIOA->AFR[0] = (GPIOA->AFR[0] & ~(0xFUL << (TX_PIN * 4U))) | (7UL << (TX_PIN * 4U));
    GPIOA->MODER = (GPIOA->MODER & ~(3UL << (TX_PIN * 2U))) | (2UL << (TX_PIN * 2U));

    USART2->BRR = (APB1_CLOCK_HZ + BAUD / 2U) / BAUD;
    USART2->CR1 = USART_CR1_UE | USART_CR1_TE;
}

void uart_print(const char *text)
{
    for (; *text; text++) {
        while (!(USART2->SR & USART_SR_TXE))
            ;
        USART2->DR = (uint8_t)*text;
    }
}

void uart_print_number(uint32_t number)
{
    char digits[11];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = (char)('0' + number % 10U);
    while (number /= 10U);
    uart_print(at);
}
