/* MODER has two bits a pin. */
#include "stm32f407xx.h"

#define LED_PIN 13U

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    GPIOD->MODER &= ~(3UL << (LED_PIN * 2U));
    GPIOD->MODER |= 1UL << (LED_PIN * 2U);
    for (;;)
        GPIOD->BSRR = 1UL << LED_PIN;
}
