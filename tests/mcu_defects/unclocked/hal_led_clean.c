/* A blinking LED with ST's HAL. */
#include "stm32f4xx_hal.h"

int main(void)
{
    GPIO_InitTypeDef led = {0};

    HAL_Init();
    __HAL_RCC_GPIOD_CLK_ENABLE();
    led.Pin = GPIO_PIN_12;
    led.Mode = GPIO_MODE_OUTPUT_PP;
    led.Pull = GPIO_NOPULL;
    led.Speed = GPIO_SPEED_FREQ_LOW;
    HAL_GPIO_Init(GPIOD, &led);
    for (;;) {
        HAL_GPIO_TogglePin(GPIOD, GPIO_PIN_12);
        HAL_Delay(500);
    }
}
