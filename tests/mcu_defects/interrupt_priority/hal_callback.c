/* A callback of ST's HAL that calls FreeRTOS: its handler is too urgent. */
#include "stm32f4xx_hal.h"
#include "FreeRTOS.h"
#include "task.h"

#define BUTTON_PRIORITY 1U

static TaskHandle_t worker;

BaseType_t vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken);

void EXTI0_IRQHandler(void)
{
    HAL_GPIO_EXTI_IRQHandler(GPIO_PIN_0);
}

void HAL_GPIO_EXTI_Callback(uint16_t pin)
{
    BaseType_t woken = pdFALSE;

    if (pin == GPIO_PIN_0)
        vTaskNotifyGiveFromISR(worker, &woken);
    portYIELD_FROM_ISR(woken);
}

static void work(void *parameters)
{
    (void)parameters;
    for (;;)
        vTaskDelay(pdMS_TO_TICKS(10));
}

int main(void)
{
    HAL_Init();
    HAL_NVIC_SetPriority(EXTI0_IRQn, BUTTON_PRIORITY, 0); /* fault: 1 is more urgent than 5 */
    HAL_NVIC_EnableIRQ(EXTI0_IRQn);
    xTaskCreate(work, "work", 128, NULL, 1, &worker);
    vTaskStartScheduler();
    for (;;)
        ;
}
