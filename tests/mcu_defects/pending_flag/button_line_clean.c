/* A button's handler. */
#include "stm32f4xx_hal.h"

static void toggle(void)
{
    HAL_GPIO_TogglePin(GPIOD, GPIO_PIN_13);
}

void EXTI0_IRQHandler(void)
{
    EXTI->PR = EXTI_PR_PR0;
    toggle();
}

int main(void)
{
    GPIO_InitTypeDef pin = {0};

    HAL_Init();
    __HAL_RCC_GPIOA_CLK_ENABLE();
    __HAL_RCC_GPIOD_CLK_ENABLE();
    pin.Pin = GPIO_PIN_13;
    pin.Mode = GPIO_MODE_OUTPUT_PP;
    HAL_GPIO_Init(GPIOD, &pin);
    pin.Pin = GPIO_PIN_0;
    pin.Mode = GPIO_MODE_IT_RISING;
    HAL_GPIO_Init(GPIOA, &pin);
    HAL_NVIC_EnableIRQ(EXTI0_IRQn);
    for (;;)
        HAL_Delay(100);
}
