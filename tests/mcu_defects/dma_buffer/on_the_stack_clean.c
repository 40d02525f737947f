/* A line of text by DMA. */
#include "stm32f4xx_hal.h"

static UART_HandleTypeDef uart;
static uint8_t line[16];

static void report(uint32_t number)
{
    line[0] = (uint8_t)('0' + number % 10);
    line[1] = '\n';
    HAL_UART_Transmit_DMA(&uart, line, 2);
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
