/* One fault a KIND, called by way of apply() so that the chain of calls is seen. */
#include "board.h"
#include "stm32f407.h"

struct config {
    uint32_t count;
    void (*action)(void);
};

static struct config config;

static void __attribute__((noinline)) apply(const struct config *c)
{
#if KIND == 1 /* nothing is at this address on any part of the family */
    *(volatile uint32_t *)0x30000000 = c->count; /* here */
#elif KIND == 2
    c->action(); /* here */
#elif KIND == 3
    __asm volatile("udf #1"); /* here */
#elif KIND == 4 /* the stack grows out of its memory */
    volatile char deep[1000];
    deep[0] = (char)c->count;
    if (deep[0] < 2)
        apply(c); /* here */
    deep[1] = 2;
#elif KIND == 5 /* SysTick without a handler of its own */
    SysTick->LOAD = 1000;
    SysTick->CTRL = 7;
    for (;;) /* here */
        (void)c;
#elif KIND == 6
    (void)c;
    NVIC_EnableIRQ(TIM2_IRQn);
    NVIC->ISPR[0] = 1UL << TIM2_IRQn;
    __asm volatile("dsb\n isb\n nop"); /* here */
#elif KIND == 7 /* on the process stack, as a task of an operating system */
    __asm volatile("msr psp, %0\n mov r0, #2\n msr control, r0\n isb" ::"r"(0x20010000) : "r0");
    *(volatile uint32_t *)0x30000000 = c->count; /* here */
#elif KIND == 8
    (void)c; /* no fault: main returns */
#elif KIND == 9
    static const char text[] = "from semihosting\n";
    register int operation __asm("r0") = 4;
    register const void *argument __asm("r1") = text;
    __asm volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    (void)c;
#elif KIND == 10 /* prints without end */
    for (;;)
        uart_print("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
#elif KIND == 11 /* waits for a crystal that QEMU does not have */
    *(volatile uint32_t *)RCC_BASE |= 1UL << 16;
    while (!(RCC->CR & (1UL << 17))) /* here */
        ;
    (void)c;
#elif KIND == 12 /* memory that the part has and an old QEMU has not */
    *(volatile uint32_t *)0x1FFF7A10;
    *(volatile uint32_t *)0x10000000 = c->count;
#elif KIND == 13 /* memory outside of the chip */
    *(volatile uint32_t *)0x60000000 = c->count; /* here */
#elif KIND == 14 /* flash, and at an odd address: several writes of one instruction */
    *(volatile uint32_t *)0x08000101 = c->count; /* here */
#endif
}

int main(void)
{
    uart_init();
    uart_print("start\n");
    apply(&config);
    uart_print("end\n");
    return 0;
}
