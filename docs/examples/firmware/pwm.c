/* A dimmed LED: TIM12 channel 1 as PWM on PB14. */
#include "board.h"
#include "stm32f407.h"

#define PWM_PIN 14U /* PB14 is TIM12_CH1 as alternate function 9 */
#define STEPS 1000U /* of one period */

void pwm_init(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;

    /* AFR[1] holds pins 8 to 15. */
    GPIOB->AFR[1] = (GPIOB->AFR[1] & ~(0xFUL << ((PWM_PIN - 8U) * 4U))) | (9UL << ((PWM_PIN - 8U) * 4U));
    GPIOB->MODER = (GPIOB->MODER & ~(3UL << (PWM_PIN * 2U))) | (2UL << (PWM_PIN * 2U));

    TIM12->PSC = 16U - 1U; /* 16 MHz / 16 = 1 MHz: a step is a microsecond */
    TIM12->ARR = STEPS - 1U;
    TIM12->CCR1 = 0;
    TIM12->CCMR1 = TIM_CCMR1_OC1M_2 | TIM_CCMR1_OC1M_1 | TIM_CCMR1_OC1PE; /* PWM mode 1 */
    TIM12->CCER = TIM_CCER_CC1E;
    TIM12->EGR = TIM_EGR_UG;
    TIM12->CR1 = TIM_CR1_ARPE | TIM_CR1_CEN;
}

void pwm_set(uint32_t percent)
{
    TIM12->CCR1 = percent * STEPS / 100U;
}
