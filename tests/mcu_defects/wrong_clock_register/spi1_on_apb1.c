/* SPI1 as a master; APB1's bit 12 is reserved. */
#include "stm32f407xx.h"

static void spi_init(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC->APB1ENR |= RCC_APB2ENR_SPI1EN; /* fault: SPI1 hangs on APB2 */
    GPIOA->AFR[0] |= (5UL << (5U * 4U)) | (5UL << (7U * 4U));
    GPIOA->MODER |= (2UL << (5U * 2U)) | (2UL << (7U * 2U));
    SPI1->CR1 = SPI_CR1_MSTR | SPI_CR1_SPE;
}

int main(void)
{
    spi_init();
    for (;;)
        SPI1->DR = 0x55U;
}
