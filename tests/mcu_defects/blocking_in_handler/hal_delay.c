/* A button that is debounced in its handler: SysTick is as urgent, so no tick comes and it waits for ever. */
#include "stm32f4xx_hal.h"

static volatile uint32_t last;

void SysTick_Handler(void)
{
    HAL_IncTick();
}

void EXTI0_IRQHandler(void)
{
    HAL_GPIO_EXTI_IRQHandler(GPIO_PIN_0);
}

void HAL_GPIO_EXTI_Callback(uint16_t pin)
{
    (void)pin;
    HAL_Delay(20); /* fault: it waits for SysTick in a handler that SysTick cannot interrupt */
    last = 0;
    HAL_GPIO_TogglePin(GPIOD, GPIO_PIN_12);
}

int main(void)
{
    GPIO_InitTypeDef pin = {0};

    HAL_Init();
    __HAL_RCC_GPIOA_CLK_ENABLE();
    __HAL_RCC_GPIOD_CLK_ENABLE();
    pin.Pin = GPIO_PIN_12;
    pin.Mode = GPIO_MODE_OUTPUT_PP;
    HAL_GPIO_Init(GPIOD, &pin);
    pin.Pin = GPIO_PIN_0;
    pin.Mode = GPIO_MODE_IT_RISING;
    HAL_GPIO_Init(GPIOA, &pin);
    HAL_NVIC_SetPriority(EXTI0_IRQn, 15, 0);
    HAL_NVIC_EnableIRQ(EXTI0_IRQn);
    for (;;)
        ;
}
