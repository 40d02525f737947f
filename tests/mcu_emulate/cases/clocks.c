/* Peripherals with and without their clocks; each KIND is a program. */
#include "board.h"
#include "stm32f407.h"

#define BITBAND(address, bit) (*(volatile uint32_t *)(0x42000000UL + (((address) - 0x40000000UL) << 5) + ((bit) << 2)))

static void __attribute__((noinline)) driver_start(TIM_TypeDef *timer)
{
    timer->ARR = 999; /* the driver's line */
}

int main(void)
{
#if KIND == 1 /* no clock at all */
    TIM12->ARR = 999; /* here */
#elif KIND == 2 /* the right bit in the wrong register */
    RCC->APB2ENR |= RCC_APB1ENR_TIM12EN;
    TIM12->ARR = 999; /* here */
#elif KIND == 3 /* switched on afterwards */
    GPIOB->MODER |= 1UL << 28; /* here */
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;
#elif KIND == 4 /* switched off again */
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    TIM12->ARR = 999;
    RCC->APB1ENR &= ~RCC_APB1ENR_TIM12EN;
    TIM12->ARR = 499; /* here */
#elif KIND == 5 /* by bit-band alias: on, and used by alias without being on */
    BITBAND(RCC_BASE + 0x30, 1) = 1;
    GPIOB->MODER |= 1UL << 28;
    BITBAND(GPIOA_BASE + 0x14, 5) = 1; /* here */
#elif KIND == 6 /* in a driver, called from here */
    driver_start(TIM12); /* here */
#elif KIND == 7 /* waits for a flag of a USART that is off */
    while (!(USART2->SR & USART_SR_TXE)) /* here */
        ;
#elif KIND == 8 /* a handler uses what main never switched on */
    ticks_init();
    ticks_wait(3);
    button_init();
    RCC->AHB1ENR = 0;
    NVIC->ISPR[0] = 1UL << EXTI0_IRQn;
    RCC->APB1ENR = 0;
    pwm_set(5);
#elif KIND == 20 /* all as it should be */
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    driver_start(TIM12);
#elif KIND == 21 /* a driver's reset of what is off anyway: the values are those of the reset, nothing is lost */
    TIM12->CR1 &= ~TIM_CR1_CEN;
    TIM12->SR = 0;
    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;
    driver_start(TIM12);
#elif KIND == 22 /* EXTI and the core's own peripherals have no clock to switch on */
    EXTI->IMR |= EXTI_IMR_MR0;
    SysTick->LOAD = 100;
    NVIC_SetPriority(EXTI0_IRQn, 3);
#endif
    return 0;
}
