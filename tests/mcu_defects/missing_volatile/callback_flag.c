/* A callback of ST's HAL tells main by a variable that is not volatile. */
#include "stm32f4xx_hal.h"

static TIM_HandleTypeDef timer;
static uint8_t elapsed; /* fault: main's loop reads it, the callback sets it */

void TIM3_IRQHandler(void)
{
    HAL_TIM_IRQHandler(&timer);
}

void HAL_TIM_PeriodElapsedCallback(TIM_HandleTypeDef *handle)
{
    if (handle->Instance == TIM3)
        elapsed = 1;
}

int main(void)
{
    HAL_Init();
    __HAL_RCC_GPIOD_CLK_ENABLE();
    __HAL_RCC_TIM3_CLK_ENABLE();
    timer.Instance = TIM3;
    timer.Init.Prescaler = 15999;
    timer.Init.Period = 999;
    HAL_TIM_Base_Init(&timer);
    HAL_NVIC_SetPriority(TIM3_IRQn, 6, 0);
    HAL_NVIC_EnableIRQ(TIM3_IRQn);
    HAL_TIM_Base_Start_IT(&timer);
    for (;;) {
        if (elapsed) {
            elapsed = 0;
            HAL_GPIO_TogglePin(GPIOD, GPIO_PIN_12);
        }
    }
}
