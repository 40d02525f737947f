/* A serial port that receives by DMA, with room for every kind of fault. */
#include "stm32f4xx_hal.h"
#include "FreeRTOS.h"

static uint8_t received[64];
static volatile uint32_t ticks;
static int count;
extern UART_HandleTypeDef port;

void EXTI0_IRQHandler(void)
{
    EXTI->PR = EXTI_PR_PR0;
    count++;
}

void clock_init(void)
{
    RCC_OscInitTypeDef oscillator = {0};

    oscillator.PLL.PLLN = 336;
    HAL_RCC_OscConfig(&oscillator);
    HAL_RCC_ClockConfig(&clocks, FLASH_LATENCY_5);
}

void pins_init(void)
{
    GPIO_InitTypeDef pin = {0};

    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    GPIOA->AFR[0] |= 7UL << (2U * 4U);
    GPIOA->MODER |= 2UL << (2U * 2U);
    __HAL_RCC_GPIOB_CLK_ENABLE();
    pin.Alternate = GPIO_AF7_USART3;
    HAL_GPIO_Init(GPIOB, &pin);
    HAL_NVIC_SetPriority(EXTI0_IRQn, 6, 0);
}

void receive(UART_HandleTypeDef *uart)
{
    uart->State = 0;
    HAL_UART_Receive_DMA(&port, received, sizeof received);
    while (ticks < 10U) {
        HAL_Delay(1);
    }
}
