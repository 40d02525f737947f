/* The parts of libopencm3 that the seeded defects call, by their names: declarations only, written for these tests. */
#ifndef OPENCM3_STM32_H
#define OPENCM3_STM32_H

#include <stdbool.h>
#include <stdint.h>

#define GPIOA 0x40020000UL
#define GPIOB 0x40020400UL
#define GPIOD 0x40020C00UL
#define USART2 0x40004400UL
#define TIM2 0x40000000UL
#define GPIO2 (1 << 2)
#define GPIO12 (1 << 12)
#define GPIO_MODE_OUTPUT 1
#define GPIO_MODE_AF 2
#define GPIO_PUPD_NONE 0
#define GPIO_AF1 1
#define GPIO_AF7 7
#define TIM_DIER_UIE (1 << 0)
#define TIM_SR_UIF (1 << 0)
#define NVIC_TIM2_IRQ 28
#define NVIC_USART2_IRQ 38

enum rcc_periph_clken { RCC_GPIOA, RCC_GPIOB, RCC_GPIOD, RCC_USART2, RCC_TIM2 };

void rcc_periph_clock_enable(enum rcc_periph_clken clock);
void gpio_mode_setup(uint32_t port, uint8_t mode, uint8_t pull, uint16_t pins);
void gpio_set_af(uint32_t port, uint8_t function, uint16_t pins);
void gpio_toggle(uint32_t port, uint16_t pins);
void usart_set_baudrate(uint32_t usart, uint32_t baud);
void usart_enable(uint32_t usart);
void usart_enable_rx_interrupt(uint32_t usart);
uint16_t usart_recv(uint32_t usart);
void timer_enable_irq(uint32_t timer, uint32_t irq);
void timer_enable_counter(uint32_t timer);
void timer_set_period(uint32_t timer, uint32_t period);
void timer_clear_flag(uint32_t timer, uint32_t flag);
bool timer_get_flag(uint32_t timer, uint32_t flag);
void nvic_enable_irq(uint8_t irq);
void nvic_set_priority(uint8_t irq, uint8_t priority);
void tim2_isr(void);
void usart2_isr(void);

#endif
