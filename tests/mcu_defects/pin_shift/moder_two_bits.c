/* MODER has two bits a pin; an odd shift clears halves of two pins. */
#include "stm32f407xx.h"

#define LED_PIN 13U

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIODEN;
    GPIOD->MODER &= ~(3UL << LED_PIN); /* fault: pin 13 has bits 26 and 27 */
    GPIOD->MODER |= 1UL << (LED_PIN * 2U);
    for (;;)
        GPIOD->BSRR = 1UL << LED_PIN;
}
