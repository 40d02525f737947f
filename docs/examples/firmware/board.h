/* What the board can do; each part has a file of its own. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* ticks.c: milliseconds since ticks_init(), counted by SysTick. */
void ticks_init(void);
uint32_t ticks_now(void);
void ticks_wait(uint32_t milliseconds);

/* uart.c: USART2 sends on PA2, 115200 baud. */
void uart_init(void);
void uart_print(const char *text);
void uart_print_number(uint32_t number);

/* pwm.c: TIM12 channel 1 drives PB14 with 1 kHz. */
void pwm_init(void);
void pwm_set(uint32_t percent);

/* button.c: a press of the button on PA0. */
void button_init(void);
int button_pressed(void);

#endif
