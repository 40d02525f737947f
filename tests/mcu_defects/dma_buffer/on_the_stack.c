/* A line of text by DMA from the stack of a function that has returned by then. */
#include "stm32f4xx_hal.h"

static UART_HandleTypeDef uart;

static void report(uint32_t number)
{
    uint8_t line[16];

    line[0] = (uint8_t)('0' + number % 10);
    line[1] = '\n';
    HAL_UART_Transmit_DMA(&uart, line, 2); /* fault: report() returns while the transfer reads its stack */
}

int main(void)
{
    uint32_t number = 0;

    HAL_Init();
    __HAL_RCC_USART2_CLK_ENABLE();
    uart.Instance = USART2;
    uart.Init.BaudRate = 115200;
    HAL_UART_Init(&uart);
    for (;;) {
        report(number++);
        HAL_Delay(1000);
    }
}
