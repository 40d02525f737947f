/* A breathing LED on an STM32F407: PWM of TIM12 on PB14, brighter and darker, and a line of text a step.
 *
 * Build it with `make`, or run it here: the lens above main, or `signoff emulate docs/examples/firmware/main.c`.
 */
#include "board.h"

#define STEP_PERCENT 20U
#define STEP_MILLISECONDS 500U

int main(void)
{
    uint32_t percent = 0;
    int brighter = 1;

    ticks_init();
    uart_init();
    pwm_init();
    button_init();
    uart_print("PWM on TIM12, PB14\r\n");

    for (;;) {
        pwm_set(percent);
        uart_print("duty ");
        uart_print_number(percent);
        uart_print(" %\r\n");
        if (button_pressed() || percent == (brighter ? 100U : 0U))
            brighter = !brighter;
        percent = brighter ? percent + STEP_PERCENT : percent - STEP_PERCENT;
        ticks_wait(STEP_MILLISECONDS);
    }
}
