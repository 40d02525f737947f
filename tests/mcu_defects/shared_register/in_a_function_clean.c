/* A chip select and an alarm on one port. */
#include "stm32f407xx.h"

#define ALARM (1UL << 3)
#define SELECT (1UL << 4)

void EXTI0_IRQHandler(void)
{
    EXTI->PR = EXTI_PR_PR0;
    GPIOA->ODR |= ALARM;
}

static void transfer(uint8_t value)
{
    GPIOA->BSRR = SELECT << 16;
    SPI1->DR = value;
    GPIOA->BSRR = SELECT;
}

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC->APB2ENR |= RCC_APB2ENR_SPI1EN;
    GPIOA->MODER |= (1UL << (3U * 2U)) | (1UL << (4U * 2U)) | (2UL << (5U * 2U)) | (2UL << (7U * 2U));
    GPIOA->AFR[0] |= (5UL << (5U * 4U)) | (5UL << (7U * 4U));
    SPI1->CR1 = SPI_CR1_MSTR | SPI_CR1_SPE;
    EXTI->RTSR |= EXTI_RTSR_TR0;
    EXTI->IMR |= EXTI_IMR_MR0;
    NVIC_EnableIRQ(EXTI0_IRQn);
    for (;;)
        transfer(0x55U);
}
