/* A handler sends to a queue as only a task may. */
#include "stm32f407xx.h"
#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"

static QueueHandle_t seconds;

void TIM2_IRQHandler(void)
{
    static uint32_t count;
    BaseType_t woken = pdFALSE;

    TIM2->SR = ~TIM_SR_UIF;
    count++;
    xQueueSend(seconds, &count, 0); /* fault: in a handler it is xQueueSendFromISR */
    portYIELD_FROM_ISR(woken);
}

static void clock_task(void *parameters)
{
    uint32_t count;

    (void)parameters;
    for (;;) {
        if (xQueueReceive(seconds, &count, portMAX_DELAY) == pdTRUE)
            GPIOD->BSRR = count & 1U ? 1UL << 12 : 1UL << 28;
    }
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    GPIOD->MODER |= 1UL << (12U * 2U);
    seconds = xQueueCreate(4, sizeof(uint32_t));
    TIM2->PSC = 15999U;
    TIM2->ARR = 999U;
    TIM2->DIER = TIM_DIER_UIE;
    TIM2->CR1 = TIM_CR1_CEN;
    NVIC_SetPriority(TIM2_IRQn, 6);
    NVIC_EnableIRQ(TIM2_IRQn);
    xTaskCreate(clock_task, "clock", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    for (;;)
        ;
}
