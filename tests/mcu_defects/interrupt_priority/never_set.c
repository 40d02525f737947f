/* A handler that calls FreeRTOS; its priority is never set, so it is 0, the most urgent. */
#include "stm32f407xx.h"
#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"

static QueueHandle_t received;

void USART2_IRQHandler(void)
{
    BaseType_t woken = pdFALSE;
    uint8_t letter = (uint8_t)USART2->DR;

    xQueueSendFromISR(received, &letter, &woken);
    portYIELD_FROM_ISR(woken);
}

static void echo_task(void *parameters)
{
    uint8_t letter;

    (void)parameters;
    for (;;) {
        if (xQueueReceive(received, &letter, portMAX_DELAY) == pdTRUE)
            USART2->DR = letter;
    }
}

int main(void)
{
    received = xQueueCreate(16, 1);
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC->APB1ENR |= RCC_APB1ENR_USART2EN;
    GPIOA->AFR[0] |= (7UL << (2U * 4U)) | (7UL << (3U * 4U));
    GPIOA->MODER |= (2UL << (2U * 2U)) | (2UL << (3U * 2U));
    USART2->BRR = 0x8BU;
    USART2->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    NVIC_EnableIRQ(USART2_IRQn); /* fault: the kernel wants 5 or less urgent */
    xTaskCreate(echo_task, "echo", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    for (;;)
        ;
}
