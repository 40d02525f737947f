/* ADC samples by DMA into core-coupled memory, which no DMA controller reaches. */
#include "stm32f407xx.h"

static uint16_t samples[64] __attribute__((section(".ccmram")));

int main(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_DMA2EN;
    RCC->APB2ENR |= RCC_APB2ENR_ADC1EN;
    DMA2_Stream0->PAR = (uint32_t)&ADC1->DR;
    DMA2_Stream0->M0AR = (uint32_t)samples; /* fault: DMA2 does not reach samples in CCM */
    DMA2_Stream0->NDTR = 64;
    DMA2_Stream0->CR = DMA_SxCR_MINC | DMA_SxCR_EN;
    ADC1->CR2 = ADC_CR2_ADON | ADC_CR2_DMA;
    ADC1->CR2 |= ADC_CR2_SWSTART;
    for (;;)
        __WFI();
}
