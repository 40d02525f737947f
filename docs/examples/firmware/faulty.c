/* Faulty on purpose: seven faults that arm-none-eabi-gcc -Wall -Wextra -fanalyzer says nothing about.
 *
 * The LED stays dark, the button hangs the program, and it does not even link. Each line with a fault says "fault".
 */
#include "board.h"
#include "stm32f407.h"

void tick_wait(uint32_t milliseconds);

static int pressed; /* fault: EXTI0_IRQHandler writes it, main waits for it: not volatile, it is read only once */

void EXTI0_IRQHandler(void) /* fault: nothing clears EXTI->PR, so the handler starts again for ever */
{
    pressed = 1;
}

void TIM2_IRQHandlr(void) /* fault: no vector has this name */
{
    TIM2->SR &= ~TIM_SR_UIF;
    uart_print("one more second\r\n");
}

static void seconds_init(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    TIM2->PSC = 16000U - 1U;
    TIM2->ARR = 1000U - 1U;
    TIM2->DIER = TIM_DIER_UIE;
    TIM2->CR1 = TIM_CR1_CEN;
    NVIC_EnableIRQ(TIM2_IRQn); /* fault: its handler is missing, so the first interrupt ends the program */
}

static void led_init(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;
    RCC->APB2ENR |= RCC_APB1ENR_TIM12EN; /* fault: TIM12 hangs on APB1 */

    GPIOB->AFR[1] |= 2UL << ((14U - 8U) * 4U); /* fault: TIM12 is alternate function 9 of PB14, it has no 2 */
    GPIOB->MODER |= 2UL << (14U * 2U);
    TIM12->ARR = 1000U - 1U;
    TIM12->CCR1 = 250U;
    TIM12->CCMR1 = TIM_CCMR1_OC1M_2 | TIM_CCMR1_OC1M_1;
    TIM12->CCER = TIM_CCER_CC1E;
    TIM12->CR1 = TIM_CR1_CEN;
}

int main(void)
{
    ticks_init();
    uart_init();
    led_init();
    seconds_init();
    EXTI->RTSR |= EXTI_RTSR_TR0;
    EXTI->IMR |= EXTI_IMR_MR0;
    NVIC_EnableIRQ(EXTI0_IRQn);

    uart_print("press the button\r\n");
    while (!pressed)
        ;
    for (;;)
        tick_wait(100U); /* fault: it is called ticks_wait, and only the linker sees that */
}
