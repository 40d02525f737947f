/* The parts of ST's HAL that the seeded defects call, by their names: declarations only, written for these tests. */
#ifndef STM32F4XX_HAL_H
#define STM32F4XX_HAL_H

#include "stm32f407xx.h"
#include "stm32f4xx_hal_conf.h"

typedef enum { HAL_OK = 0, HAL_ERROR = 1, HAL_BUSY = 2, HAL_TIMEOUT = 3 } HAL_StatusTypeDef;
#define HAL_MAX_DELAY 0xFFFFFFFFU

#define GPIO_PIN_0 ((uint16_t)0x0001)
#define GPIO_PIN_2 ((uint16_t)0x0004)
#define GPIO_PIN_9 ((uint16_t)0x0200)
#define GPIO_PIN_12 ((uint16_t)0x1000)
#define GPIO_PIN_13 ((uint16_t)0x2000)
#define GPIO_PIN_14 ((uint16_t)0x4000)
#define GPIO_MODE_OUTPUT_PP 0x00000001U
#define GPIO_MODE_AF_PP 0x00000002U
#define GPIO_MODE_IT_RISING 0x10110000U
#define GPIO_NOPULL 0x00000000U
#define GPIO_SPEED_FREQ_LOW 0x00000000U
#define GPIO_AF2_TIM3 ((uint8_t)0x02)
#define GPIO_AF7_USART2 ((uint8_t)0x07)
#define GPIO_AF9_TIM12 ((uint8_t)0x09)

typedef struct {
    uint32_t Pin, Mode, Pull, Speed, Alternate;
} GPIO_InitTypeDef;

typedef struct {
    uint32_t BaudRate, WordLength, StopBits, Parity, Mode, HwFlowCtl, OverSampling;
} UART_InitTypeDef;

typedef struct {
    USART_TypeDef *Instance;
    UART_InitTypeDef Init;
} UART_HandleTypeDef;

typedef struct {
    uint32_t Prescaler, CounterMode, Period, ClockDivision, RepetitionCounter, AutoReloadPreload;
} TIM_Base_InitTypeDef;

typedef struct {
    TIM_TypeDef *Instance;
    TIM_Base_InitTypeDef Init;
} TIM_HandleTypeDef;

typedef struct {
    ADC_TypeDef *Instance;
} ADC_HandleTypeDef;

typedef struct {
    uint32_t PLLState, PLLSource, PLLM, PLLN, PLLP, PLLQ;
} RCC_PLLInitTypeDef;

typedef struct {
    uint32_t OscillatorType, HSEState, LSEState, HSIState, HSICalibrationValue, LSIState;
    RCC_PLLInitTypeDef PLL;
} RCC_OscInitTypeDef;

typedef struct {
    uint32_t ClockType, SYSCLKSource, AHBCLKDivider, APB1CLKDivider, APB2CLKDivider;
} RCC_ClkInitTypeDef;

#define RCC_OSCILLATORTYPE_HSE 0x00000001U
#define RCC_HSE_ON 0x00010000U
#define RCC_PLL_ON 2U
#define RCC_PLLSOURCE_HSE 0x00400000U
#define RCC_PLLP_DIV2 2U
#define RCC_CLOCKTYPE_SYSCLK 1U
#define RCC_CLOCKTYPE_HCLK 2U
#define RCC_CLOCKTYPE_PCLK1 4U
#define RCC_CLOCKTYPE_PCLK2 8U
#define RCC_SYSCLKSOURCE_PLLCLK 2U
#define RCC_SYSCLK_DIV1 0U
#define RCC_HCLK_DIV2 0x1000U
#define RCC_HCLK_DIV4 0x1400U
#define FLASH_LATENCY_0 0U
#define FLASH_LATENCY_2 2U
#define FLASH_LATENCY_5 5U

#define __HAL_RCC_GPIOA_CLK_ENABLE() (RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN)
#define __HAL_RCC_GPIOB_CLK_ENABLE() (RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN)
#define __HAL_RCC_GPIOD_CLK_ENABLE() (RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN)
#define __HAL_RCC_USART2_CLK_ENABLE() (RCC->APB1ENR |= RCC_APB1ENR_USART2EN)
#define __HAL_RCC_TIM3_CLK_ENABLE() (RCC->APB1ENR |= RCC_APB1ENR_TIM3EN)

HAL_StatusTypeDef HAL_Init(void);
void HAL_Delay(uint32_t milliseconds);
void HAL_IncTick(void);
uint32_t HAL_GetTick(void);
void HAL_NVIC_SetPriority(IRQn_Type irq, uint32_t preempt, uint32_t sub);
void HAL_NVIC_EnableIRQ(IRQn_Type irq);
void HAL_GPIO_Init(GPIO_TypeDef *port, GPIO_InitTypeDef *init);
void HAL_GPIO_TogglePin(GPIO_TypeDef *port, uint16_t pin);
void HAL_GPIO_EXTI_IRQHandler(uint16_t pin);
void HAL_GPIO_EXTI_Callback(uint16_t pin);
HAL_StatusTypeDef HAL_UART_Init(UART_HandleTypeDef *uart);
HAL_StatusTypeDef HAL_UART_Transmit(UART_HandleTypeDef *uart, const uint8_t *data, uint16_t size, uint32_t timeout);
HAL_StatusTypeDef HAL_UART_Transmit_DMA(UART_HandleTypeDef *uart, const uint8_t *data, uint16_t size);
HAL_StatusTypeDef HAL_UART_Receive(UART_HandleTypeDef *uart, uint8_t *data, uint16_t size, uint32_t timeout);
HAL_StatusTypeDef HAL_UART_Receive_IT(UART_HandleTypeDef *uart, uint8_t *data, uint16_t size);
void HAL_UART_IRQHandler(UART_HandleTypeDef *uart);
HAL_StatusTypeDef HAL_TIM_Base_Init(TIM_HandleTypeDef *tim);
HAL_StatusTypeDef HAL_TIM_Base_Start_IT(TIM_HandleTypeDef *tim);
void HAL_TIM_IRQHandler(TIM_HandleTypeDef *tim);
void HAL_TIM_PeriodElapsedCallback(TIM_HandleTypeDef *tim);
HAL_StatusTypeDef HAL_ADC_Start_DMA(ADC_HandleTypeDef *adc, uint32_t *data, uint32_t length);
HAL_StatusTypeDef HAL_RCC_OscConfig(RCC_OscInitTypeDef *init);
HAL_StatusTypeDef HAL_RCC_ClockConfig(RCC_ClkInitTypeDef *init, uint32_t latency);

#endif
