/* USART2 sends on PA2 with ST's HAL; the pin set up here is another one. */
#include "stm32f4xx_hal.h"

static UART_HandleTypeDef uart;

int main(void)
{
    GPIO_InitTypeDef pin = {0};
    const uint8_t text[] = "hello\r\n";

    HAL_Init();
    __HAL_RCC_GPIOA_CLK_ENABLE();
    __HAL_RCC_USART2_CLK_ENABLE();
    pin.Pin = GPIO_PIN_9;
    pin.Mode = GPIO_MODE_AF_PP;
    pin.Pull = GPIO_NOPULL;
    pin.Speed = GPIO_SPEED_FREQ_LOW;
    pin.Alternate = GPIO_AF7_USART2; /* fault: alternate function 7 of PA9 is USART1, not USART2 */
    HAL_GPIO_Init(GPIOA, &pin);
    uart.Instance = USART2;
    uart.Init.BaudRate = 115200;
    HAL_UART_Init(&uart);
    for (;;)
        HAL_UART_Transmit(&uart, text, sizeof text - 1, 100);
}
