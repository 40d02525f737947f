/* A handler that calls FreeRTOS, more urgent than the kernel can hold back. */
#include "stm32f407xx.h"
#include "FreeRTOS.h"
#include "task.h"
#include "semphr.h"

static SemaphoreHandle_t pressed;

void EXTI0_IRQHandler(void)
{
    BaseType_t woken = pdFALSE;

    EXTI->PR = EXTI_PR_PR0;
    xSemaphoreGiveFromISR(pressed, &woken);
    portYIELD_FROM_ISR(woken);
}

static void button_task(void *parameters)
{
    (void)parameters;
    for (;;) {
        if (xSemaphoreTake(pressed, portMAX_DELAY) == pdTRUE)
            GPIOD->BSRR = 1UL << 12;
    }
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_GPIODEN;
    GPIOD->MODER |= 1UL << (12U * 2U);
    pressed = xSemaphoreCreateBinary();
    EXTI->RTSR |= EXTI_RTSR_TR0;
    EXTI->IMR |= EXTI_IMR_MR0;
    NVIC_SetPriority(EXTI0_IRQn, 2); /* fault: it must not be below 5 */
    NVIC_EnableIRQ(EXTI0_IRQn);
    xTaskCreate(button_task, "button", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    for (;;)
        ;
}
