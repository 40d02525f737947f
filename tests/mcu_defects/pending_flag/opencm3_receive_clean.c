/* A serial port's handler with libopencm3. */
#include <libopencm3/stm32.h>

static volatile uint32_t count;

void usart2_isr(void)
{
    count++;
    (void)usart_recv(USART2);
    gpio_toggle(GPIOD, GPIO12);
}

int main(void)
{
    rcc_periph_clock_enable(RCC_GPIOA);
    rcc_periph_clock_enable(RCC_GPIOD);
    rcc_periph_clock_enable(RCC_USART2);
    gpio_mode_setup(GPIOD, GPIO_MODE_OUTPUT, GPIO_PUPD_NONE, GPIO12);
    gpio_mode_setup(GPIOA, GPIO_MODE_AF, GPIO_PUPD_NONE, GPIO2);
    gpio_set_af(GPIOA, GPIO_AF7, GPIO2);
    usart_set_baudrate(USART2, 115200);
    usart_enable_rx_interrupt(USART2);
    usart_enable(USART2);
    nvic_enable_irq(NVIC_USART2_IRQ);
    for (;;)
        ;
}
